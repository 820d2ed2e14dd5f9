/** The rows of Hooks & signals as CSV (RFC 4180), for a spreadsheet. */
import { plural, t } from "../i18n/translate";
import type { Registration } from "../model/registrations";
import type { Page } from "../state/page";

const HEAD = [
  "application",
  "kind",
  "order",
  "name",
  "blueprint",
  "for",
  "package",
  "file",
  "line",
  "runs",
  "total_ms",
  "mean_ms",
] as const;

export async function copyRows(page: Page, rows: readonly Registration[]): Promise<void> {
  try {
    await navigator.clipboard.writeText(csvOf(rows));
    page.say(plural("hooks.csvDone", rows.length));
  } catch {
    page.fail(new Error(t("copyFailed")));
  }
}

export function csvOf(rows: readonly Registration[]): string {
  const lines = rows.map((row) => [
    row.app,
    row.kind,
    row.order,
    row.name,
    row.scope,
    row.detail,
    row.by,
    row.file,
    row.line,
    // Empty is not the same as none: what has no runs at all is not counted.
    row.never?.why === "unseen" ? null : (row.runs?.count ?? 0),
    milliseconds(row.runs?.total ?? null),
    milliseconds(row.runs?.mean ?? null),
  ]);
  return [HEAD, ...lines].map((line) => `${line.map(field).join(",")}\r\n`).join("");
}

function milliseconds(nanoseconds: number | null): string | null {
  return nanoseconds === null ? null : (nanoseconds / 1e6).toFixed(6);
}

function field(value: string | number | null): string {
  const text = value === null ? "" : String(value);
  // A spreadsheet takes text with these beginnings for a formula, and runs it.
  const harmless = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
