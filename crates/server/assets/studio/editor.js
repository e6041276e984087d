// The page, the code that converts it, the rows that come of it. Edits run at once; only Save writes.

import { api, events } from "./api.js";
import { Code } from "./code.js";
import { away, ask, counted, duration, h, toast } from "./dom.js";
import { drop, keep, keyOf, take, unsaved } from "./drafts.js";
import { JsonTree, keysOf } from "./json_tree.js";
import { Rows } from "./rows.js";

/** How long somebody must not type before the code runs. */
const PAUSE = 150;

/** As the editor has it, which knows lines and not how they end. */
const lines = text => text.replace(/\r\n?/g, "\n");

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
  const key = keyOf(table.code?.place, id, table.name);
  const draft = table.code && await take(key);
  if (signal.aborted) return;
  new Editor(place, { all: usable, desk, table, id, key }, signal).start(draft);
}

class Editor {
  constructor(place, { all, desk, table, id, key }, signal) {
    Object.assign(this, { place, all, desk, table, id, key, signal });
    this.waiting = 0;
    this.trying = null;
    this.saving = false;
    this.unsavedWhy = "";
    /** Counts what makes an answer of the desk an old one. */
    this.turn = 0;
  }

  start(draft) {
    this.draw();
    this.tree = new JsonTree(this.parts.tree);
    this.rows = new Rows(this.parts.rows, () => this.try());
    this.code = new Code(this.parts.code, { changed: () => this.changed(), save: () => this.save() });
    this.open();
    if (draft && lines(draft.text) !== this.base.text) this.restore(draft);
    this.code.lock(!this.table.code);
    this.state();
    this.load(() => api.page(this.id, this.table.name, this.signal));
    this.signal.addEventListener("abort", () => { clearTimeout(this.waiting); this.trying?.abort(); this.code.destroy(); });
    events.addEventListener("pipelines-changed", () => this.changedOutside(), { signal: this.signal });
  }

  /** Shows what is on the disk; edits begin there. */
  open() {
    const { code } = this.table;
    this.base = code ? { text: lines(code.text), version: code.version } : null;
    this.code.open(this.base?.text ?? this.nothing());
  }

  /** Edits of before go on where they began, also where that is not on the disk any more: saving them asks then. */
  restore(draft) {
    if (draft.version !== this.base.version) {
      this.base = { text: lines(draft.base), version: draft.version };
      this.code.open(this.base.text);
      toast("The file has changed on the disk; your edits are kept");
    }
    this.code.edit(lines(draft.text));
  }

  nothing() {
    return "// This table has no converter: the records of the page are its rows.\n"
      + "// Name a script as `converter:` in the YAML to have one.\n";
  }

  select(label, value, choices, go) {
    return h("label", {}, label, h("select", { onchange: event => { location.hash = go(event.target.value); } },
      choices.map(choice => h("option", { value: choice[0] ?? choice, selected: choice[0] === value }, choice[1]))));
  }

  /** The pipelines, those with edits that nobody has saved marked. */
  pipelines() {
    const edited = unsaved();
    return this.all.map(({ id }) => [id, edited.has(id) ? `${id} ● unsaved` : id]);
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
        this.select("Pipeline", this.id, this.pipelines(), id => link(id)),
        names.length > 1 && this.select("Table", this.table.name, names.map(name => [name, name]), name => link(this.id, name)),
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

  isDirty() { return Boolean(this.base) && this.code.text() !== this.base.text; }

  /** Whether the file is another one than the one that the edits began on. */
  isOvertaken() { return Boolean(this.base) && this.base.version !== this.table.code?.version; }

  /** What the buttons and the path say, and what is wrong with the pipeline's file. */
  state() {
    const { problems } = this.desk;
    const said = [problems?.trim(), this.unsavedWhy].filter(Boolean);
    this.parts.problems.replaceChildren(...said.map(text => h("pre.failure", {}, text)));
    const onDisk = this.table.code;
    // Another tab has saved the same: there is nothing to ask about.
    if (onDisk && this.isOvertaken() && this.code.text() === lines(onDisk.text)) this.base = { text: this.code.text(), version: onDisk.version };
    // Edits that were taken back do not hold back what is on the disk.
    if (!this.isDirty() && this.isOvertaken()) this.open();
    const dirty = this.isDirty();
    if (dirty) keep(this.key, { text: this.code.text(), version: this.base.version, base: this.base.text }); else drop(this.key);
    const { code } = this.table;
    const overtaken = dirty && this.isOvertaken() ? " · changed on the disk" : "";
    const path = code ? `${code.path}${code.inline ? " (in the YAML)" : ""}${overtaken}` : "none";
    Object.assign(this.parts.path, { textContent: path, title: path });
    this.parts.path.classList.toggle("dirty", dirty);
    this.parts.save.disabled = !dirty;
    this.parts.save.title = dirty ? "Write the file (Ctrl-S)" : "Nothing to save";
    this.parts.revert.hidden = !dirty;
  }

  changed() {
    this.unsavedWhy = "";
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
      const result = await api.convert(this.id, this.table.name, { code, order: this.rows.order }, trying.signal);
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
    if (!this.isDirty() || this.saving) return;
    const text = this.code.text();
    this.saving = true;
    this.turn += 1;
    try {
      const { version } = await api.save(this.id, this.table.name, text, this.base.version);
      this.base = { text, version };
      if (this.table.code) Object.assign(this.table.code, this.base);
      this.unsavedWhy = "";
      this.state();
      toast("Saved");
    } catch (error) {
      if (error.status === 409 && /changed on the disk/.test(error.message)) { this.saving = false; await this.conflict(text); return; }
      this.unsavedWhy = `Not saved: ${error.message}`;
      this.state();
      toast("Not saved");
    } finally {
      this.turn += 1;
      this.saving = false;
    }
  }

  async conflict(text) {
    let theirs = null;
    try { await this.reread(); theirs = this.table.code; } catch (error) { toast(`Not saved: ${error.message}`); return; }
    if (!theirs) { toast("Not saved: this table has no converter any more"); return; }
    const choice = await ask("Somebody has changed this file", "It is another one on the disk than the one you began with.", [
      ["", "Go on editing"], ["theirs", "Take what is on the disk"], ["mine", "Replace it with mine", "danger"]],
    h("details", {}, h("summary", {}, "What is on the disk"), h("pre.theirs", {}, theirs.text)));
    if (this.signal.aborted || !choice) return;
    if (choice === "theirs") { this.open(); this.state(); await this.try(); return; }
    // What was shown is what is replaced: should it be another one by now, the question comes again.
    this.base = { text: lines(theirs.text), version: theirs.version };
    this.code.edit(text);
    this.state();
    if (this.isDirty()) await this.save(); else toast("Saved");
  }

  async reread() {
    this.turn += 1;
    this.desk = await api.desk(this.id);
    const table = this.desk.tables.find(table => table.name === this.table.name);
    if (table) this.table = table;
  }

  revert() {
    this.unsavedWhy = "";
    // Undo must not lead back to edits of an older file as if they were of this one.
    if (this.isOvertaken()) this.open(); else this.code.edit(this.base.text);
    this.state();
    this.try();
  }

  /** A save in another editor: taken over, unless something would be lost. */
  async changedOutside() {
    const turn = this.turn += 1;
    const known = this.table.code?.version;
    const desk = await api.desk(this.id).catch(() => null);
    // Newer answers are on their way, or a save is.
    if (!desk || this.signal.aborted || turn !== this.turn) return;
    const table = desk.tables.find(table => table.name === this.table.name);
    if (!table) { location.reload(); return; }
    Object.assign(this, { desk, table });
    // Somebody may have typed meanwhile.
    if (this.isDirty()) {
      if (this.isOvertaken() && table.code?.version !== known) toast("The file has changed on the disk; your edits are kept");
      this.state();
      return;
    }
    if (this.base?.version !== table.code?.version) this.open();
    this.code.lock(!table.code);
    this.state();
    await this.try();
  }
}
