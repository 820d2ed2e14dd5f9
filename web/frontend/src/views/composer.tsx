/** The panel that makes requests: one click on a sample, or a form that knows the routes. */

import { Fragment, type RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { duration } from "../i18n/format";
import { t } from "../i18n/translate";
import { byLesson, mountOf } from "../state/composer";
import { sampleApps, sampleRequest } from "../state/samples";
import type { FireAnswer, FireRequest } from "../transport/items";
import { ComposerForm } from "./composer_form";
import { usePage } from "./context";
import { Busy, Foreign, ProblemBox, ScrollBox } from "./marks";

type Tab = "samples" | "form";

/** What was sent last, so that it can be sent again. */
interface Sent {
  app: string;
  request: FireRequest;
}

export function Composer() {
  const page = usePage();
  const [tab, setTab] = useState<Tab>(page.sampleApp.value ? "samples" : "form");
  const [sent, setSent] = useState<Sent | null>(null);
  const [answer, setAnswer] = useState<FireAnswer | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [waiting, setWaiting] = useState(false);

  const box = useRef<HTMLElement>(null);
  useBorrowedFocus(box);

  const fire = async (app: string, request: FireRequest) => {
    if (waiting) return;
    setSent({ app, request });
    setWaiting(true);
    setProblem(null);
    try {
      setAnswer(await page.fire(app, request));
    } catch (error) {
      setAnswer(null);
      setProblem(error);
    } finally {
      setWaiting(false);
    }
  };
  const close = () => {
    page.composerOpen.value = false;
  };

  return (
    <section
      class="composer"
      ref={box}
      aria-label={t("composer.title")}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      <div class="composer-head">
        <h2>{t("composer.title")}</h2>
        <button type="button" class="btn quiet" aria-label={t("composer.close")} onClick={close}>
          ✕
        </button>
      </div>
      <div class="composer-body">
        {page.connection.value.state === "lost" && (
          <p class="problem" role="status">
            {t("composer.noDashboard")}
          </p>
        )}
        <Tabs tab={tab} setTab={setTab} />
        <div id="composer-panel" role="tabpanel" aria-labelledby={`composer-${tab}`}>
          {tab === "samples" ? (
            <Samples fire={fire} waiting={waiting} />
          ) : (
            <ComposerForm fire={fire} waiting={waiting} />
          )}
        </div>
      </div>
      {(waiting || problem !== null || answer !== null) && (
        <div class="composer-answer">
          {waiting && <Busy>{t("composer.waiting")}</Busy>}
          {problem !== null && <ProblemBox error={problem} />}
          {answer !== null && (
            <Answer
              answer={answer}
              again={sent && (() => void fire(sent.app, sent.request))}
              waiting={waiting}
            />
          )}
        </div>
      )}
    </section>
  );
}

/** Takes the focus when it opens, and gives it back when it closes and nobody went elsewhere. */
function useBorrowedFocus(box: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const lender = document.activeElement as HTMLElement | null;
    box.current?.querySelector<HTMLElement>("[role=tab][aria-selected=true]")?.focus();
    return () => {
      if (box.current?.contains(document.activeElement)) lender?.focus();
    };
  }, [box]);
}

function Tabs({ tab, setTab }: { tab: Tab; setTab: (tab: Tab) => void }) {
  const tabs: readonly Tab[] = ["samples", "form"];
  return (
    <div
      class="tabs"
      role="tablist"
      aria-label={t("composer.tabs")}
      onKeyDown={(event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        const next = tab === "samples" ? "form" : "samples";
        setTab(next);
        document.getElementById(`composer-${next}`)?.focus();
      }}
    >
      {tabs.map((name) => (
        <button
          key={name}
          id={`composer-${name}`}
          type="button"
          role="tab"
          aria-selected={name === tab}
          aria-controls="composer-panel"
          tabIndex={name === tab ? 0 : -1}
          onClick={() => setTab(name)}
        >
          {t(`composer.tab.${name}`)}
        </button>
      ))}
    </div>
  );
}

type Fire = (app: string, request: FireRequest) => Promise<void>;

/** Where the arrows lead from one button to the next: a hundred stops of Tab lie in nobody's way. */
const MOVES: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowDown: (at, last) => Math.min(at + 1, last),
  ArrowUp: (at) => Math.max(at - 1, 0),
  Home: () => 0,
  End: (_, last) => last,
};

function Samples({ fire, waiting }: { fire: Fire; waiting: boolean }) {
  const page = usePage();
  const [stop, setStop] = useState("");
  const lessons = byLesson(sampleApps(page.status.value?.apps ?? []));
  if (lessons.length === 0) {
    return (
      <p class="empty">
        {t("composer.noSamples")} <code>flaskscope samples</code>
      </p>
    );
  }
  const titles = lessons.flatMap((group) => group.samples.map(({ sample }) => sample.title));
  const active = titles.includes(stop) ? stop : titles[0];
  const onKeyDown = (event: KeyboardEvent) => {
    const box = event.currentTarget as HTMLElement;
    const all = [...box.querySelectorAll<HTMLElement>("button")];
    const at = all.indexOf(event.target as HTMLElement);
    const next = all[MOVES[event.key]?.(at, all.length - 1) ?? -1];
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
  };
  return (
    <div
      role="toolbar"
      aria-orientation="vertical"
      aria-label={t("composer.tab.samples")}
      onKeyDown={onKeyDown}
    >
      {lessons.map((group) => (
        <section class="sample-group" key={group.lesson}>
          <h3>
            <span class="t3">{group.lesson}</span> {group.title}
          </h3>
          <p class="t2">{group.text}</p>
          {group.samples.map(({ sample, app, label }) => (
            <div class="sample" key={`${app.id} ${label}`}>
              <div class="ellipsis">
                {label !== group.title && <div class="ellipsis">{label}</div>}
                <code class="t3">
                  {sample.method} <Foreign text={`${mountOf(app)}${sample.path}`} />
                </code>
              </div>
              <button
                type="button"
                class="btn small"
                tabIndex={sample.title === active ? 0 : -1}
                aria-disabled={waiting}
                aria-label={t("composer.runSample", { title: sample.title })}
                onFocus={() => setStop(sample.title)}
                onClick={() => void fire(app.id, sampleRequest(sample))}
              >
                {t("composer.run")}
              </button>
            </div>
          ))}
        </section>
      ))}
    </div>
  );
}

function Answer(props: { answer: FireAnswer; again: (() => void) | null; waiting: boolean }) {
  const { answer, again, waiting } = props;
  return (
    <section class="fire-answer" aria-label={t("answer.title")}>
      <div class="row">
        <h3 class={answer.status >= 500 ? "bad" : ""}>
          {answer.status >= 500 && "✕ "}
          {t("answer.status", { status: String(answer.status) })}
        </h3>
        <span class="t2 grow">
          {answer.duration_ms !== undefined && duration(answer.duration_ms * 1e6)}
        </span>
        {again && (
          <button type="button" class="btn small" aria-disabled={waiting} onClick={again}>
            {t("answer.again")}
          </button>
        )}
      </div>
      <dl class="headers">
        {headerPairs(answer.headers).map(([name, value], i) => (
          <Fragment key={`${i} ${name}`}>
            <dt>{name}</dt>
            <dd class="mono">
              <bdi>{value}</bdi>
            </dd>
          </Fragment>
        ))}
      </dl>
      {answer.body ? (
        <ScrollBox label={t("answer.body")}>
          <pre dir="auto">{answer.body}</pre>
        </ScrollBox>
      ) : (
        <p class="t3">{t("answer.noBody")}</p>
      )}
      {answer.truncated && <p class="t2">{t("answer.truncated")}</p>}
    </section>
  );
}

function headerPairs(headers: FireAnswer["headers"]): [string, string][] {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  return pairs.flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  );
}
