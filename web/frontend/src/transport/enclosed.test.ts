import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createApi } from "./api";
import { answerFrom } from "./enclosed";

function page(...scripts: { type: string; data: Record<string, string>; text: string }[]) {
  const made = document.implementation.createHTMLDocument();
  for (const { type, data, text } of scripts) {
    const element = made.createElement("script");
    element.type = type;
    Object.assign(element.dataset, data);
    element.textContent = text;
    made.body.append(element);
  }
  return createApi("", answerFrom(made));
}

const json = (path: string, value: unknown) => ({
  type: "application/json",
  data: { path },
  text: JSON.stringify(value),
});
const block = (text: string) => ({
  type: "text/plain",
  data: { block: "" },
  text: deflateSync(text).toString("base64"),
});

const NEVER = new AbortController().signal;

describe("a file instead of a dashboard", () => {
  it("answers with what stands under the path", async () => {
    const api = page(
      json("api/sources/ab", { id: "ab" }),
      json("api/recordings/file", { id: "1" }),
    );
    expect(await api.recording("file")).toEqual({ id: "1" });
  });

  it("says of anything else that it is not in the file", async () => {
    await expect(page().recordings()).rejects.toThrow("This is not in the file");
  });

  it("joins its packed blocks into one frame", async () => {
    const answer = await page(block("one"), block("more")).recordingPart(
      "file",
      "events.bin",
      NEVER,
    );
    const frame = await answer.arrayBuffer();
    const view = new DataView(frame);
    expect(new TextDecoder().decode(frame.slice(0, 4))).toBe("FSF1");
    expect(view.getUint32(4, true)).toBe(2);
    expect(new TextDecoder().decode(frame.slice(24))).toBe("onemore");
  });

  it("fails as a whole when a block is damaged", async () => {
    const damaged = { ...block("one"), text: "AAAA" };
    const answer = await page(damaged).recordingPart("file", "events.bin", NEVER);
    await expect(answer.arrayBuffer()).rejects.toThrow();
  });
});
