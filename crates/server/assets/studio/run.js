// One run: how far it is, what it said, what it wrote.

import { api, events } from "./api.js";
import { bytes, counted, duration, h, number, outcome, time, toast } from "./dom.js";
import { meter } from "./pipelines.js";

export async function run(place, [id], signal) {
  const list = h("div.list");
  place.append(list);
  let tell = () => {};
  const log = h("ul.log", { "aria-label": "Log" });
  const refresh = async () => {
    const run = await api.showRun(id);
    if (signal.aborted) return;
    log.replaceChildren(...run.log.map(line));
    const going = run.outcome === "running";
    list.replaceChildren(
      h("header", {}, h("h1", {}, run.pipeline), h("span.mono.muted", {}, run.run), outcome(run.outcome), h("div.tables-buttons", {},
        going && h("button.danger", { type: "button", onclick: () => api.cancel(id).catch(error => toast(error.message)) }, "Cancel"),
        h("a.button", { href: "#/runs" }, "All runs"))),
      h("section.card", {}, h("div.content", { style: "padding-top: 14px" }, h("div.facts-line", {},
        h("span", {}, "Began ", h("b", {}, time(run.startedAt))),
        !going && [h("span", {}, "Took ", h("b", {}, duration(run.seconds))), h("span", {}, "Rows ", h("b", {}, number(run.rows))),
          h("span", {}, "Pages ", h("b", {}, number(run.pages))), h("span", {}, "Requests ", h("b", {}, number(run.requests))),
          h("span", {}, "Retries ", h("b", {}, number(run.retries)))],
        run.resumes && h("span", {}, "Goes on where ", h("b.mono", {}, run.resumes), " ended")),
      going && meter(run.progress, hear => { tell = hear; }),
      run.error && h("pre", { role: "alert", style: "margin-top: 10px" }, run.error))),
      ...run.tables.map(table),
      h("section.card", {}, h("header", {}, h("h2", {}, "Log")), h("div.content", {}, run.log.length ? log : h("p.muted", {}, "Logs are kept while the server runs."))));
  };
  events.addEventListener("progress", ({ detail }) => { if (detail.run === id) tell(detail); }, { signal });
  events.addEventListener("log", ({ detail }) => { if (detail.run === id) log.append(line(detail.line)); }, { signal });
  // The history has it a moment after it has ended.
  events.addEventListener("run-ended", ({ detail }) => { if (detail.run === id) refresh().catch(() => {}); }, { signal });
  await refresh();
}

function line({ at, level, message }) {
  return h("li", { className: level }, time(at), h("span", {}, message));
}

function table(table) {
  const files = table.files.map(file => h("tr", {}, h("td.mono", {}, file.path), h("td.number", {}, number(file.rows)), h("td.number", {}, bytes(file.bytes)),
    h("td.mono.muted", { title: file.sha256 }, file.sha256 ? `${file.sha256.slice(0, 12)}…` : "–")));
  return h("section.card", {}, h("header", {}, h("h2", {}, table.table), h("span.muted.mono", {}, table.target)),
    h("div.content", {}, h("div.facts-line", {}, h("span", {}, h("b", {}, number(table.rowsWritten)), " rows written"),
      h("span", {}, h("b", {}, number(table.rowsReturned)), " returned"), h("span", {}, h("b", {}, number(table.rowsRejected)), " rejected"),
      h("span", {}, h("b", {}, number(table.pages)), " pages", table.resumedPages ? ` (${table.resumedPages} from the journal)` : ""),
      table.window && h("span", {}, "Window ", h("b", {}, typeof table.window === "string" ? table.window : JSON.stringify(table.window))))),
    files.length > 0 && h("div.wide", {}, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "File"), h("th.number", { scope: "col" }, "Rows"),
      h("th.number", { scope: "col" }, "Bytes"), h("th", { scope: "col" }, "SHA-256"))), h("tbody", {}, files))),
    table.columns.length > 0 && h("details.content", {}, h("summary", {}, counted(table.columns.length, "column")),
      h("dl.facts", { style: "margin-top: 10px" }, table.columns.map(column => [h("dt.mono", {}, column.name), h("dd.mono", {}, column.type)]))));
}
