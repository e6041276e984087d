// Which view is shown. A view is a function of its element, the rest of the address and a signal that ends it.

import { listen } from "./api.js";
import { h } from "./dom.js";
import { editor } from "./editor.js";
import { pipelines } from "./pipelines.js";
import { runs } from "./runs.js";
import { run } from "./run.js";
import { datasources } from "./datasources.js";

const VIEWS = { edit: editor, pipelines, runs, run, datasources };
const PARENTS = { run: "runs" };
const TITLES = { edit: "Editor", pipelines: "Pipelines", runs: "Runs", run: "Run", datasources: "Datasources" };

let ending = new AbortController();
let shown = null;

async function show() {
  const [, name, ...rest] = location.hash.split("/");
  const view = VIEWS[name] ? name : "edit";
  // The editor looks itself at which of its tables is asked for.
  ending.abort();
  ending = new AbortController();
  for (const link of document.querySelectorAll("nav a")) {
    const current = link.dataset.view === (PARENTS[view] ?? view);
    if (current) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  }
  document.title = `${TITLES[view]} · pipeline`;
  const place = document.getElementById("view");
  place.replaceChildren();
  const signal = ending.signal;
  try {
    await VIEWS[view](place, rest.map(decodeURIComponent), signal);
    if (shown !== null && shown !== view) place.focus();
    shown = view;
  } catch (error) {
    if (!signal.aborted) place.replaceChildren(h("p.empty", { role: "alert" }, String(error.message ?? error)));
  }
}

function theme() {
  const button = document.getElementById("theme");
  const root = document.documentElement;
  const draw = () => { button.textContent = root.dataset.theme === "dark" ? "☀" : "☾"; };
  button.addEventListener("click", () => {
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* Then it holds until the page is left. */ }
    draw();
  });
  draw();
}

// The token in the address has become a cookie; it must not stay in the address, nor in the browser's history.
const address = new URL(location.href);
if (address.searchParams.has("token")) {
  address.searchParams.delete("token");
  history.replaceState(history.state, "", address);
}
theme();
listen(document.getElementById("connection"));
addEventListener("hashchange", show);
show();
