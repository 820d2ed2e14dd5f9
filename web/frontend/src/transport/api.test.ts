/** What the page asks over HTTP, and how answers that are no answers are told. */
import { problem } from "../testing/page";
import { createApi, ProblemError } from "./api";

function apiAnswering(answer: () => Response | Promise<Response>) {
  const asked: [string, RequestInit | undefined][] = [];
  const api = createApi("/", (async (path: string, init?: RequestInit) => {
    asked.push([path, init]);
    return answer();
  }) as typeof fetch);
  return { api, asked };
}

test("ids are encoded into addresses", async () => {
  const { api, asked } = apiAnswering(() => Response.json({ items: [] }));
  await api.trace("a/b?c");
  expect(asked[0]?.[0]).toBe("/api/traces/a%2Fb%3Fc");
});

test("a problem comes with the server's own words", async () => {
  const { api } = apiAnswering(() => problem(502, "Gone", "shop went away at 10:31.", "Start it."));
  const error = await api.status().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ProblemError);
  expect((error as ProblemError).message).toBe("shop went away at 10:31.");
  expect((error as ProblemError).problem).toMatchObject({ status: 502, todo: "Start it." });
});

test("an error page that is not ours is told by its status", async () => {
  const { api } = apiAnswering(
    () => new Response("<h1>nginx</h1>", { status: 504, statusText: "Gateway Timeout" }),
  );
  await expect(api.status()).rejects.toThrow("HTTP 504 Gateway Timeout");
});

test("no answer at all is told as such", async () => {
  const { api } = apiAnswering(() => Promise.reject(new TypeError("Failed to fetch")));
  const error = await api.status().catch((reason: unknown) => reason);
  expect((error as ProblemError).unreachable).toBe(true);
});
