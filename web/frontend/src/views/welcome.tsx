/** The empty state of Live: what is waited for, one button to see something, what to paste. */
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/translate";
import type { SnippetItem } from "../transport/items";
import { usePage } from "./context";
import { Busy, ProblemBox, ScrollBox } from "./marks";

export function Welcome() {
  const page = usePage();
  const [waiting, setWaiting] = useState(false);
  const ready = page.sampleApp.value !== null;
  const send = async () => {
    if (!ready || waiting) return;
    setWaiting(true);
    await page.fireFirstSample();
    setWaiting(false);
  };
  return (
    <section class="welcome" aria-label={t("welcome.label")}>
      <div class="stack">
        <h2>{t("welcome.title")}</h2>
        <p class="t2">{t("welcome.text", { url: location.origin })}</p>
        <div class="row">
          <button
            type="button"
            class="btn primary"
            aria-disabled={!ready}
            aria-describedby={ready ? undefined : "no-samples"}
            onClick={() => void send()}
          >
            {t("welcome.send")}
          </button>
          {waiting && <Busy>{t("composer.waiting")}</Busy>}
          {!ready && (
            <span id="no-samples" class="t2">
              {t("welcome.noSamples")} <code>flaskscope samples</code>
            </span>
          )}
        </div>
      </div>
      <ul class="signs">
        <li>{t("welcome.frames")}</li>
        <li>{t("welcome.signs")}</li>
        <li>{t("welcome.axis")}</li>
      </ul>
      <Snippet />
    </section>
  );
}

function Snippet() {
  const page = usePage();
  const [snippet, setSnippet] = useState<SnippetItem | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const connected = page.connection.value.state === "connected";
  useEffect(() => {
    if (!connected) return;
    page.api.json<SnippetItem>("api/snippet").then(setSnippet, setProblem);
  }, [connected, page]);

  if (problem !== null) return <ProblemBox error={problem} />;
  if (snippet === null) return <Busy />;
  return (
    <div class="stack whole">
      <p>{t("welcome.paste")}</p>
      <Copyable text={snippet.python} label={t("welcome.snippet")} />
      <details>
        <summary>{t("welcome.environment")}</summary>
        <Copyable text={snippet.environment} label={t("welcome.environmentSnippet")} />
      </details>
    </div>
  );
}

function Copyable({ text, label }: { text: string; label: string }) {
  const page = usePage();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      page.announcement.value = t("copied");
    } catch {
      // Not on a secure address, or not allowed: then the text is there to be selected.
      page.announcement.value = t("copyFailed");
    }
  };
  return (
    <div class="snippet">
      <ScrollBox label={label}>
        <pre>{text.trimEnd()}</pre>
      </ScrollBox>
      <button type="button" class="btn small" onClick={() => void copy()}>
        {copied ? t("copied") : t("copy")}
      </button>
    </div>
  );
}
