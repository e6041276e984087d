// Random choices that a seed repeats.

let state = 1;

/** Begins the sequence of a seed. */
export function seed(number) {
  state = number >>> 0;
  for (let n = 0; n < 4; n++) next();
}

// mulberry32: one 32-bit word of state, so that neighbouring seeds are far apart after a few steps.
function next() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

/** A whole number from 0 below `end`. */
export const below = end => Math.floor(next() * end);

/** True with this probability. */
export const chance = probability => next() < probability;

/** One of the items. */
export const pick = items => items[below(items.length)];

/** The result of one of the functions. */
export const oneOf = (...functions) => pick(functions)();

/** The result of one of `[weight, function]`. */
export function weighted(...choices) {
  const total = choices.reduce((sum, [weight]) => sum + weight, 0);
  let at = next() * total;
  for (const [weight, make] of choices) {
    at -= weight;
    if (at < 0) return make();
  }
  return choices.at(-1)[1]();
}

/** From `from` to `to` results. */
export const many = (from, to, make) => Array.from({ length: from + below(to - from + 1) }, (_, n) => make(n));

/** The items in another order. */
export function shuffled(items) {
  const left = [...items];
  const order = [];
  while (left.length > 0) order.push(...left.splice(below(left.length), 1));
  return order;
}
