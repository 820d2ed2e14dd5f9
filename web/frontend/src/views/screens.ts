/** The screens beside the timeline, for the dashboard's page and for exported files. */
import { loadTexts } from "../i18n/catalogue";
import { lazy } from "./lazy";

export const Compare = lazy(
  async () => (await Promise.all([import("./compare"), loadTexts("details")]))[0].Compare,
  { texts: "compare" },
);
export const Hooks = lazy(
  async () => (await Promise.all([import("./hooks"), loadTexts("details")]))[0].Hooks,
  { texts: "hooks" },
);
export const LifecycleMap = lazy(
  async () => (await Promise.all([import("./map"), loadTexts("details")]))[0].MapScreen,
  { texts: "map" },
);
