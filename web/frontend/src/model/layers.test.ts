/** The onion of WSGI layers: which ring lies in which, and what each was called with. */
import { logOf, type Written } from "../../demo-data/read";
import { depthOf, type Layer, layersOf } from "./layers";

const begin = (kind: string, span: number, rest: Partial<Written> = {}): Written => ({
  kind,
  span,
  ...(span > 1 ? { parent: span - 1 } : {}),
  phase: "begin",
  at: span * 10,
  ...rest,
});
const end = (kind: string, span: number, attributes = {}): Written => ({
  kind,
  span,
  phase: "end",
  at: 200 - span,
  attributes,
});

const SERVER = begin("request", 1, {
  name: "GET /shop/cart",
  attributes: { method: "GET", path: "/shop/cart", script_root: "" },
});
const CHANGED = { environ: ["PATH_INFO", "SCRIPT_NAME"] };

/** One line a ring, from the outside. */
function lines(layers: readonly Layer[], depth = 0): string[] {
  return layers.flatMap(({ name, scriptName, pathInfo, mount, inner }) => [
    `${"  ".repeat(depth)}${name} ${scriptName ?? "?"}|${pathInfo ?? "?"}${mount === null ? "" : ` → ${mount}`}`,
    ...lines(inner, depth + 1),
  ]);
}

test("a dispatcher hands on what it chose", () => {
  const log = logOf([
    SERVER,
    begin("middleware", 2, { name: "DispatcherMiddleware" }),
    {
      kind: "dispatch",
      name: "/shop",
      parent: 2,
      at: 25,
      attributes: { script_name: ["", "/shop"], path_info: ["/shop/cart", "/cart"] },
    },
    begin("wsgi_app", 3, { name: "shop", app: "shop" }),
    end("wsgi_app", 3),
    end("middleware", 2, CHANGED),
    end("request", 1),
  ]);
  const layers = layersOf(log, "t");
  expect(lines(layers)).toEqual([
    "GET /shop/cart |/shop/cart",
    "  DispatcherMiddleware |/shop/cart → /shop",
    "    shop /shop|/cart",
  ]);
  expect(depthOf(layers)).toBe(3);
});

test("a middleware that changed the path says that, not to what", () => {
  const log = logOf([
    SERVER,
    begin("middleware", 2, { name: "ProxyFix" }),
    begin("wsgi_app", 3, { name: "shop" }),
    end("wsgi_app", 3),
    end("middleware", 2, CHANGED),
  ]);
  expect(lines(layersOf(log, "t"))).toEqual([
    "GET /shop/cart |/shop/cart",
    "  ProxyFix |/shop/cart",
    "    shop ?|?",
  ]);
});

test("a request inside of a view lies in the ring of that view's application", () => {
  const log = logOf([
    SERVER,
    begin("wsgi_app", 2, { name: "shop" }),
    begin("view", 3, { name: "cart" }),
    begin("request", 4, { name: "GET /", attributes: { path: "/", script_root: "" } }),
    begin("wsgi_app", 5, { name: "prices" }),
  ]);
  expect(lines(layersOf(log, "t"))).toEqual([
    "GET /shop/cart |/shop/cart",
    "  shop |/shop/cart",
    "    GET / |/",
    "      prices |/",
  ]);
});

test("of a call inside of a view nobody saw with what: it is another request", () => {
  const log = logOf([
    SERVER,
    begin("wsgi_app", 2, { name: "shop" }),
    begin("view", 3, { name: "cart" }),
    begin("wsgi_app", 4, { name: "prices" }),
  ]);
  expect(lines(layersOf(log, "t"))).toEqual([
    "GET /shop/cart |/shop/cart",
    "  shop |/shop/cart",
    "    prices ?|?",
  ]);
});

test("where the server itself mounted the application, its path begins behind that", () => {
  const attributes = { path: "/multi/shop", script_root: "/multi" };
  const log = logOf([begin("request", 1, { name: "GET /multi/shop", attributes })]);
  expect(lines(layersOf(log, "t"))).toEqual(["GET /multi/shop /multi|/shop"]);
});

test("a script that calls nobody has no layers", () => {
  expect(layersOf(logOf([begin("run", 1)]), "t")).toEqual([]);
  expect(depthOf([])).toBe(0);
});
