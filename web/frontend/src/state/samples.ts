/** Sample requests that connected applications offer. */
import type { ApplicationItem, FireRequest, Sample } from "../transport/items";

/** Applications that offer samples and are here, the one announced first in front. */
export function sampleApps(apps: readonly ApplicationItem[]): ApplicationItem[] {
  return apps.filter((app) => app.connected && app.samples.length > 0);
}

/** The request that a sample stands for. */
export function sampleRequest(sample: Sample): FireRequest {
  const { lesson: _lesson, title: _title, text: _text, ...request } = sample;
  return request;
}
