/** Several systems side by side: a lane each, in phases of one vocabulary, aligned at the view. */
import { t } from "../i18n/translate";
import { phaseOfKind } from "../model/kinds";
import { type Lane, laneOf, linesOf, type Step } from "../model/lessons/lanes";
import type { LessonItem, LessonRequest } from "../transport/items";
import { say } from "./learn_link";
import type { Pictures } from "./learn_pictures";
import { ScrollBox } from "./marks";

type From = "fired" | "recorded" | "expected";

interface Row {
  request: LessonRequest;
  lane: Lane;
  from: From;
}

const LANE_TEXTS = {
  fired: "learn.laneFired",
  recorded: "learn.laneRecorded",
  expected: "learn.laneExpected",
} as const;

interface LanesProps {
  lesson: LessonItem;
  pictures: Pictures;
}

export function LessonLanes({ lesson, pictures }: LanesProps) {
  const rows = lesson.requests.map((request, number): Row => {
    const picture = pictures.get(number);
    if (!picture?.complete) {
      return { request, lane: laneOf(linesOf(lesson.pictures[number] ?? "")), from: "expected" };
    }
    const from = picture.recorded ? "recorded" : "fired";
    return { request, lane: laneOf(picture.lines), from };
  });
  const paths = [...new Set(lesson.requests.map(({ path }) => path))];
  return (
    <section class="lesson-lanes">
      <h2>{t("learn.lanes")}</h2>
      <p class="t2">{t("learn.lanesText")}</p>
      {paths.map((path) => (
        <Lanes key={path} path={path} rows={rows.filter(({ request }) => request.path === path)} />
      ))}
    </section>
  );
}

function Lanes({ path, rows }: { path: string; rows: Row[] }) {
  return (
    <ScrollBox class="lanes" label={t("learn.lanesOf", { path })}>
      <table>
        <caption class="mono">GET {path}</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">{t("learn.before")}</th>
            <th scope="col">{t("learn.view")}</th>
            <th scope="col">{t("learn.after")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ request, lane, from }) => (
            <tr key={request.mount} data-fired={from === "fired"}>
              <th scope="row">
                {nameOf(request)}
                <span class="t3">{t(LANE_TEXTS[from])}</span>
              </th>
              <Steps steps={lane.before} />
              <Steps steps={lane.view} />
              <Steps steps={lane.after} />
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

function Steps({ steps }: { steps: Step[] }) {
  return (
    <td>
      <ol>
        {steps.map(({ phase, kind, name, failed }, at) => (
          <li key={at} class={`ph-${failed ? "error" : phaseOfKind(kind)}`}>
            <b>{t(`phase.${phase}`)}</b>
            <span class="mono">{name}</span>
            {failed && <span class="visually-hidden">{t("learn.failed")}</span>}
          </li>
        ))}
      </ol>
    </td>
  );
}

/** Of the label, what stands in front of what is asked for: `Django: hello`. */
function nameOf(request: LessonRequest): string {
  return say(request.label).split(/[:：]/)[0] ?? "";
}
