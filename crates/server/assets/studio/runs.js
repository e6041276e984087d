// The history of runs.

import { api, events } from "./api.js";
import { bars } from "./charts.js";
import { bytes, duration, h, number, outcome, time } from "./dom.js";

export async function runs(place, [id], signal) {
  const list = h("div.list");
  place.append(list);
  const all = await api.pipelines();
  const refresh = async () => {
    const found = await api.runs(id);
    if (signal.aborted) return;
    const ended = found.filter(run => run.seconds !== null);
    const body = h("tbody", {}, found.map(row));
    const more = h("button", { type: "button", hidden: found.length < 50, onclick: async () => {
      const older = await api.runs(id, body.lastChild.dataset.run);
      body.append(...older.map(row));
      more.hidden = older.length < 50;
    } }, "Older runs");
    list.replaceChildren(
      h("header", {}, h("h1", {}, "Runs"), h("label.muted", {}, "of ", h("select", {
        "aria-label": "Pipeline", onchange: event => { location.hash = event.target.value ? `#/runs/${encodeURIComponent(event.target.value)}` : "#/runs"; } },
      h("option", { value: "" }, "all pipelines"), all.map(pipeline => h("option", { value: pipeline.id, selected: pipeline.id === id }, pipeline.name))))),
      ended.length > 1 && h("div.charts", {}, bars("Duration", ended, run => run.seconds, run => duration(run.seconds)),
        bars("Rows", ended, run => run.rows, run => number(run.rows))) || "",
      found.length ? h("section.card", {}, h("div.wide", {}, h("table", {}, h("caption.sr", {}, "Runs, newest first"), h("thead", {}, h("tr", {},
        ["Began", "Pipeline", "Outcome", "Took", "Rows", "Pages", "Rejected", "Bytes", "Retries"].map((name, index) =>
          h("th", { scope: "col", className: index > 2 ? "number" : "" }, name)))), body)))
        : h("p.empty", {}, "Nothing has run yet."),
      more);
  };
  for (const kind of ["run-started", "run-ended"]) events.addEventListener(kind, () => refresh().catch(() => {}), { signal });
  await refresh();
}

function row(run) {
  return h("tr", { data: { run: run.run } },
    h("td", {}, h("a", { href: `#/run/${encodeURIComponent(run.run)}` }, time(run.startedAt))), h("td", {}, run.pipeline),
    h("td", {}, outcome(run.outcome)), h("td.number", {}, duration(run.seconds)), h("td.number", {}, number(run.rows)),
    h("td.number", {}, number(run.pages)), h("td.number", {}, number(run.rejected)), h("td.number", {}, bytes(run.bytes)),
    h("td.number", {}, number(run.retries)));
}
