// Bars over time.

import { h, svg } from "./dom.js";

const KINDS = { failed: "bar-bad", crashed: "bar-bad", quota: "bar-warn", interrupted: "bar-warn" };

/** One bar per run, oldest first; `value` gives its height and `label` says it. */
export function bars(title, runs, value, label) {
  const shown = runs.slice(0, 40).reverse();
  const most = Math.max(...shown.map(run => value(run) ?? 0), 1e-9);
  const [width, height, below] = [600, 120, 18];
  const step = Math.min(36, width / Math.max(shown.length, 1));
  const drawn = shown.map((run, index) => {
    const tall = Math.max(2, (height - below - 14) * (value(run) ?? 0) / most);
    return svg("rect", { class: KINDS[run.outcome] ?? "bar-fill", x: (index * step + 1).toFixed(1), width: (step - 3).toFixed(1),
      y: (height - below - tall).toFixed(1), height: tall.toFixed(1), rx: 2 }, svg("title", {}, `${run.startedAt}: ${label(run)}, ${run.outcome}`));
  });
  const summary = shown.length ? `${title} of the last ${shown.length} runs, at most ${label(shown.reduce((a, b) => (value(a) ?? 0) >= (value(b) ?? 0) ? a : b))}` : title;
  return h("section.card", {}, h("h3", {}, title),
    svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": summary, preserveAspectRatio: "none" },
      svg("line", { class: "axis", x1: 0, x2: width, y1: height - below, y2: height - below }), drawn),
    h("p.muted", { style: "margin: 4px 0 0; font-size: 12.5px" }, summary));
}
