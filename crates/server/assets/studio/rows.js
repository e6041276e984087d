// The table that a converter makes: types, nulls, order, and what is in each column.

import { h, number, svg } from "./dom.js";

/** Longer texts are cut until they are clicked. */
const MAX_TEXT = 300;
/** Rows drawn at once. */
const PART = 200;

const isNumeric = type => /^(int|float|decimal|duration)/.test(type);

/** What is in a column. */
export function facts(values, type) {
  const present = values.filter(value => value !== null);
  const counts = new Map();
  for (const value of present) {
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const top = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 8);
  const numbers = isNumeric(type) ? present.map(Number).filter(Number.isFinite) : [];
  return {
    total: values.length, nulls: values.length - present.length, distinct: counts.size, top, numbers,
    least: numbers.length ? numbers.reduce((a, b) => Math.min(a, b)) : null,
    greatest: numbers.length ? numbers.reduce((a, b) => Math.max(a, b)) : null,
  };
}

/** Ten steps from the least to the greatest number. */
function histogram({ numbers, least, greatest }) {
  const bins = new Array(10).fill(0);
  const width = (greatest - least) / bins.length || 1;
  for (const value of numbers) bins[Math.min(bins.length - 1, Math.floor((value - least) / width))] += 1;
  return bins;
}

/** A small picture of a column: its distribution, and below it how much is null. */
function spark(found) {
  const bars = found.numbers.length ? histogram(found) : found.top.map(([, count]) => count);
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

function compare(a, b) {
  // Nulls last, whatever the direction.
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(typeof a === "object" ? JSON.stringify(a) : a).localeCompare(String(typeof b === "object" ? JSON.stringify(b) : b), "en", { numeric: true });
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
  constructor(place) {
    this.place = place;
    this.order = null;
  }

  show({ columns, rows, nRows }) {
    Object.assign(this, { columns, rows, nRows, shown: PART });
    if (this.order && !columns.some(column => column.name === this.order.name)) this.order = null;
    this.facts = columns.map((column, index) => facts(rows.map(row => row[index]), column.type));
    this.draw();
  }

  /** Up, down, as they came. */
  sort(name) {
    if (this.order?.name !== name) this.order = { name, down: false };
    else if (!this.order.down) this.order = { name, down: true };
    else this.order = null;
    this.draw();
    this.place.querySelector(`[data-column="${CSS.escape(name)}"]`)?.focus();
  }

  sorted() {
    const numbered = this.rows.map((row, index) => [index + 1, row]);
    if (!this.order) return numbered;
    const at = this.columns.findIndex(column => column.name === this.order.name);
    const sign = this.order.down ? -1 : 1;
    return numbered.sort(([, a], [, b]) => (a[at] === null) - (b[at] === null) || sign * (a[at] === null ? 0 : compare(a[at], b[at])));
  }

  head() {
    return h("thead", {}, h("tr", {}, h("th.index", { scope: "col" }, h("span.sr", {}, "Row")), this.columns.map((column, index) => {
      const order = this.order?.name === column.name ? (this.order.down ? "descending" : "ascending") : "none";
      const found = this.facts[index];
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
    const rows = this.sorted();
    const body = h("tbody", {}, rows.slice(0, this.shown).map(([index, row]) =>
      h("tr", {}, h("th.index", { scope: "row" }, index), row.map(cell))));
    const left = rows.length - this.shown;
    const more = left > 0 && h("p", { style: "padding: 0 12px" }, h("button", { type: "button", onclick: () => { this.shown += PART; this.draw(); } }, `${number(left)} more rows`));
    const cut = this.nRows > rows.length && h("p.muted", { style: "padding: 0 12px" }, `The first ${number(rows.length)} of ${number(this.nRows)} rows of this page.`);
    this.place.replaceChildren(h("table.rows", {}, h("caption.sr", {}, "Rows of the first page"), this.head(), body), ...[more, cut].filter(Boolean));
  }
}
