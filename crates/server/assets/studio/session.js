// What happens when the server does not know this browser any more: the token is asked for in the page, so that nothing in it is lost.

import { h } from "./dom.js";

/** The dialog that is open, as a promise of whether there is a session again. */
let asking = null;
/** Whether somebody has closed it: it does not come back with the next key. */
let declined = false;

/** Hears `renewed`. */
export const session = new EventTarget();

async function isThere() {
  const answer = await fetch("/api/pipelines", { headers: { Accept: "application/json" } }).catch(() => null);
  return Boolean(answer) && answer.status !== 401;
}

/** Whether there is a session again; asks for the token where there is none. */
export function renew() {
  if (declined) return Promise.resolve(false);
  asking ??= ask().then(entered => {
    asking = null;
    declined = !entered;
    notice();
    if (entered) session.dispatchEvent(new Event("renewed"));
    return entered;
  });
  return asking;
}

/** Behind a dialog that was closed there is a way back to it. */
function notice() {
  const place = document.getElementById("session");
  const again = () => { declined = false; renew(); };
  place.replaceChildren(...(declined ? [h("button", { type: "button", onclick: again }, "The session has ended: enter the token")] : []));
}

async function enter(token) {
  const headers = { Accept: "application/json", "X-Pipeline": "1" };
  let answer;
  try {
    answer = await fetch("/login", { method: "POST", headers, body: new URLSearchParams({ token }) });
  } catch { return "the server does not answer"; }
  if (answer.ok) return null;
  const json = await answer.json().catch(() => null);
  return json?.error?.message ?? `the server answers ${answer.status}`;
}

function ask() {
  return new Promise(resolve => {
    const token = h("input", { id: "session-token", type: "password", autocomplete: "current-password", required: true });
    const problem = h("p.bad", { role: "alert" });
    const form = h("form", { onsubmit: async event => {
      event.preventDefault();
      problem.textContent = await enter(token.value) ?? "";
      if (!problem.textContent) dialog.close("entered");
    } }, h("label", { for: "session-token" }, "Token of this server"), token, problem,
      h("div.row", {}, h("button.main", {}, "Enter"), h("button", { type: "button", onclick: () => dialog.close("") }, "Not now")));
    const dialog = h("dialog", { "aria-label": "The session has ended" },
      h("h2", {}, "The session has ended"),
      h("p", {}, "The server was restarted, or half a day is over. Your edits are kept."), form);
    // Another tab may have entered it.
    const look = async () => { if (dialog.open && await isThere()) dialog.close("entered"); };
    addEventListener("focus", look);
    dialog.addEventListener("close", () => {
      removeEventListener("focus", look);
      resolve(dialog.returnValue === "entered");
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
    token.focus();
  });
}
