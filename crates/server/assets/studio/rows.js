// The table that a converter makes: types, nulls, order, and what is in each column.

import { h, number, svg } from "./dom.js";

/** Longer texts are cut until they are clicked. */
const MAX_TEXT = 300;
/** Rows drawn at once. */
const PART = 200;

/** A small picture of a column: its distribution, and below it how much is null. */
function spark(found) {
  const bars = found.steps.length ? found.steps : found.top.map(([, count]) => count);
  const most = Math.max(1, ...bars);
  const width = 96 / Math.max(bars.length, 1);
  const filled = found.total ? (found.total - found.nulls) / found.total : 0;
  return svg("svg", { width: 96, height: 26, viewBox: "0 0 96 26", "aria-hidden": "true" },
    bars.map((count, index) => svg("rect", {
      class: "bar-fill", x: (index * width).toFixed(1), width: Math.max(1, width - 1.5).toFixed(1),
      y: (20 - 19 * count / most).toFixed(1), height: (19 * count / most + 0.5).toFixed(1), rx: 1,
    })),
    svg("rect", { class: "bar-null", x: 0, y: 23, width: 96, height: 3, rx: 1 }),
    svg("rect", { class: "bar-fill", x: 0, y: 23, width: (96 * filled).toFixed(1), height: 3, rx: 1 }));
}

function showFacts(name, type, found) {
  const most = Math.max(1, ...found.top.map(([, count]) => count));
  const terms = [
    ["type", type], ["rows", number(found.total)],
    ["null", `${number(found.nulls)} (${Math.round(100 * found.nulls / Math.max(1, found.total))} %)`],
    ["distinct", number(found.distinct)],
    ...(found.least === null ? [] : [["least", String(found.least)], ["greatest", String(found.greatest)]]),
  ];
  const dialog = h("dialog", { "aria-label": `Column ${name}` },
    h("h2", {}, name),
    h("dl.facts", {}, terms.map(([term, text]) => [h("dt", {}, term), h("dd", {}, text)])),
    h("table.top-values", {}, h("caption.sr", {}, "The most frequent values"), h("tbody", {}, found.top.map(([text, count]) => h("tr", {},
      h("td", {}, text.slice(0, 120) || "(empty text)"), h("td.number", {}, number(count)),
      h("td", {}, svg("svg", { width: 120, height: 10, "aria-hidden": "true" },
        svg("rect", { class: "bar-fill", width: 120 * count / most, height: 10, rx: 2 }))))))),
    h("div.row", {}, h("button", { type: "button", onclick: () => dialog.close() }, "Close")));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
}

function cell(value) {
  if (value === null) return h("td.null", {}, "null");
  if (value === "") return h("td.null", {}, "(empty text)");
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const shown = h("td", { className: typeof value === "number" ? "number" : "" }, text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
  if (text.length > 40) {
    shown.title = "Click to see it whole";
    shown.addEventListener("click", () => { shown.textContent = text; shown.classList.toggle("wide"); });
  }
  return shown;
}

export class Rows {
  /** `sorted` is asked for rows in another order: the server has all of them, and this page the first ones. */
  constructor(place, sorted) {
    Object.assign(this, { place, sorted, order: null, focused: null });
  }

  show({ columns, rows, nRows, numbers }) {
    Object.assign(this, { columns, rows, nRows, numbers, shown: PART });
    if (this.order && !columns.some(column => column.name === this.order.column)) this.order = null;
    this.draw();
  }

  /** Up, down, as they came. */
  sort(name) {
    if (this.order?.column !== name) this.order = { column: name, down: false };
    else if (!this.order.down) this.order = { column: name, down: true };
    else this.order = null;
    this.focused = name;
    this.sorted();
  }

  head() {
    return h("thead", {}, h("tr", {}, h("th.index", { scope: "col" }, h("span.sr", {}, "Row")), this.columns.map(column => {
      const order = this.order?.column === column.name ? (this.order.down ? "descending" : "ascending") : "none";
      const found = column.facts;
      return h("th", { scope: "col", "aria-sort": order },
        h("button.sort", { type: "button", data: { column: column.name }, title: "Sort", onclick: () => this.sort(column.name) },
          column.name, h("span", { "aria-hidden": "true" }, { ascending: "▲", descending: "▼", none: "" }[order])),
        h("span.type", {}, column.type),
        h("button.chart", { type: "button", "aria-label": `What is in ${column.name}: ${found.nulls} null of ${found.total}, ${found.distinct} distinct`,
          onclick: () => showFacts(column.name, column.type, found) }, spark(found)));
    })));
  }

  draw() {
    if (!this.columns.length) {
      this.place.replaceChildren(h("p.empty", {}, "No rows: convert returned none for this page."));
      return;
    }
    const { rows, numbers } = this;
    const body = h("tbody", {}, rows.slice(0, this.shown).map((row, index) =>
      h("tr", {}, h("th.index", { scope: "row" }, numbers?.[index] ?? index + 1), row.map(cell))));
    const left = rows.length - this.shown;
    const more = left > 0 && h("p", { style: "padding: 0 12px" }, h("button", { type: "button", onclick: () => { this.shown += PART; this.draw(); } }, `${number(left)} more rows`));
    const which = this.order ? ` by ${this.order.column}` : "";
    const cut = this.nRows > rows.length && h("p.muted", { style: "padding: 0 12px" }, `The first ${number(rows.length)} of ${number(this.nRows)} rows of this page${which}; order and statistics are of all.`);
    this.place.replaceChildren(h("table.rows", {}, h("caption.sr", {}, "Rows of the first page"), this.head(), body), ...[more, cut].filter(Boolean));
    if (this.focused) this.place.querySelector(`[data-column="${CSS.escape(this.focused)}"]`)?.focus();
    this.focused = null;
  }
}
