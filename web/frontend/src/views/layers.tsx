/** The WSGI layers around an application, as rings, with what each was called with. */
import "../styles/layers.css";
import { t } from "../i18n/translate";
import type { Layer } from "../model/layers";
import type { EventLog } from "../model/log";
import { Foreign, hueClass } from "./marks";

interface LayersProps {
  layers: readonly Layer[];
  log: EventLog;
  /** Index of the selected event, if one is. */
  selected: number | null;
  select: (event: number) => void;
}

export function Layers({ layers, ...shared }: LayersProps) {
  return (
    <section class="layers" aria-label={t("map.layers")} data-testid="layers">
      <h3 class="cap">{t("map.layers")}</h3>
      <p class="t3">{t("map.layersText")}</p>
      <Rings layers={layers} {...shared} />
    </section>
  );
}

function Rings({ layers, ...shared }: LayersProps) {
  return (
    <ol>
      {layers.map((layer) => (
        <Ring key={layer.event} layer={layer} {...shared} />
      ))}
    </ol>
  );
}

function Ring({ layer, log, selected, select }: Omit<LayersProps, "layers"> & { layer: Layer }) {
  const { kind, name, app, scriptName, pathInfo, mount, inner } = layer;
  return (
    <li class={`ring ${kind === "wsgi_app" ? hueClass(app) : ""}`} data-ring={kind}>
      <div class="ring-head">
        <button
          type="button"
          class="ring-name"
          aria-current={selected === layer.event}
          onClick={() => select(layer.event)}
        >
          <span class="t3">{t(`map.layer.${kind}`)}</span> <Foreign text={name} />
        </button>
        <dl>
          <Variable name="SCRIPT_NAME" value={scriptName} />
          <Variable name="PATH_INFO" value={pathInfo} />
        </dl>
      </div>
      {mount !== null && (
        <p class="t2">{mount === "" ? t("map.layerRest") : t("map.layerMount", { mount })}</p>
      )}
      {inner.length > 0 && <Rings layers={inner} log={log} selected={selected} select={select} />}
    </li>
  );
}

function Variable({ name, value }: { name: string; value: string | null }) {
  return (
    <div>
      <dt class="t3">{name}</dt>
      <dd class="mono">
        {value === null ? (
          <span class="t3">{t("map.layerUnknown")}</span>
        ) : (
          <Foreign text={value === "" ? "''" : value} />
        )}
      </dd>
    </div>
  );
}
