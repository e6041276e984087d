// Elements, texts, times. Nothing here builds HTML from text, so that data can never become markup.

/** An element: properties, `on…` listeners, `aria`/`data` maps, then children (nodes, texts, nothing). */
export function h(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "data") Object.assign(element.dataset, value);
    else if (key in element && typeof value !== "object") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter(child => child !== undefined && child !== null && child !== false));
  return element;
}

/** The same for SVG, attributes only. */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.flat().filter(child => child !== undefined && child !== null));
  return element;
}

let hiding = 0;

/** Says something for a moment. */
export function toast(text) {
  const place = document.getElementById("toast");
  place.textContent = text;
  place.classList.add("shown");
  clearTimeout(hiding);
  hiding = setTimeout(() => place.classList.remove("shown"), 3500);
}

/** Asks, and gives the value of the button that was chosen; null for none. */
export function ask(title, text, choices, more) {
  return new Promise(resolve => {
    const dialog = h("dialog", { "aria-label": title },
      h("h2", {}, title), h("p", {}, text), more,
      h("div.row", {}, choices.map(([value, label, kind]) =>
        h("button", { type: "button", className: kind ?? "", onclick: () => dialog.close(value) }, label))));
    dialog.addEventListener("close", () => { resolve(dialog.returnValue || null); dialog.remove(); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

const numbers = new Intl.NumberFormat("en");
export const number = value => value === null || value === undefined ? "–" : numbers.format(value);
export const counted = (n, what) => `${number(n)} ${what}${n === 1 ? "" : "s"}`;

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round(seconds % 3600 / 60)} min`;
}

export function bytes(n) {
  if (!n) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(n) / 10));
  return `${(n / 1024 ** step).toFixed(step ? 1 : 0)} ${units[step]}`;
}

/** A time as the reader's clock shows it; the exact one is its title. */
export function time(text) {
  if (!text) return h("span.muted", {}, "–");
  const date = new Date(text);
  const today = date.toDateString() === new Date().toDateString();
  const clock = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", ...(today ? { second: "2-digit" } : {}) });
  const shown = today ? clock : `${date.toLocaleDateString([], { weekday: "short", day: "numeric", month: "short" })} ${clock}`;
  return h("time", { dateTime: text, title: text }, shown);
}

/** How far away a time is, in words. */
export function away(text) {
  const seconds = (new Date(text) - Date.now()) / 1000;
  const [n, unit] = Math.abs(seconds) < 90 ? [seconds, "second"] : Math.abs(seconds) < 5400 ? [seconds / 60, "minute"]
    : Math.abs(seconds) < 129600 ? [seconds / 3600, "hour"] : [seconds / 86400, "day"];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(n), unit);
}

const OUTCOMES = {
  done: ["good", "✓ done"], failed: ["bad", "✕ failed"], quota: ["warn", "◔ quota"],
  interrupted: ["warn", "■ interrupted"], crashed: ["bad", "✕ crashed"], running: ["live", "▸ running"],
};

/** How a run ended, in colour, sign and word. */
export function outcome(word) {
  const [kind, label] = OUTCOMES[word] ?? ["", word ?? "never run"];
  return h(`span.tag${kind ? "." + kind : ""}`, {}, label);
}
