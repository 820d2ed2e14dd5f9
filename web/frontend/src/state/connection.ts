/** How the page stands with the dashboard, and the sentences for it. */

import { plural, t } from "../i18n/translate";
import type { StatusItem } from "../transport/items";

export type Connection =
  | { state: "connecting" }
  | { state: "connected" }
  | { state: "lost" }
  /** The dashboard answers, but does not know this page's key (any more). */
  | { state: "refused" };

export interface StatusLine {
  mark: "ok" | "waiting" | "off";
  text: string;
}

/** What the top bar says: what is connected, or what is waited for. */
export function statusLine(connection: Connection, status: StatusItem | null): StatusLine {
  if (connection.state === "lost") return { mark: "off", text: t("connection.lost") };
  if (connection.state === "refused") return { mark: "off", text: t("connection.refused") };
  if (connection.state === "connecting" || status === null) {
    return { mark: "waiting", text: t("connection.connecting") };
  }
  const present = status.apps.filter((app) => app.connected);
  if (present.length === 0) {
    const key = status.apps.length > 0 ? "connection.allGone" : "connection.noApps";
    return { mark: "waiting", text: t(key) };
  }
  const pids = [...new Set(present.map((app) => app.pid))];
  const apps = plural("connection.apps", present.length);
  return pids.length === 1
    ? { mark: "ok", text: t("connection.oneProcess", { pid: String(pids[0]), apps }) }
    : { mark: "ok", text: t("connection.processes", { processes: pids.length, apps }) };
}
