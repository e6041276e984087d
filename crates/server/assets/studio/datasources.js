// Who we are to each server.

import { api, events } from "./api.js";
import { away, h, time, toast } from "./dom.js";

export async function datasources(place, _, signal) {
  const list = h("div.list");
  place.append(list);
  const refresh = async () => {
    const all = await api.pipelines();
    const access = await Promise.all(all.map(pipeline => api.access(pipeline.id).catch(error => ({ error: error.plain.trim() }))));
    if (signal.aborted) return;
    list.replaceChildren(h("header", {}, h("h1", {}, "Datasources")),
      ...all.map((pipeline, index) => [pipeline, access[index]]).sort(([, a], [, b]) => Boolean(a.error) - Boolean(b.error))
        .map(([pipeline, access]) => card(pipeline, access, refresh)),
      ...(all.length ? [] : [h("p.empty", {}, "There are no pipelines in this folder.")]));
  };
  events.addEventListener("pipelines-changed", () => refresh().catch(() => {}), { signal });
  await refresh();
}

function state(access) {
  if (access.error) return h("span.tag.bad", {}, "✕ cannot be used");
  if (access.kind === "none") return h("span.tag", {}, "no login needed");
  if (!access.loggedIn) return h("span.tag.warn", {}, "○ nobody has logged in");
  if (access.missingScopes?.length) return h("span.tag.warn", {}, "! scopes are missing");
  return h("span.tag.good", {}, "✓ logged in");
}

function card(pipeline, access, refresh) {
  const place = h("p", { role: "status" });
  const logIn = h("button.main", { type: "button", onclick: async () => {
    // Opened by the click itself, or the browser would take it for an advertisement.
    const tab = open("", "_blank");
    logIn.disabled = true;
    try {
      const { authorizeUrl } = await api.logIn(pipeline.id);
      if (tab) { tab.opener = null; tab.location = authorizeUrl; }
      place.replaceChildren("Waiting for the login in the other tab. If none has opened: ", h("a", { href: authorizeUrl, target: "_blank", rel: "noopener" }, "log in here"), ".");
    } catch (error) {
      tab?.close();
      place.textContent = error.message;
    } finally {
      logIn.disabled = false;
    }
  } }, access.loggedIn ? "Log in again" : "Log in");
  const logOut = h("button", { type: "button", onclick: async () => {
    try { await api.logOut(pipeline.id); await refresh(); } catch (error) { toast(error.message); }
  } }, "Log out");
  const isLogin = access.kind === "oauth2";
  return h("section.card", { "aria-label": pipeline.name },
    h("header", {}, h("h2", {}, pipeline.name), state(access), isLogin && h("div.tables-buttons", {}, logIn, access.stored && logOut)),
    h("div.content", {}, isLogin && h("dl.facts", {},
      h("dt", {}, "Server"), h("dd.mono", {}, access.server ?? "–"),
      h("dt", {}, "Account"), h("dd", {}, access.account ?? "not known yet"),
      h("dt", {}, "Access token"), h("dd", {}, access.expiresAt ? ["until ", time(access.expiresAt), ` (${away(access.expiresAt)}), `, access.renewable ? "renewed by itself" : "not renewable"] : access.renewable ? "renewed when it is needed" : "–"),
      h("dt", {}, "Scopes"), h("dd.mono", {}, access.scopes.join(" ") || "–"),
      access.missingScopes?.length > 0 && [h("dt", {}, "Missing"), h("dd.mono", {}, access.missingScopes.join(" "))]),
    access.error && h("details", {}, h("summary", {}, access.error.split("\n")[0]), h("pre", { style: "margin-top: 8px" }, access.error)), place));
}
