// Code that nobody has saved, with the text and the version of the file that it was begun on. It outlives a look at another view, a
// reload, a lost session, a crash of the browser and a restart of the server.

const PREFIX = "draft ";

/** What this tab knows, also where the browser keeps nothing. */
const own = new Map();
/** Drafts that the browser does not keep: leaving the page would lose them. */
const unkept = new Set();
addEventListener("beforeunload", event => { if (unkept.size) event.preventDefault(); });

/** Holds a name for as long as this tab lives, so that no other tab takes its drafts for left ones. */
function hold(tab) {
  // Outside secure origins nobody can tell which tabs live.
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise(resolve => {
    // The page of before a reload may not have let go of it yet.
    navigator.locks.request(`tab ${tab}`, { signal: AbortSignal.timeout(700) }, () => {
      resolve(true);
      return new Promise(() => {});
    }).catch(() => resolve(false));
  });
}

/** The name of this tab: that of before a reload, unless the tab is a copy of one that has it. */
async function nameTab() {
  let kept = null;
  try { kept = sessionStorage.getItem("tab"); } catch { /* A new name, then. */ }
  if (kept && await hold(kept)) return kept;
  const name = `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
  hold(name);
  try { sessionStorage.setItem("tab", name); } catch { /* After a reload its drafts are left ones. */ }
  return name;
}

const tab = nameTab();

/** Names a converter; with its file, for another server may have another pipeline of the same name at this address. */
export const keyOf = (place, id, table) => JSON.stringify([place, id, table]);

const nameOf = (key, tab) => `${PREFIX}${JSON.stringify([key, tab])}`;

/** All drafts that the browser keeps: their names, keys and tabs. */
function kept() {
  const found = [];
  try {
    for (let index = 0; index < localStorage.length; index += 1) {
      const name = localStorage.key(index);
      if (!name.startsWith(PREFIX)) continue;
      try {
        const [key, tab] = JSON.parse(name.slice(PREFIX.length));
        found.push({ name, key, tab });
      } catch { /* It is none of ours. */ }
    }
  } catch { /* Nothing is kept. */ }
  return found;
}

function read(name) {
  try {
    const draft = JSON.parse(localStorage.getItem(name));
    return typeof draft?.text === "string" && typeof draft.base === "string" ? draft : null;
  } catch { return null; }
}

async function living() {
  const held = await navigator.locks?.query().then(state => state.held, () => []);
  return new Set(held?.map(lock => lock.name));
}

/** The draft of a converter: this tab's, or else the newest of a tab that is gone, which is this tab's from now on. */
export async function take(key) {
  const here = await tab;
  const mine = own.get(key) ?? read(nameOf(key, here));
  if (mine) { own.set(key, mine); return mine; }
  const alive = await living();
  const left = kept().filter(found => found.key === key && !alive.has(`tab ${found.tab}`));
  const drafts = left.map(found => [found.name, read(found.name)]).filter(([, draft]) => draft);
  drafts.sort(([, a], [, b]) => (b.at ?? 0) - (a.at ?? 0));
  if (!drafts.length) return null;
  const [name, draft] = drafts[0];
  await keep(key, draft);
  if (!unkept.has(key)) try { localStorage.removeItem(name); } catch { /* It is found once more. */ }
  return draft;
}

/** Keeps `{ text, version, base }`: the code, and the version and text that it was begun on. */
export async function keep(key, draft) {
  own.set(key, { ...draft, at: Date.now() });
  const here = await tab;
  // It may have been saved since.
  const newest = own.get(key);
  if (!newest) return;
  try {
    localStorage.setItem(nameOf(key, here), JSON.stringify(newest));
    unkept.delete(key);
  } catch { unkept.add(key); }
}

export async function drop(key) {
  own.delete(key);
  unkept.delete(key);
  try { localStorage.removeItem(nameOf(key, await tab)); } catch { /* It was never kept. */ }
}

/** The pipelines with code that nobody has saved. */
export function unsaved() {
  const keys = new Set([...own.keys(), ...kept().map(found => found.key)]);
  return new Set([...keys].map(key => { try { return JSON.parse(key)[1]; } catch { return null; } }));
}
