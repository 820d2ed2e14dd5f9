/** All recordings: open, rename, delete, export, import. */

import { useEffect, useRef, useState } from "preact/hooks";
import { bytes, moment } from "../i18n/format";
import { type MessageKey, number, t } from "../i18n/translate";
import { recordingsNow, removeRecording } from "../state/keeping";
import { exportPath, importRecording } from "../transport/files";
import type { ImportedItem, RecordingItem } from "../transport/items";
import { usePage } from "./context";
import { Busy, Foreign, ProblemBox } from "./marks";

const STATES = ["recording", "stopped", "interrupted", "failed", "damaged", "importing"];

export function Recordings() {
  const page = usePage();
  const [over, setOver] = useState(false);
  const importing = useImport();
  const recordings = recordingsNow(page);
  return (
    <main
      class={`recordings ${over ? "drop" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (file) void importing.start(file);
      }}
    >
      <div class="recordings-head">
        <h1>{t("recordings.title")}</h1>
        <span class="grow" />
        <Import importing={importing} />
      </div>
      {importing.problem !== null && <ProblemBox error={importing.problem} />}
      {recordings === null && <Busy>{t("recordings.loading")}</Busy>}
      {recordings?.length === 0 && <NoRecordings />}
      {recordings !== null && recordings.length > 0 && <Table recordings={recordings} />}
    </main>
  );
}

function NoRecordings() {
  const page = usePage();
  return (
    <div class="empty stack">
      <p>{t("recordings.none")}</p>
      <div>
        <button type="button" class="btn" onClick={() => page.show("live")}>
          {t("recordings.toLive")}
        </button>
      </div>
    </div>
  );
}

interface Importing {
  /** Share that has been sent, null when nothing is on its way. */
  share: number | null;
  problem: unknown;
  start: (file: File) => Promise<void>;
}

function useImport(): Importing {
  const page = usePage();
  const [share, setShare] = useState<number | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const start = async (file: File) => {
    setShare(0);
    setProblem(null);
    page.notice.value = null;
    try {
      const recording = await importRecording(page.api, file, setShare);
      page.say(importedText(recording));
      await page.refreshRecordings();
    } catch (error) {
      setProblem(error);
    } finally {
      setShare(null);
    }
  };
  return { share, problem, start };
}

/** What came in, and what of the file did not. */
function importedText({ name, left_out = {} }: ImportedItem): string {
  const said = [t("recordings.imported", { name })];
  const lost = Object.entries(left_out).map(([what, count]) => `${number(count)} ${what}`);
  if (lost.length > 0) said.push(t("recordings.leftOut", { what: lost.join(", ") }));
  return said.join(" ");
}

function Import({ importing }: { importing: Importing }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      {importing.share !== null && (
        <label class="row">
          <span class="t2">
            {importing.share < 1 ? t("recordings.sending") : t("recordings.reading")}
          </span>
          <progress max={1} value={importing.share < 1 ? importing.share : undefined} />
        </label>
      )}
      <span class="t3">{t("recordings.dropHint")}</span>
      <input
        ref={input}
        class="visually-hidden"
        type="file"
        accept=".jsonl,.ndjson,.json,application/x-ndjson,application/json"
        aria-label={t("recordings.importFile")}
        tabIndex={-1}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file) void importing.start(file);
        }}
      />
      <button
        type="button"
        class="btn"
        aria-disabled={importing.share !== null}
        onClick={() => importing.share === null && input.current?.click()}
      >
        {t("recordings.import")}
      </button>
    </>
  );
}

function Table({ recordings }: { recordings: readonly RecordingItem[] }) {
  return (
    <div class="scroll">
      <table>
        <caption class="visually-hidden">{t("recordings.title")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("recordings.name")}</th>
            <th scope="col">{t("recordings.started")}</th>
            <th scope="col" class="num">
              {t("recordings.events")}
            </th>
            <th scope="col" class="num">
              {t("recordings.traces")}
            </th>
            <th scope="col" class="num">
              {t("recordings.size")}
            </th>
            <th scope="col">{t("recordings.state")}</th>
            <th scope="col">{t("recordings.origin")}</th>
            <th scope="col">
              <span class="visually-hidden">{t("recordings.actions")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {recordings.map((recording) => (
            <Row key={recording.id} recording={recording} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

type Mode = "show" | "rename" | "delete";

function Row({ recording }: { recording: RecordingItem }) {
  const page = usePage();
  const [mode, setMode] = useState<Mode>("show");
  return (
    <tr data-recording={recording.id}>
      <td class="name">
        {mode === "rename" ? (
          <RenameForm recording={recording} done={() => setMode("show")} />
        ) : (
          <OpenLink recording={recording} />
        )}
      </td>
      <td class="t2">{moment(recording.started)}</td>
      <td class="num">{number(recording.events)}</td>
      <td class="num">{number(recording.traces)}</td>
      <td class="num">{bytes(recording.bytes)}</td>
      <td>
        <State recording={recording} />
      </td>
      <td class="t2">{originText(recording.origin)}</td>
      <td>
        {mode === "delete" ? (
          <div class="row">
            <span>{t("recordings.deleteQuestion")}</span>
            <button
              type="button"
              class="btn small"
              ref={(element) => element?.focus()}
              onClick={() => void removeRecording(page, recording)}
            >
              {t("yes")}
            </button>
            <button type="button" class="btn small" onClick={() => setMode("show")}>
              {t("no")}
            </button>
          </div>
        ) : (
          <Actions recording={recording} setMode={setMode} />
        )}
      </td>
    </tr>
  );
}

function OpenLink({ recording }: { recording: RecordingItem }) {
  const page = usePage();
  return (
    <a
      href={`/recordings/${encodeURIComponent(recording.id)}`}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        void page.open(recording.id);
      }}
    >
      <Foreign text={recording.name} />
    </a>
  );
}

function Actions(props: { recording: RecordingItem; setMode: (mode: Mode) => void }) {
  const { recording, setMode } = props;
  const page = usePage();
  const { name } = recording;
  return (
    <div class="row">
      <button
        type="button"
        class="btn small"
        aria-label={t("recordings.openOne", { name })}
        onClick={() => void page.open(recording.id)}
      >
        {t("recordings.open")}
      </button>
      <button
        type="button"
        class="btn small"
        aria-label={t("recordings.renameOne", { name })}
        onClick={() => setMode("rename")}
      >
        {t("recordings.rename")}
      </button>
      <a
        class="btn small"
        href={page.api.base + exportPath("recordings", recording.id, "jsonl")}
        download
        aria-label={t("recordings.exportOne", { name })}
      >
        {t("recordings.export")}
      </a>
      <button
        type="button"
        class="btn small"
        aria-label={t("recordings.deleteOne", { name })}
        onClick={() => setMode("delete")}
      >
        {t("recordings.delete")}
      </button>
    </div>
  );
}

function RenameForm({ recording, done }: { recording: RecordingItem; done: () => void }) {
  const page = usePage();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  return (
    <form
      class="row"
      onSubmit={async (event) => {
        event.preventDefault();
        if (await page.rename(recording, input.current?.value ?? "")) done();
      }}
    >
      <input
        class="input"
        aria-label={t("recordings.name")}
        defaultValue={recording.name}
        maxLength={200}
        ref={input}
        onKeyDown={(event) => event.key === "Escape" && done()}
      />
      <button type="submit" class="btn small">
        {t("recordings.keepName")}
      </button>
    </form>
  );
}

function State({ recording }: { recording: RecordingItem }) {
  const { state, problem } = recording;
  const text = STATES.includes(state) ? t(`recordings.state.${state}` as MessageKey) : state;
  const trouble = problem !== null || !["recording", "stopped"].includes(state);
  return (
    <>
      <div class={trouble ? "bad" : ""}>
        {state === "recording" && <span class="rec-live" aria-hidden="true" />}
        {trouble && "✕ "}
        {text}
      </div>
      {problem !== null && <div class="trouble t2">{problem}</div>}
    </>
  );
}

function originText(origin: string): string {
  return origin === "import" ? t("recordings.origin.import") : t("recordings.origin.live");
}
