/** Refusals of the dashboard, in the reader's language. */
import { speakLanguage } from "../i18n/catalogue";
import { pageWith } from "../testing/page";
import { ProblemError } from "../transport/api";
import { problemText } from "./problems";

afterEach(() => speakLanguage("en"));

const GONE = new ProblemError({
  type: "/problems/application-has-gone",
  title: "Application has gone",
  status: 502,
  detail: "shop has not been heard of since 12:00.",
  todo: "Start it again.",
  values: { app: "shop", since: "12:00" },
});

test("in English the dashboard's own words, in Chinese those of the problem's type with its values", async () => {
  expect(problemText(GONE)).toBe("shop has not been heard of since 12:00. Start it again.");
  await speakLanguage("zh");
  await vi.waitFor(() =>
    expect(problemText(GONE)).toContain("自 12:00 起就没有收到 shop 的消息。"),
  );
  expect(problemText(GONE)).toBe(
    "自 12:00 起就没有收到 shop 的消息。 请重新启动它；它会自行重新连接，并得到新的标识。",
  );
});

test("a value that is a sentence of the dashboard's own is translated, and an unknown type is not hidden", async () => {
  await speakLanguage("zh");
  const problem = "The database is read-only: nothing can be stored.";
  const full = new ProblemError({
    type: "/problems/store-not-available",
    title: "Store not available",
    status: 503,
    detail: problem,
    values: { problem },
  });
  await vi.waitFor(() => expect(problemText(full)).toContain("数据库是只读的"));
  const other = new ProblemError({ title: "Teapot", status: 418, detail: "Short and stout." });
  expect(problemText(other)).toBe("Short and stout.");
});

test("a notice is said again when its words have come", async () => {
  const { page } = pageWith();
  await speakLanguage("zh");
  page.fail(GONE);
  await vi.waitFor(() => expect(page.notice.value?.text).toContain("请重新启动它"));
});
