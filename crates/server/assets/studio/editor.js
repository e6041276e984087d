// The page, the code that converts it, the rows that come of it. Edits run at once; only Save writes.

import { api, events } from "./api.js";
import { Code } from "./code.js";
import { away, ask, counted, duration, h, toast } from "./dom.js";
import { JsonTree, keysOf } from "./json_tree.js";
import { Rows } from "./rows.js";

/** How long somebody must not type before the code runs. */
const PAUSE = 150;

/** Code that nobody has saved, by pipeline and table: it outlives a look at another view. */
const drafts = new Map();
addEventListener("beforeunload", event => { if (drafts.size) event.preventDefault(); });

let last = null;

export async function editor(place, [id, tableName], signal) {
  const all = await api.pipelines();
  if (!all.length) {
    place.append(h("div.empty", {}, h("h1", {}, "No pipelines yet"), h("p", {}, "Make one in this folder: ", h("code", {}, "pipeline new mine --from jira"))));
    return;
  }
  const usable = all.filter(pipeline => pipeline.runnable);
  if (!usable.length) { location.hash = "#/pipelines"; return; }
  id ??= last?.id ?? usable[0].id;
  const desk = await api.desk(id);
  const table = desk.tables.find(table => table.name === (tableName ?? last?.table)) ?? desk.tables[0];
  last = { id, table: table.name };
  if (signal.aborted) return;
  new Editor(place, { all: usable, desk, table, id }, signal).start();
}

class Editor {
  constructor(place, { all, desk, table, id }, signal) {
    Object.assign(this, { place, all, desk, table, id, signal });
    this.key = JSON.stringify([id, table.name]);
    this.waiting = 0;
    this.trying = null;
  }

  start() {
    this.draw();
    this.tree = new JsonTree(this.parts.tree);
    this.rows = new Rows(this.parts.rows);
    this.code = new Code(this.parts.code, { changed: () => this.changed(), save: () => this.save() });
    this.code.replace(drafts.get(this.key) ?? this.table.code?.text ?? this.nothing());
    this.code.lock(!this.table.code);
    this.state();
    this.load(() => api.page(this.id, this.table.name, this.signal));
    this.signal.addEventListener("abort", () => { clearTimeout(this.waiting); this.trying?.abort(); this.code.destroy(); });
    events.addEventListener("pipelines-changed", () => this.changedOutside(), { signal: this.signal });
  }

  nothing() {
    return "// This table has no converter: the records of the page are its rows.\n"
      + "// Name a script as `converter:` in the YAML to have one.\n";
  }

  select(label, value, choices, go) {
    return h("label", {}, label, h("select", { onchange: event => { location.hash = go(event.target.value); } },
      choices.map(choice => h("option", { value: choice, selected: choice === value }, choice))));
  }

  draw() {
    const link = (id, table) => `#/edit/${encodeURIComponent(id)}${table ? `/${encodeURIComponent(table)}` : ""}`;
    const parts = this.parts = {
      path: h("span.path"), save: h("button.main", { type: "button", onclick: () => this.save() }, "Save"),
      revert: h("button", { type: "button", onclick: () => this.revert() }, "Discard edits"),
      tree: h("div.body"), code: h("div.body"), rows: h("div.body"), failure: h("div", { role: "alert" }),
      origin: h("span.muted.hide-narrow"), refetch: h("button.quiet", { type: "button", title: "Ask the server for the page again", onclick: () => this.refetch() }, "↻ Fetch again"),
      status: h("span.muted", { role: "status" }), problems: h("div", { role: "alert" }),
    };
    const search = h("input", { type: "search", placeholder: "Search the page", "aria-label": "Search the page", oninput: event => this.tree.search(event.target.value) });
    const names = this.desk.tables.map(table => table.name);
    parts.panes = h("div.panes", { data: { pane: "table" } },
      h("section.pane.page", { "aria-label": "Page" }, h("header", {}, h("h2", {}, "Page"), parts.origin, parts.refetch, search), parts.tree),
      this.splitter("across", "--left", "Width of the page"),
      h("section.pane.code", { "aria-label": "Converter" }, h("header", {}, h("h2", {}, "Converter"), parts.path), parts.code),
      this.splitter("down", "--above", "Height of the page and the converter"),
      h("section.pane.table", { "aria-label": "Table" }, h("header", {}, h("h2", {}, "Table"), parts.status), parts.failure, parts.rows));
    const tabs = h("div.tabs", { role: "tablist", "aria-label": "Panes" }, [["page", "Page"], ["code", "Converter"], ["table", "Table"]].map(([pane, label]) =>
      h("button", { type: "button", role: "tab", "aria-selected": String(pane === "table"), onclick: event => {
        parts.panes.dataset.pane = pane;
        for (const tab of tabs.children) tab.setAttribute("aria-selected", String(tab === event.target));
      } }, label)));
    this.place.append(h("div.editor", {},
      h("div.bar", {}, h("h1.sr", {}, "Editor"),
        this.select("Pipeline", this.id, this.all.map(pipeline => pipeline.id), id => link(id)),
        names.length > 1 && this.select("Table", this.table.name, names, name => link(this.id, name)),
        h("span.grow"), parts.revert, parts.save, h("a.button", { href: `#/runs/${encodeURIComponent(this.id)}` }, "Runs")),
      parts.problems,
      tabs, parts.panes));
  }

  /** A bar between panes, for pointers and arrow keys; where it was left is remembered. */
  splitter(name, variable, label) {
    const set = percent => {
      const held = Math.min(80, Math.max(15, percent));
      this.parts.panes.style.setProperty(variable, `${held}%`);
      bar.setAttribute("aria-valuenow", Math.round(held));
      try { localStorage.setItem(variable, held); } catch { /* Then it is as ever the next time. */ }
    };
    const across = name === "across";
    const move = event => {
      const box = this.parts.panes.getBoundingClientRect();
      set(100 * (across ? (event.clientX - box.left) / box.width : (event.clientY - box.top) / box.height));
    };
    const bar = h(`div.splitter.${name}`, { role: "separator", tabIndex: 0, "aria-label": label, "aria-orientation": across ? "vertical" : "horizontal",
      "aria-valuenow": across ? 38 : 56, "aria-valuemin": 15, "aria-valuemax": 80,
      onpointerdown: event => { bar.setPointerCapture(event.pointerId); bar.onpointermove = move; },
      onpointerup: () => { bar.onpointermove = null; },
      onkeydown: event => {
        const step = { ArrowLeft: -3, ArrowUp: -3, ArrowRight: 3, ArrowDown: 3 }[event.key];
        if (step) { set(Number(bar.getAttribute("aria-valuenow")) + step); event.preventDefault(); }
      } });
    queueMicrotask(() => {
      let kept = null;
      try { kept = localStorage.getItem(variable); } catch { /* As ever. */ }
      if (kept) set(Number(kept));
    });
    return bar;
  }

  isDirty() { return Boolean(this.table.code) && this.code.text() !== this.table.code.text; }

  /** What the buttons and the path say, and what is wrong with the pipeline's file. */
  state() {
    const { problems } = this.desk;
    this.parts.problems.replaceChildren(...(problems ? [h("pre.failure", {}, problems.trim())] : []));
    const dirty = this.isDirty();
    if (dirty) drafts.set(this.key, this.code.text()); else drafts.delete(this.key);
    const { code } = this.table;
    const path = code ? `${code.path}${code.inline ? " (in the YAML)" : ""}` : "none";
    Object.assign(this.parts.path, { textContent: path, title: path });
    this.parts.path.classList.toggle("dirty", dirty);
    this.parts.save.disabled = !dirty;
    this.parts.save.title = dirty ? "Write the file (Ctrl-S)" : "Nothing to save";
    this.parts.revert.hidden = !dirty;
  }

  changed() {
    this.state();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.try(), PAUSE);
  }

  async load(fetchPage) {
    this.parts.origin.textContent = "fetching…";
    this.parts.refetch.disabled = true;
    try {
      const page = await fetchPage();
      if (this.signal.aborted) return;
      let value = page.body;
      try { value = JSON.parse(page.body); } catch { /* It is shown as the text that it is. */ }
      this.tree.show(value);
      this.code.keys = keysOf(value);
      Object.assign(this.parts.origin, { textContent: `fetched ${away(page.fetchedAt)}`, title: page.url });
      await this.try();
    } catch (error) {
      if (this.signal.aborted) return;
      this.parts.origin.textContent = "";
      this.fail({ message: error.message, shown: error.message });
    } finally {
      this.parts.refetch.disabled = false;
    }
  }

  refetch() { return this.load(() => api.refetch(this.id, this.table.name)); }

  /** Runs the code as it is; an older try that has not ended is of no interest any more. */
  async try() {
    this.trying?.abort();
    const trying = this.trying = new AbortController();
    const slow = setTimeout(() => { this.parts.status.textContent = "running…"; }, 300);
    try {
      const code = this.table.code ? this.code.text() : undefined;
      const result = await api.convert(this.id, this.table.name, code, trying.signal);
      if (trying.signal.aborted || this.signal.aborted) return;
      if (result.failed) this.fail(result.failed); else this.succeed(result);
    } catch (error) {
      if (error.name !== "AbortError" && !this.signal.aborted) this.fail({ message: error.message, shown: error.message });
    } finally {
      clearTimeout(slow);
    }
  }

  succeed(result) {
    this.code.mark(null);
    this.parts.failure.replaceChildren();
    this.parts.rows.classList.remove("old");
    this.rows.show(result);
    this.parts.status.textContent = `${counted(result.nRows, "row")} · ${counted(result.columns.length, "column")} · ${duration(result.milliseconds / 1000)}`;
  }

  fail(failed) {
    this.code.mark(failed);
    const go = failed.line && h("button", { type: "button", onclick: () => this.goTo(failed) }, `Go to line ${failed.line}`);
    this.parts.failure.replaceChildren(h("div.failure", {}, h("pre", {}, failed.shown.trim()), go));
    this.parts.rows.classList.add("old");
    this.parts.status.textContent = this.rows.rows ? "as of the last code that worked" : "";
  }

  goTo(failed) {
    this.place.querySelectorAll("[role=tab]")[1].click();
    this.code.goTo(failed);
  }

  async save() {
    if (!this.isDirty()) return;
    const text = this.code.text();
    try {
      const { version } = await api.save(this.id, this.table.name, text, this.table.code.version);
      Object.assign(this.table.code, { text, version });
      this.state();
      toast("Saved");
    } catch (error) {
      if (error.status === 409 && /changed on the disk/.test(error.message)) await this.conflict(text);
      else toast(`Not saved: ${error.message}`);
    }
  }

  async conflict(text) {
    const choice = await ask("Somebody has changed this file", "It is another one on the disk than the one you began with.", [
      ["", "Go on editing"], ["theirs", "Take what is on the disk"], ["mine", "Replace it with mine", "danger"]]);
    if (!choice) return;
    await this.reread();
    if (choice === "theirs") { this.code.replace(this.table.code.text); this.state(); await this.try(); return; }
    this.code.replace(text);
    this.state();
    await this.save();
  }

  async reread() {
    this.desk = await api.desk(this.id);
    const table = this.desk.tables.find(table => table.name === this.table.name);
    if (table) this.table = table;
  }

  revert() {
    this.code.replace(this.table.code.text);
    this.state();
    this.try();
  }

  /** A save in another editor: taken over, unless something would be lost. */
  async changedOutside() {
    const before = this.table.code?.text;
    const dirty = this.isDirty();
    const desk = await api.desk(this.id).catch(() => null);
    if (!desk || this.signal.aborted) return;
    const table = desk.tables.find(table => table.name === this.table.name);
    if (!table) { location.reload(); return; }
    this.desk = desk;
    if (dirty && table.code?.text !== before) toast("The file has changed on the disk; your edits are kept");
    if (dirty) { this.state(); return; }
    this.table = table;
    this.code.replace(table.code?.text ?? this.nothing());
    this.state();
    await this.try();
  }
}
