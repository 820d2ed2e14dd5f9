/** What the reader has done to what the dashboard keeps: recordings, settings, the rest. */
import { bytes } from "../i18n/format";
import { t } from "../i18n/translate";
import { body } from "../transport/api";
import type { RecordingItem, SettingsItem } from "../transport/items";
import type { Page } from "./page";

/** All recordings; the one that runs as the last status tells, since their list does not grow with it. */
export function recordingsNow({ recordings, recording }: Page): readonly RecordingItem[] | null {
  const running = recording.value;
  return recordings.value?.map((item) => (item.id === running?.id ? running : item)) ?? null;
}

export async function removeRecording(page: Page, { id, name }: RecordingItem): Promise<void> {
  await page.attempt(async () => {
    await page.api.send(`api/recordings/${encodeURIComponent(id)}`, { method: "DELETE" });
    await page.refreshRecordings();
    page.say(t("recordings.deleted", { name }));
  });
}

export async function clearTraces(page: Page): Promise<void> {
  await page.attempt(async () => {
    await page.api.send("api/traces", { method: "DELETE" });
    page.live.clear();
    page.say(t("settings.cleared"));
  });
}

export async function loadSettings(page: Page): Promise<void> {
  await page.attempt(async () => {
    page.settings.value = await page.api.json<SettingsItem>("api/settings");
  });
}

/** Answers whether they were taken. */
export async function changeSettings(page: Page, change: Partial<SettingsItem>): Promise<boolean> {
  return page.attempt(async () => {
    const settings = await page.api.json<SettingsItem>("api/settings", body("PATCH", change));
    page.settings.value = settings;
    page.say(t("settings.saved", { size: bytes(settings.size_cap) }));
  });
}
