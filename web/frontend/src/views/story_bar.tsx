/** One line that tells the selected request's story, and the buttons that act on what is live. */
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/translate";
import { isolate } from "../lib/isolate";
import type { StoryPart } from "../model/contract";
import type { Workspace } from "../state/workspace";
import type { RecordingItem } from "../transport/items";
import { usePage } from "./context";
import { storyOf } from "./explanations";
import { Key, Tile } from "./marks";
import { Share } from "./share";

export function StoryBar({ workspace }: { workspace: Workspace }) {
  const page = usePage();
  return (
    <div class="story">
      <Story workspace={workspace} />
      <div class="actions">
        {workspace.table.value ? <OwnSwitch workspace={workspace} /> : <ScaleSwitch />}
        <TableSwitch workspace={workspace} />
        <Share workspace={workspace} />
        {workspace.selectedItem.value !== null && <CompareButton />}
        {workspace === page.live && <LiveActions />}
      </div>
    </div>
  );
}

function Story({ workspace }: { workspace: Workspace }) {
  const page = usePage();
  workspace.revision.value;
  const trace = workspace.trace.value;
  const events = trace === null ? [] : workspace.log.eventsOf(trace);
  if (trace === null || events.length === 0) {
    return <h1 class="ellipsis t2">{t("story.none")}</h1>;
  }
  const item = workspace.selectedItem.value;
  const isCutOff = item !== null && !item.complete && page.gone.value.has(item.pid);
  const parts = storyOf(workspace.log, trace, isCutOff) ?? [
    { kind: "strong", text: item?.name ?? "" },
  ];
  const app = item?.app ?? item?.apps[0] ?? workspace.log.event(events[0] as number)?.app;
  const whole = parts.map((part) => isolate(part.text)).join("");
  return (
    <>
      <Tile app={app ?? null} />
      <h1 class="ellipsis" title={whole} data-testid="story">
        {parts.map((part, i) => (
          <Part key={`${i}:${part.kind}`} part={part} workspace={workspace} />
        ))}
      </h1>
    </>
  );
}

/** A longer name would push the rest of the story out of sight; the title has it whole. */
const LONG = 80;

/** What names an event leads to it. */
function Part({ part, workspace }: { part: StoryPart; workspace: Workspace }) {
  const { kind, event } = part;
  if (kind === "text") return part.text;
  const text = isolate(part.text.length > LONG ? `${part.text.slice(0, LONG)}…` : part.text);
  const Tag = kind === "code" ? "code" : "b";
  const said = <Tag class={kind === "error" ? "bad" : undefined}>{text}</Tag>;
  if (event === undefined) return said;
  return (
    <button type="button" class="plain" onClick={() => workspace.selectEvent(event)}>
      {said}
    </button>
  );
}

const SCALES = [
  ["steps", "scale.steps", "scale.stepsTitle"],
  ["time", "scale.time", "scale.timeTitle"],
] as const;

/** How the timeline's axis shows time. */
export function ScaleSwitch() {
  const { scale } = usePage().preferences;
  return (
    <fieldset class="segments" aria-label={t("scale.label")}>
      {SCALES.map(([value, name, title]) => (
        <button
          key={value}
          type="button"
          aria-pressed={scale.value === value}
          title={t(title)}
          onClick={() => {
            scale.value = value;
          }}
        >
          {t(name)}
        </button>
      ))}
    </fieldset>
  );
}

/** The table without what the framework does for every application. */
function OwnSwitch({ workspace: { ownOnly } }: { workspace: Workspace }) {
  return (
    <button
      type="button"
      class="btn"
      aria-pressed={ownOnly.value}
      onClick={() => {
        ownOnly.value = !ownOnly.value;
      }}
    >
      {t("story.ownOnly")}
    </button>
  );
}

function TableSwitch({ workspace }: { workspace: Workspace }) {
  const { table } = workspace;
  return (
    <button
      type="button"
      class="btn"
      aria-pressed={table.value}
      onClick={() => {
        table.value = !table.value;
      }}
    >
      {t("story.table")} <Key name="T" />
    </button>
  );
}

function CompareButton() {
  const page = usePage();
  return (
    <button
      type="button"
      class="btn"
      aria-pressed={page.marked.value !== null}
      onClick={() => page.compareSelected()}
    >
      {t("story.compare")} <Key name="C" />
    </button>
  );
}

function LiveActions() {
  const page = usePage();
  const frozen = page.live.frozen.value;
  return (
    <>
      {page.live.trace.value !== null && (
        <button
          type="button"
          class="btn"
          aria-pressed={page.playback.value !== null}
          onClick={() => page.togglePlayback()}
        >
          {t("story.play")} <Key name="P" />
        </button>
      )}
      <button
        type="button"
        class="btn"
        aria-expanded={page.composerOpen.value}
        onClick={() => {
          page.composerOpen.value = !page.composerOpen.value;
        }}
      >
        {t("story.newRequest")}
      </button>
      <button type="button" class="btn" aria-pressed={frozen} onClick={() => page.toggleFreeze()}>
        {frozen ? t("story.follow") : t("story.freeze")} <Key name="Space" />
      </button>
      <RecordButton />
    </>
  );
}

function RecordButton() {
  const page = usePage();
  const naming = page.naming.value;
  if (naming !== null) return <NameForm key={naming.id} recording={naming} />;
  const running = page.recording.value;
  return (
    <button
      type="button"
      class="btn"
      aria-pressed={running !== null}
      onClick={() => void page.toggleRecording()}
    >
      <span class={running ? "rec-square" : "rec-dot"} aria-hidden="true" />
      {running ? t("story.stop", { n: running.events }) : t("story.record")} <Key name="R" />
    </button>
  );
}

/** Stands in the button's place after stopping; Enter keeps the name, Escape the proposed one. */
function NameForm({ recording }: { recording: RecordingItem }) {
  const page = usePage();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);
  const done = () => {
    page.naming.value = null;
  };
  return (
    <form
      class="row"
      onSubmit={async (event) => {
        event.preventDefault();
        if (await page.rename(recording, input.current?.value ?? "")) done();
      }}
    >
      <label>
        <span class="visually-hidden">{t("recordings.name")}</span>
        <input
          class="input rec-name"
          defaultValue={recording.name}
          maxLength={200}
          ref={input}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            done();
          }}
        />
      </label>
      <button type="submit" class="btn">
        {t("recordings.keepName")}
      </button>
    </form>
  );
}
