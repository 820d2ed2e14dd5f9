/** The functions of one step in the order in which a request calls them. */
import { duration } from "../i18n/format";
import { t } from "../i18n/translate";
import type { Row } from "../model/lifecycle/map";
import { placeOf } from "../model/lifecycle/registered";
import type { Workspace } from "../state/workspace";
import { usePage } from "./context";
import { showEvent } from "./map_shown";
import { Foreign, PathTail } from "./marks";

export function StepFunctions(props: {
  workspace: Workspace;
  rows: readonly Row[];
  /** Key of the row that is looked at. */
  current: string;
}) {
  const { workspace, rows, current } = props;
  return (
    <ol class="map-functions">
      {rows.map((row, i) => (
        <li key={row.key} aria-current={row.key === current ? "true" : undefined}>
          <span class="t3 num">{i + 1}</span>
          <FunctionName workspace={workspace} row={row} />
          <span class="num t2">{functionTime(row)}</span>
        </li>
      ))}
    </ol>
  );
}

function FunctionName({ workspace, row }: { workspace: Workspace; row: Row }) {
  const page = usePage();
  const { fn, runs } = row;
  if (fn === null) return null;
  const event = runs[0]?.event.index;
  const place = placeOf(fn);
  return (
    <span>
      {event === undefined ? (
        <Foreign text={fn.name} />
      ) : (
        <button type="button" class="link" onClick={() => showEvent(page, workspace, event)}>
          <Foreign text={fn.name} />
        </button>
      )}{" "}
      <span class="t3">{fn.scope ?? t("map.functions.app")}</span>{" "}
      {fn.by !== null && <span class="t3">{fn.by}</span>}
      {place !== "" && (
        <span class="t3 mono map-place">
          <PathTail path={place} />
        </span>
      )}
    </span>
  );
}

function functionTime(row: Row): string {
  if (row.state === "skipped") return t("map.function.skipped");
  if (row.state === "idle") return t("map.function.idle");
  return row.duration === null ? "" : duration(row.duration);
}
