// What there is, when it runs, how it went.

import { api, events } from "./api.js";
import { unsaved } from "./drafts.js";
import { away, bytes, duration, h, number, outcome, time, toast } from "./dom.js";

const works = pipeline => pipeline.runnable && !pipeline.problems;

export async function pipelines(place, _, signal) {
  const list = h("div.list");
  place.append(list);
  const live = new Map();
  const refresh = async () => {
    const all = await api.pipelines();
    if (signal.aborted) return;
    live.clear();
    list.replaceChildren(h("header", {}, h("h1", {}, "Pipelines"), h("span.muted", {}, number(all.length))),
      ...all.filter(works).map(pipeline => card(pipeline, live)), ...all.filter(pipeline => !works(pipeline)).map(pipeline => card(pipeline, live)),
      ...(all.length ? [] : [h("p.empty", {}, "There are no pipelines in this folder.")]));
  };
  for (const kind of ["run-started", "run-ended", "pipelines-changed"]) {
    events.addEventListener(kind, () => refresh().catch(() => {}), { signal });
  }
  events.addEventListener("progress", ({ detail }) => live.get(detail.pipeline)?.(detail), { signal });
  await refresh();
}

/** Does something with a button, which waits meanwhile; what goes wrong is said. */
function action(label, work, kind = "") {
  const button = h("button", { type: "button", className: kind, onclick: async () => {
    button.disabled = true;
    try { await work(); } catch (error) { toast(error.message); } finally { button.disabled = false; }
  } }, label);
  return button;
}

function card(pipeline, live) {
  const { id, schedule, lastRun } = pipeline;
  const state = pipeline.problems ? h("span.tag.bad", {}, "✕ the file is wrong") : pipeline.runsElsewhere ? h("span.tag.live", {}, "▸ running on another server")
    : pipeline.running ? outcome("running") : lastRun ? outcome(lastRun.outcome) : h("span.tag", {}, "never run");
  const buttons = h("div.tables-buttons", {},
    pipeline.running
      ? [h("a.button", { href: `#/run/${encodeURIComponent(pipeline.running)}` }, "Watch"), action("Cancel", () => api.cancel(pipeline.running), "danger")]
      : pipeline.runnable && action("▸ Run now", async () => { const { run } = await api.run(id); location.hash = `#/run/${encodeURIComponent(run)}`; }, "main"),
    schedule && (pipeline.paused ? action("Resume schedule", () => api.resume(id)) : action("Pause schedule", () => api.pause(id))),
    pipeline.runnable && h("a.button", { href: `#/edit/${encodeURIComponent(id)}` }, "Edit"),
    h("a.button", { href: `#/runs/${encodeURIComponent(id)}` }, "History"));
  const facts = h("div.facts-line", {},
    h("span", {}, "Schedule ", schedule ? [h("b.mono", {}, schedule.cron), ` ${schedule.timezone}`] : "none"),
    schedule && h("span", {}, "Next ", pipeline.paused ? h("b", {}, "paused") : schedule.next ? [h("b", {}, time(schedule.next)), ` ${away(schedule.next)}`] : "never"),
    lastRun && !pipeline.running && h("span", {}, "Last run ", h("b", {}, time(lastRun.startedAt)), ` ${duration(lastRun.seconds)}, ${number(lastRun.rows)} rows`),
    pipeline.tags.length > 0 && h("span", {}, "Tags ", h("b", {}, pipeline.tags.join(", "))));
  return h("section.card", { "aria-label": pipeline.name },
    h("header", {}, h("h2", {}, pipeline.name), pipeline.name !== id && h("span.muted.mono", {}, id), state,
      unsaved().has(id) && h("span.tag.warn", { title: "The editor has code that nobody has saved" }, "● unsaved"), buttons),
    h("div.content", {}, facts, pipeline.running && meter(pipeline.progress, tell => live.set(id, tell)),
      pipeline.problems && h("details", { style: "margin-top: 10px" }, h("summary", {}, pipeline.problems.split("\n")[0]), h("pre", { style: "margin-top: 8px" }, pipeline.problems.trim())),
      lastRun?.error && !pipeline.running && h("pre", { style: "margin-top: 10px" }, lastRun.error)));
}

/** How far a run is; `hear` gets what tells it more. */
export function meter(progress, hear) {
  const bar = h("div.progress", { role: "progressbar", "aria-label": "Rows written" }, h("i"));
  const text = h("div.facts-line", {});
  const tell = progress => {
    if (!progress) return;
    const share = progress.total ? Math.min(100, 100 * progress.rows / progress.total) : null;
    bar.classList.toggle("unknown", share === null);
    if (share === null) bar.removeAttribute("aria-valuenow"); else { bar.setAttribute("aria-valuenow", Math.round(share)); bar.firstChild.style.width = `${share}%`; }
    text.replaceChildren(
      h("span", {}, h("b", {}, number(progress.rows)), progress.total ? ` of ${number(progress.total)} rows` : " rows"),
      h("span", {}, h("b", {}, number(progress.pages)), " pages"), h("span", {}, h("b", {}, bytes(progress.bytes))),
      h("span", {}, h("b", {}, number(Math.round(progress.rate))), " rows/s"), h("span", {}, h("b", {}, duration(progress.seconds))));
  };
  tell(progress);
  hear(tell);
  return h("div", {}, bar, text);
}
