// A page's JSON as a tree. Children exist only once they are looked at, and long lists come in parts, so that a page of
// many megabytes opens at once.

import { h, toast } from "./dom.js";

/** Children shown at once. */
const PART = 100;
/** Matches listed at once. */
const MAX_FOUND = 200;
/** Longer texts are cut in the tree; they are copied whole. */
const MAX_TEXT = 200;

/** The way to a value as JavaScript says it. */
export function pathText(path) {
  return path.map((step, index) => {
    if (typeof step === "number") return `[${step}]`;
    if (/^[A-Za-z_$][\w$]*$/.test(step)) return index ? `.${step}` : step;
    return `[${JSON.stringify(step)}]`;
  }).join("");
}

const isTree = value => typeof value === "object" && value !== null;
const entries = value => Array.isArray(value) ? value.map((item, index) => [index, item]) : Object.entries(value);

function shownValue(value) {
  if (Array.isArray(value)) return h("span.count", {}, `[${value.length}]`);
  if (isTree(value)) return h("span.count", {}, `{${Object.keys(value).length}}`);
  if (value === null) return h("span.null", {}, "null");
  if (typeof value === "string") {
    return h("span.string", {}, JSON.stringify(value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value));
  }
  return h(`span.${typeof value}`, {}, String(value));
}

export class JsonTree {
  constructor(place) {
    this.place = place;
    this.root = undefined;
  }

  /** Shows a value; the first levels are open. */
  show(value) {
    this.root = value;
    this.draw();
  }

  draw() {
    const tree = h("ul.tree", { role: "tree", "aria-label": "The page as JSON" });
    tree.addEventListener("keydown", event => this.press(event));
    tree.addEventListener("click", event => this.click(event));
    this.place.replaceChildren(tree);
    this.tree = tree;
    if (!isTree(this.root)) { tree.append(this.item(["json"], this.root, [])); return; }
    this.fill(tree, this.root, []);
    // Down to the first record, which is what people look for.
    let item = tree.querySelector("[aria-expanded]");
    for (let depth = 0; item && depth < 2; depth++) {
      this.open(item);
      item = item.querySelector(":scope > ul > [aria-expanded]");
    }
    tree.querySelector("[role=treeitem]")?.setAttribute("tabindex", "0");
  }

  item(key, value, path) {
    const item = h("li", { role: "treeitem", tabIndex: -1 });
    if (isTree(value)) item.setAttribute("aria-expanded", "false");
    item.value = undefined;
    item.json = value;
    item.path = path;
    item.append(h("div.line", { title: pathText(path) },
      h("span.twist", { "aria-hidden": "true" }, isTree(value) ? "▸" : ""),
      h("span.key", {}, `${key}`), h("span", { "aria-hidden": "true" }, ":"), shownValue(value)));
    return item;
  }

  fill(list, value, path, from = 0) {
    const all = entries(value);
    for (const [key, child] of all.slice(from, from + PART)) list.append(this.item(key, child, [...path, key]));
    if (all.length > from + PART) {
      const more = h("li", { role: "treeitem", tabIndex: -1 }, h("div.line", {},
        h("span.twist"), h("span.count", {}, `${all.length - from - PART} more…`)));
      more.more = () => { more.remove(); this.fill(list, value, path, from + PART); };
      list.append(more);
    }
  }

  open(item) {
    if (item.getAttribute("aria-expanded") !== "false") return;
    item.setAttribute("aria-expanded", "true");
    item.querySelector(".twist").textContent = "▾";
    const list = h("ul", { role: "group" });
    this.fill(list, item.json, item.path);
    item.append(list);
  }

  close(item) {
    if (item.getAttribute("aria-expanded") !== "true") return;
    item.setAttribute("aria-expanded", "false");
    item.querySelector(".twist").textContent = "▸";
    item.querySelector(":scope > ul").remove();
  }

  async copy(item) {
    const text = pathText(item.path);
    try {
      await navigator.clipboard.writeText(text);
      toast(`Copied ${text}`);
    } catch {
      toast(text);
    }
  }

  click(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item) return;
    this.focus(item);
    if (item.more) { item.more(); return; }
    if (event.target.closest(".twist, .count") && item.hasAttribute("aria-expanded")) { this.turn(item); return; }
    if (item.hasAttribute("aria-expanded") && item.getAttribute("aria-expanded") === "false") this.open(item);
    this.copy(item);
  }

  turn(item) {
    if (item.getAttribute("aria-expanded") === "true") this.close(item); else this.open(item);
  }

  focus(item) {
    this.tree.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
    item.setAttribute("tabindex", "0");
    item.focus();
  }

  press(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = [...this.tree.querySelectorAll("[role=treeitem]")];
    const at = all.indexOf(item);
    const go = target => { if (target) this.focus(target); };
    const keys = {
      ArrowDown: () => go(all[at + 1]),
      ArrowUp: () => go(all[at - 1]),
      Home: () => go(all[0]),
      End: () => go(all[all.length - 1]),
      ArrowRight: () => item.getAttribute("aria-expanded") === "true" ? go(all[at + 1]) : this.open(item),
      ArrowLeft: () => item.getAttribute("aria-expanded") === "true" ? this.close(item) : go(item.parentElement.closest("[role=treeitem]")),
      Enter: () => item.more ? item.more() : this.copy(item),
      " ": () => item.more ? item.more() : this.turn(item),
    };
    if (keys[event.key]) { keys[event.key](); event.preventDefault(); }
  }

  /** Opens everything on the way to a value, and shows it. */
  reveal(path) {
    if (!this.tree.isConnected) this.draw();
    let list = this.tree;
    let item = null;
    for (const [depth] of path.entries()) {
      const step = path[depth];
      const find = () => [...list.children].find(child => child.path?.[depth] === step);
      while (!(item = find()) && list.lastElementChild?.more) list.lastElementChild.more();
      if (!item) return;
      if (depth + 1 < path.length) { this.open(item); list = item.querySelector(":scope > ul"); }
    }
    this.tree.querySelectorAll(".found").forEach(other => other.classList.remove("found"));
    item.classList.add("found");
    this.focus(item);
    item.scrollIntoView({ block: "center" });
  }

  /** Lists what contains a text, keys and values; nothing gives the tree back. */
  search(text) {
    const wanted = text.trim().toLowerCase();
    if (!wanted) { this.draw(); return; }
    const found = [];
    const walk = (value, path) => {
      if (found.length > MAX_FOUND) return;
      const key = String(path[path.length - 1] ?? "").toLowerCase();
      if (path.length && (key.includes(wanted) || (!isTree(value) && String(value).toLowerCase().includes(wanted)))) found.push([path, value]);
      if (isTree(value)) for (const [step, child] of entries(value)) walk(child, [...path, step]);
    };
    walk(this.root, []);
    const shown = found.slice(0, MAX_FOUND).map(([path, value]) => h("li", {},
      h("button", { type: "button", onclick: () => this.reveal(path) },
        h("span", {}, pathText(path)), h("span.value", {}, isTree(value) ? "" : String(value).slice(0, 80)))));
    const count = found.length > MAX_FOUND ? `the first ${MAX_FOUND} matches` : `${found.length} match${found.length === 1 ? "" : "es"}`;
    this.place.replaceChildren(h("p.muted", { role: "status", style: "margin: 8px 12px 0" }, count), h("ul.found-list", {}, shown));
  }
}

/** All keys of objects in a value, for completion. */
export function keysOf(value, limit = 2000) {
  const keys = new Set();
  const walk = value => {
    if (!isTree(value) || keys.size >= limit) return;
    if (Array.isArray(value)) value.slice(0, 20).forEach(walk);
    else for (const [key, child] of Object.entries(value)) { keys.add(key); walk(child); }
  };
  walk(value);
  return [...keys];
}
