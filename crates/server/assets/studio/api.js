// Talks to the server; what it refuses is thrown with its words.

import { renew, session } from "./session.js";

export class Refused extends Error {
  constructor(status, message, help) {
    super(help ? `${message} (${help})` : message);
    Object.assign(this, { status, plain: message });
  }
}

async function ask(method, path, body, signal) {
  const headers = { Accept: "application/json" };
  // Pages of other origins cannot send it.
  if (method !== "GET") headers["X-Pipeline"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "the server does not answer", "is it still running?");
  }
  if (answer.status === 401 && await renew()) return ask(method, path, body, signal);
  const json = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, json?.error?.message ?? `the server answers ${answer.status}`, json?.error?.help);
  return json;
}

const of = id => `/api/pipelines/${encodeURIComponent(id)}`;

export const api = {
  pipelines: () => ask("GET", "/api/pipelines"),
  run: id => ask("POST", `${of(id)}/run`),
  pause: id => ask("POST", `${of(id)}/pause`),
  resume: id => ask("POST", `${of(id)}/resume`),
  access: id => ask("GET", `${of(id)}/access`),
  logIn: id => ask("POST", `${of(id)}/login`),
  logOut: id => ask("POST", `${of(id)}/logout`),
  desk: id => ask("GET", `${of(id)}/desk`),
  page: (id, table, signal) => ask("GET", `${of(id)}/page?table=${encodeURIComponent(table)}`, undefined, signal),
  refetch: (id, table) => ask("POST", `${of(id)}/page`, { table }),
  convert: (id, table, { code, order }, signal) => ask("POST", `${of(id)}/convert`, { table, code, order }, signal),
  save: (id, table, code, version) => ask("PUT", `${of(id)}/code`, { table, code, version }),
  runs: (pipeline, before) => {
    const query = new URLSearchParams();
    if (pipeline) query.set("pipeline", pipeline);
    if (before) query.set("before", before);
    return ask("GET", `/api/runs?${query}`);
  },
  showRun: run => ask("GET", `/api/runs/${encodeURIComponent(run)}`),
  cancel: run => ask("POST", `/api/runs/${encodeURIComponent(run)}/cancel`),
};

/** What happens at the server: one stream for all views. */
export const events = new EventTarget();

const KINDS = ["run-started", "progress", "log", "run-ended", "pipelines-changed"];

/** How long to wait before the stream is asked for again, after an end that the browser takes for the last one. */
const AGAIN = 2000;

export function listen(connection) {
  let waiting = 0;
  let current = null;
  const open = (isFirst = false) => {
    clearTimeout(waiting);
    waiting = 0;
    current?.close();
    const source = current = new EventSource("/api/events");
    for (const kind of KINDS) {
      source.addEventListener(kind, event => {
        events.dispatchEvent(new CustomEvent(kind, { detail: JSON.parse(event.data) }));
      });
    }
    let isOpen = isFirst;
    source.addEventListener("open", () => {
      connection.textContent = "";
      // What happened meanwhile nobody has told.
      if (!isOpen) events.dispatchEvent(new CustomEvent("pipelines-changed", { detail: {} }));
      isOpen = true;
    });
    source.addEventListener("error", () => {
      isOpen = false;
      connection.textContent = "the server is away, trying again…";
      // Browsers try again by themselves, unless the server has answered something else, such as that there is no session.
      if (source.readyState === EventSource.CLOSED) waiting = setTimeout(reopen, AGAIN);
    });
  };
  const reopen = () => api.pipelines().then(() => open(), error => {
    connection.textContent = error.status === 401 ? "" : "the server is away, trying again…";
    if (error.status !== 401) waiting = setTimeout(reopen, AGAIN);
  });
  session.addEventListener("renewed", () => { if (connection.textContent || waiting) { clearTimeout(waiting); waiting = setTimeout(reopen, 0); } });
  open(true);
}
