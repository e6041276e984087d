// Makes a program that differs smaller, as long as it differs in the same way.

import { difference } from './compare.mjs';
import { answers } from './node.mjs';
import { text } from './programs.mjs';
import { change, smaller } from './tree.mjs';

/** How many candidates are tried in all, and at a time. */
const MAX_TRIED = 800;
const BATCH = 8;

/** The smallest program and page found: `{ kind, mode, page, ours, node, code, body }`. */
export async function shrink({ tree, pages }, found, driver, helpers) {
  let best = { ...found, pages };
  let n_tried = 0;
  const mode = found.mode === 'only with optimizations' ? 'optimized' : 'plain';
  const differs = async candidates => {
    const asked = driver.ask(candidates.map(candidate => ({ ...candidate, mode })));
    const expected = candidates.map(({ code, pages }) => answers(code, pages, helpers));
    const all = await asked;
    n_tried += candidates.length;
    for (const [index, ours] of all.entries()) {
      const now = difference(candidates[index].code, ours, expected[index]);
      if (now !== null && now.kind === found.kind) return { index, now };
    }
    return null;
  };
  best = await fewerPages(text(tree), best, differs);
  let changed = false;
  for (let from = 0; n_tried < MAX_TRIED;) {
    const candidates = [];
    let number = 0;
    for (const code of smaller(tree)) {
      if (number++ < from) continue;
      candidates.push({ code: text(code), pages: best.pages });
      if (candidates.length === BATCH) break;
    }
    if (candidates.length === 0) {
      if (!changed) break;
      [changed, from] = [false, 0];
      continue;
    }
    const made = await differs(candidates);
    if (made === null) {
      from += candidates.length;
      continue;
    }
    change(tree, from + made.index);
    best = { ...best, ...made.now, mode: found.mode };
    changed = true;
    from = Math.max(0, from + made.index - 1);
  }
  best = await fewerPages(text(tree), best, differs);
  const { pages: left, ...rest } = best;
  return { ...rest, code: String(tree), body: left[rest.page], pages: left };
}

/** The same with one page if it differs there alone, and fewer records and members. */
async function fewerPages(code, best, differs) {
  const attempt = async pages => {
    const made = await differs([{ code, pages }]);
    if (made !== null) best = { ...best, ...made.now, mode: best.mode, pages };
    return made !== null;
  };
  await attempt([best.pages[best.page]]);
  for (let n = 0; n < best.pages.length; n++) {
    const parsed = JSON.parse(best.pages[n]);
    for (let item = parsed.items.length - 1; item >= 0 && parsed.items.length > 1; item--) {
      const items = parsed.items.filter((_, index) => index !== item);
      const pages = best.pages.with(n, JSON.stringify({ items }));
      if (await attempt(pages)) parsed.items = items;
    }
  }
  return best;
}
