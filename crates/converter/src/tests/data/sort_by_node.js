// What `sort` and `toSorted` make of many comparators: for each case the order, the number of calls and what was thrown.
let calls = 0, seed = 1, list = null;
const chance = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
const nothing = value => value === undefined || value === null;
const COMPARATORS = [
  (a, b) => a.v - b.v,
  (a, b) => b.v - a.v,
  (a, b) => a.v > b.v,
  (a, b) => (a.v > b.v ? 1 : -1),
  (a, b) => (a.v < b.v ? -1 : a.v > b.v ? 1 : 0),
  (a, b) => (a.v >= b.v ? -1 : 1),
  (a, b) => (a.due > b.due ? 1 : a.due < b.due ? -1 : 0),
  (a, b) => new Date(a.due ?? NaN) - new Date(b.due ?? NaN),
  (a, b) => a.points - b.points,
  () => chance() - 0.5,
  () => 0,
  () => 1,
  () => -1,
  () => NaN,
  () => {},
  (a, b) => String(a.v - b.v),
  (a, b) => ({ valueOf: () => a.v - b.v }),
  (a, b) => [a.v % 3 - b.v % 3],
  (a, b) => Math.sin(a.v * b.v + a.i),
  () => calls % 5 - 2,
  (a, b) => a.v - b.v || null,
  (a, b) => (calls % 40 < 30 ? a.v - b.v : b.v - a.v),
  (a, b) => (a.i % 7 === 0 ? 0 : a.v - b.v),
  (a, b) => (a.v === b.v ? a.i - b.i : a.v % 2 ? 1 : -1),
  (a, b) => (a.v - b.v) * Infinity,
  () => 1n,
  () => Symbol('x'),
  (a, b) => { if (calls === 9) throw new RangeError('nine'); return a.v - b.v },
  (a, b) => { if (calls === 60) throw 'sixty'; return b.v - a.v },
  (a, b) => { if (calls % 10 === 3 && list.push) list.push({ v: -calls, i: 5000 + calls }); return a.v - b.v },
  (a, b) => { if (calls === 5) list.length = 2; return a.v - b.v },
  (a, b) => { list[0] = a; return b.v - a.v },
  undefined,
  null,
  'text',
];
const PATTERNS = [
  () => Math.floor(chance() * 1e6),
  i => i,
  (i, n) => n - i,
  () => Math.floor(chance() * 4),
  i => i % 17,
  (i, n) => Math.min(i, n - i),
  (i, n) => (i < n - 5 ? i : Math.floor(chance() * n)),
  i => (i % 50 === 0 ? Math.floor(chance() * 1000) : i),
  i => ~~(i / 30) % 2 ? -i : i,
];
function items(n, pattern) {
  return Array.from({ length: n }, (_, i) => ({
    v: PATTERNS[pattern](i, n), i, due: i % 4 === 1 ? null : `2024-0${1 + Math.floor(chance() * 9)}-11`, points: i % 5 === 2 ? undefined : i % 7 === 3 ? 'x' : Math.floor(chance() * 9),
    toString() { return 'v' + this.v },
  }));
}
const FORMS = {
  sort: all => [list = all, () => list.sort],
  sorted: all => [list = all, () => list.toSorted],
  holes: all => { list = all; for (let i = 0; i < all.length; i += 3) i % 2 ? delete list[i] : list[i] = undefined; return [list, () => list.sort] },
  holesSorted: all => { list = all; for (let i = 1; i < all.length; i += 4) delete list[i]; return [list, () => list.toSorted] },
  like: all => [list = { length: all.length, ...all }, () => Array.prototype.sort],
  likeSorted: all => [list = { length: String(all.length), ...all }, () => Array.prototype.toSorted],
  frozen: all => [list = Object.freeze(all), () => list.sort],
  texts: all => [list = all.map(item => item.i % 3 ? String(item.v) : item.i % 2 ? item.v : item.i % 5 ? null : true), () => list.sort],
  numbers: all => [list = all.map(item => item.v - 100), () => list.sort],
  strange: all => [list = all.map(item => item.i % 6 === 5 ? Symbol('s') : item.v), () => list.sort],
};
const TYPED = { Int8Array, Float64Array, Float32Array, Uint16Array, BigInt64Array };
const TYPED_COMPARATORS = [
  (a, b) => Number(a) - Number(b), (a, b) => Number(b) - Number(a), (a, b) => a > b, (a, b) => (a < b ? -1 : 1), () => 0, () => NaN, () => chance() - 0.5, () => -1, () => 1,
  (a, b) => (Number(a) % 3) - (Number(b) % 3), () => { if (calls === 7) throw new TypeError('seven'); return 1 }, () => 1n, undefined, null, (a, b) => -0, (a, b) => String(Number(a) - Number(b)),
];
const code = item => {
  switch (typeof item) {
    case 'undefined': return -1;
    case 'object': return item === null ? -2 : item.i;
    case 'symbol': return -3;
    case 'number': return item !== item ? -5 : Object.is(item, -0) ? -4 : item * 8;
    case 'string': return Number(item) + 0.5;
    default: return Number(item) + 0.125;
  }
};
function sum(list) {
  let hash = 7;
  for (let i = 0; i < Math.min(list.length, 4000); i++) hash = (hash * 31 + (i in list ? code(list[i]) : -6)) % 1000003;
  return `${list.length}:${hash}`;
}
function answer({ c, n, p, f }) {
  calls = 0;
  seed = 1 + c * 131 + n * 17 + p;
  list = null;
  const all = items(n, p);
  const is = f in TYPED;
  const made = is ? [list = TYPED[f].from(all, ({ v, i }) => f === 'BigInt64Array' ? BigInt(v) : f === 'Float64Array' && i % 6 === 1 ? [NaN, -0, 0, v / 7][i % 4] : v), () => p % 2 ? list.toSorted : list.sort] : FORMS[f](all);
  const given = (is ? TYPED_COMPARATORS : COMPARATORS)[c];
  const comparator = typeof given === 'function' ? (...both) => { calls++; return given(...both) } : given;
  let said = '';
  try {
    const sorted = made[1]().call(made[0], comparator);
    said = sorted === made[0] ? 'same ' : `${sum(sorted)} `;
  } catch (error) { said = `${error.name ?? error} ` }
  return said + `${calls} ${sum(made[0])}`;
}
function convert(json) {
  return JSON.parse(json).cases.map(one => ({ answer: answer(one) }));
}
