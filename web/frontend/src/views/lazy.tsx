/** Components that come with a script and texts of their own, when they are first shown. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { loadTexts } from "../i18n/catalogue";
import { t } from "../i18n/translate";
import { usePage } from "./context";
import { Busy, ProblemBox } from "./marks";

export interface LazyOptions {
  /** The part of the catalogue that the component speaks. */
  texts?: Parameters<typeof loadTexts>[0];
  /** Class of the box that keeps its place meanwhile. */
  place?: string;
}

/** A component that can be asked for before it is shown. */
export type LazyComponent<Props> = ComponentType<Props> & {
  /** Settles when it is here, or cannot be had now. */
  fetch: () => Promise<unknown>;
};

/** *load* is called at the first showing; a failure is told, and tried again at the next, or when the dashboard is back. */
export function lazy<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  { texts, place }: LazyOptions = {},
): LazyComponent<Props> {
  let loaded: ComponentType<Props> | null = null;
  let loading: Promise<ComponentType<Props>> | null = null;

  const fetchOnce = () => {
    loading ??= Promise.all([load(), texts && loadTexts(texts)]).then(
      ([component]) => {
        loaded = component;
        return component;
      },
      (error) => {
        loading = null;
        throw error;
      },
    );
    return loading;
  };

  function Lazy(props: Props) {
    const [Component, setComponent] = useState<ComponentType<Props> | null>(() => loaded);
    const [failed, setFailed] = useState(false);
    const { state } = usePage().connection.value;
    useEffect(() => {
      if (Component !== null) return;
      fetchOnce().then(
        (component) => setComponent(() => component),
        () => setFailed(true),
      );
    }, [state]);
    if (Component !== null) return <Component {...props} />;
    const said = failed ? <ProblemBox error={new Error(t("lazy.failed"))} /> : <Busy />;
    return place === undefined ? said : <div class={place}>{said}</div>;
  }
  return Object.assign(Lazy, { fetch: fetchOnce });
}
