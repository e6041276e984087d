// Talks to the server; what it refuses is thrown with its words.

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
  if (answer.status === 401) location.assign("/login");
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
  convert: (id, table, code, signal) => ask("POST", `${of(id)}/convert`, { table, code }, signal),
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

export function listen(connection) {
  const source = new EventSource("/api/events");
  for (const kind of ["run-started", "progress", "log", "run-ended", "pipelines-changed"]) {
    source.addEventListener(kind, event => {
      events.dispatchEvent(new CustomEvent(kind, { detail: JSON.parse(event.data) }));
    });
  }
  source.addEventListener("open", () => { connection.textContent = ""; });
  source.addEventListener("error", () => { connection.textContent = "the server is away, trying again…"; });
}
