/** Which hue an application has. */
import { HUES, Hues } from "./hues";

test("a name has its hue whoever was seen before, as long as that one is free", () => {
  const [first, second] = [new Hues(), new Hues()];
  const alone = first.of("shop");
  second.of("billing");
  expect([second.of("shop"), first.of("shop")]).toEqual([alone, alone]);
  expect([first.of(null), first.of("")]).toEqual([0, 0]);
});

test("of the first six each has its own, and who comes later takes none away", () => {
  const hues = new Hues();
  const names = Array.from({ length: 40 }, (_, i) => `app ${i}`);
  const given = names.map((name) => hues.of(name));
  expect([...given.slice(0, HUES)].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  expect(names.map((name) => hues.of(name))).toEqual(given);
  const fresh = names.slice(HUES).map((name) => new Hues().of(name));
  expect(given.slice(HUES)).toEqual(fresh);
});

test("of those who are there at once nobody's depends on who announced itself first", () => {
  const names = Array.from({ length: 40 }, (_, i) => `app ${i}`);
  const met = (apps: readonly string[]) => {
    const hues = new Hues();
    hues.meet(apps);
    return names.map((name) => hues.of(name));
  };
  // More than there are hues: each has what its name says.
  expect(met([...names].reverse())).toEqual(names.map((name) => new Hues().of(name)));
  // Few: they differ, whoever came first.
  const few = names.slice(0, HUES);
  expect(met([...few].reverse())).toEqual(met(few));
  expect(met(few).slice(0, HUES).sort()).toEqual([1, 2, 3, 4, 5, 6]);
});

test.each([
  [["shop", "billing"]],
  [["shop", "options"]],
  [["office", "shop_with_blueprint"]],
  [["counter", "storeroom"]],
  [["one", "two", "three"]],
  [["app01", "app02", "app03"]],
  [["hello", "django", "tornado", "bottle", "webpy"]],
])("the applications of one lesson differ by themselves: %s", (names) => {
  expect(new Set(names.map((name) => new Hues().of(name))).size).toBe(names.length);
});
