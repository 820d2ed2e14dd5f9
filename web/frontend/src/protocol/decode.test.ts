import { readBytes, readEvents } from "../../demo-data/read";
import { EventLog } from "../model/log";
import { crc32 } from "./crc32";
import { decodeFrame, WireError } from "./decode";

const FRAME = "invented.bin";

test("a frame that Python wrote holds the events of its JSON Lines", () => {
  const log = new EventLog();
  const frame = decodeFrame(readBytes(FRAME));
  for (const block of frame.blocks) log.append(block);
  const items = readEvents("invented.jsonl");
  const read = items.map((_, index) => {
    const event = log.event(index);
    return [
      event?.seq,
      log.absolute(event?.t ?? 0),
      event?.phase,
      event?.kind,
      event?.name,
      event?.app,
      event?.traceId,
      event?.spanId,
      event?.parentId,
      event?.attributes,
    ];
  });
  expect(frame.toSeq).toBe(items.length);
  expect(read).toEqual(
    items.map((item) => [
      item.seq,
      read[item.seq - 1]?.[1],
      item.phase,
      item.kind,
      item.name,
      item.app,
      item.trace_id,
      item.span_id,
      item.parent_id,
      item.attributes,
    ]),
  );
  // Nanoseconds since the epoch do not fit into a JSON number: compare what does.
  expect(read.map(([, t]) => Number(t as bigint))).toEqual(items.map((item) => item.ts));
  expect(log.lanes.map((lane) => lane.threadName)).toEqual([
    ...new Set(items.map((item) => item.lane.thread_name)),
  ]);
});

test("a damaged block is refused", () => {
  const bytes = readBytes(FRAME);
  const view = new Uint8Array(bytes);
  view[view.length - 20] = (view[view.length - 20] as number) ^ 1;
  expect(() => decodeFrame(bytes)).toThrow(
    new WireError("the block's checksum does not match its content: it is damaged"),
  );
});

test("a frame that is cut off says what was announced", () => {
  const bytes = readBytes(FRAME);
  expect(() => decodeFrame(bytes.slice(0, bytes.byteLength - 4))).toThrow(/was announced, found/);
  expect(() => decodeFrame(bytes.slice(0, 26))).toThrow(
    "2 blocks were announced, the frame ends after 0",
  );
});

test("something else is not taken for a frame", () => {
  const bytes = new TextEncoder().encode("<html>not a frame at all</html>").buffer as ArrayBuffer;
  expect(() => decodeFrame(bytes)).toThrow('a frame starts with "FSF1", found "<htm"');
});

test("the checksum is that of zlib", () => {
  const bytes = new TextEncoder().encode("123456789");
  expect(crc32(bytes)).toBe(0xcbf43926);
  expect(crc32(bytes.subarray(0, 0))).toBe(0);
});
