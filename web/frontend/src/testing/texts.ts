/** Set up for every test of the page: it speaks English, and all parts of the catalogue and the sentences about events are here. */
import { speak, type Texts } from "../i18n/translate";
import { loadExplanations } from "../views/explanations";

const parts = import.meta.glob<Texts>("../i18n/en*.json", { eager: true, import: "default" });
speak("en", Object.assign({}, ...Object.values(parts)));
await loadExplanations();
