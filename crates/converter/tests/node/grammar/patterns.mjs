// Patterns: of objects and arrays, nested, with rest, defaults and computed keys, wherever a pattern can stand.

import { chance, many, oneOf, pick, shuffled, weighted } from '../random.mjs';
import { E, S, T, list } from '../tree.mjs';
import { withTools } from './core.mjs';

const KEYS = ['p', 'q', 'n', 's', 'o', 'a', 'id', 'key', 'owner', 'list', 'missing'];

let n_names = 0;
const fresh = () => `x${n_names++}`;

/** What a pattern takes apart. */
const SOURCES = [
  'r', 'r.o', 'r.owner ?? {}', 'r.list[0]', '{ p: 1, q: { p: 2, q: [3, 4], s: null }, a: [5, { p: 6, q: 7 }], n: undefined }',
  '{ ...r, p: { q: r.n, s: r.s }, q: [r.id, r.o] }', 'Object.create({ p: 8 }, { q: { value: 9, enumerable: true }, s: { value: 1 } })',
  '{ get p() { return l("get p"), { q: 1, n: 2 } }, get q() { return l("get q"), [1, 2] }, id: 3 }',
];
const ARRAYS = ['r.a', '[1, [2, 3], { p: 4, q: 5 }]', "'ab'", 'it([1, 2, 3], "i")', 'gen("g")', 'r.list', 'new Map([[1, { p: 2 }]])', '[undefined, null, r.o]'];

const value = () => weighted(
  [2, () => E`${pick(['1', "'d'", 'null', '[]', '{}', 'r.id', 'r.s'])}`],
  [2, () => E`l(${pick(['1', "'d'", 'r.n'])})`],
);

/** How a name is bound: `declare` makes names, an assignment uses what can be assigned to. */
const declare = names => ({
  target: () => {
    const name = fresh();
    names.push(name);
    return name;
  },
  nested: depth => pattern(declare(names), depth),
});
const assign = targets => ({
  target: () => pick(targets),
  nested: depth => pattern(assign(targets), depth),
});

function pattern(how, depth) {
  return chance(0.7) ? object(how, depth) : array(how, depth);
}

function object(how, depth) {
  const keys = shuffled(KEYS).slice(0, pick([1, 1, 2, 2, 3, 4]));
  const members = keys.map(key => {
    const name = weighted(
      [5, () => key],
      [1, () => `'${key}'`],
      [1, () => T`[${E`l('${key}')`}]`],
      [1, () => `[${pick(["'p'", "'q'", 'k', 'k + ""', '`n`'])}]`],
      [1, () => pick(['0', '1'])],
    );
    const inner = depth > 0 && chance(0.45) ? how.nested(depth - 1) : how.target();
    // Where a member may be missing, only a default keeps a nested pattern from an error.
    const usual = typeof inner === 'string' ? 0.3 : 0.6;
    const fallback = typeof inner === 'string' ? value() : E`${pick(['{}', '[]', '{ p: 1, q: [2] }', "'ab'", '[{ p: 1 }]'])}`;
    return chance(usual) ? T`${name}: ${inner} = ${fallback}` : T`${name}: ${inner}`;
  });
  const rest = chance(0.5) ? [T`...${how.target()}`] : [];
  return T`{ ${list([...members, ...rest])} }`;
}

function array(how, depth) {
  const items = many(0, 3, () => weighted(
    [5, () => T`${how.target()}${chance(0.3) ? T` = ${value()}` : ''}`],
    [2, () => (depth > 0 ? T`${how.nested(depth - 1)} = ${pick(['{}', '[]', "'ab'"])}` : T`${how.target()}`)],
    [1, () => ''],
  ));
  const rest = chance(0.4) ? [T`...${chance(0.3) && depth > 0 ? how.nested(0) : how.target()}`] : [];
  const all = [...items, ...rest];
  return all.length === 1 && all[0] === '' ? T`[,]` : T`[${list(all)}]`;
}

const sourceOf = made => (String(made).startsWith('{') ? pick(SOURCES) : pick(ARRAYS));
const shown = names => list(names.map((name, index) => E`'${index}', ${name}`));

/** One use of a pattern: statements that end in `v = […]` of all that was bound. */
function use() {
  const names = [];
  const how = declare(names);
  const depth = pick([0, 1, 1, 2, 3]);
  const made = pattern(how, depth);
  const source = sourceOf(made);
  const result = () => T`v = [${shown(names)}];`;
  return weighted(
    [4, () => S`${pick(['const', 'let', 'var'])} ${made} = ${source}; ${result()}`],
    [4, () => S`v = ((${made}) => [${shown(names)}])(${source});`],
    [2, () => S`v = ((${made} = ${source}, ...z) => [${shown(names)}, z.length])(${pick(['', source, 'undefined', `${source}, 1`])});`],
    [2, () => S`v = (function (a0, ${made}) { return [${shown(names)}, arguments.length] })(0, ${source});`],
    [1, () => S`v = [...(function* (${made}) { yield* [${shown(names)}] })(${source})];`],
    [1, () => S`v = new (class { constructor(${made}) { this.z = [${shown(names)}] } })(${source}).z;`],
    [1, () => S`v = ({ m(${made}) { return [${shown(names)}] } }).m(${source});`],
    [1, () => S`({ set z(${made}) { v = [${shown(names)}] } }).z = ${source};`],
    [2, () => S`for (const ${made} of [${source}, ${source}]) { ${result()} l(v); }`],
    [1, () => S`for (let ${made} = ${source}, z = 0; z < 2; z++) { ${result()} }`],
    [1, () => S`try { throw ${source} } catch (${made}) { ${result()} }`],
    [2, () => S`v = [${source}, ${source}].map((${made}) => [${shown(names)}]);`],
    [1, () => S`v = [${source}].map(async (${made}) => [${shown(names)}]).length;`],
    [1, () => S`for (const z in ${pick(['r.o', '{ ab: 1 }'])}) { const [${fresh()}, ...y] = z; v = y; }`],
    [5, () => assignment(depth)],
    [1, () => S`v = [((${made}) => { var ${names[0] ?? 'z'}; return [${shown(names)}] })(${source})];`],
    [1, () => S`v = [((${made}, z = () => [${shown(names)}]) => { ${names.length > 0 ? `var ${names[0]} = 'body';` : ''} return z() })(${source})];`],
  );
}

function assignment(depth) {
  const targets = ['x', 'y', 'z', 'o.p', 'o.q', "o['n']", 'a[0]', 'a[1]', 'o.inner.p', 'l(o).s'];
  const how = assign(targets);
  const made = pattern(how, depth);
  const source = sourceOf(made);
  const all = 'v = [x, y, z, o, a];';
  return weighted(
    [4, () => S`(${made} = ${source}); ${all}`],
    [1, () => S`const same = (${made} = ${source}); ${all} v.push(typeof same);`],
    [2, () => S`for (${made} of [${source}, ${source}]) l(x); ${all}`],
    [1, () => S`[${pattern(how, 0)} = ${source}, ${pick(targets)}] = [undefined, 1]; ${all}`],
    [1, () => S`v = (() => { (${made} = ${source}); return [x, y, z, o, a] })();`],
    [1, () => S`v = items.map(({ id }) => ((${made} = ${source}), id)); ${all}`],
  );
}

/** A whole program whose rows come through patterns. */
export function patterns() {
  n_names = 0;
  const names = [];
  const inMap = declare(names);
  return withTools(oneOf(
    () => {
      const uses = many(1, 3, () => S`{ ${use()} out.push(v); }`);
      return T`function convert(json) { const items = JSON.parse(json).items; return items.map(r => { log = []; const out = [], k = 'p'; let v, x = 0, y = 1, z = 2; const o = { inner: {} }, a = [7, 8]; try { ${list(uses, ' ')} } catch (e) { out.push(e) } return { id: r.id, v: q(out), t: log.join(' ') } }) }`;
    },
    () => {
      const made = object(inMap, pick([1, 2]));
      const rest = fresh();
      const key = pick(['k', "'s'", '`${k}`']);
      const inner = T`{ id: ${fresh()}, ...${rest} }`;
      return T`const k = '${pick(KEYS)}'; function convert(json) { const rows = []; for (const r of JSON.parse(json).items) { const all = (${made}) => q([${shown(names)}]); const some = (${inner}) => q(${rest}); const [one] = [r].map(({ id, [${key}]: n = 'none' }) => q([id, n])); let v; try { v = all(r) } catch (e) { v = q(e) } rows.push({ id: r.id, v, w: some(r), one }) } return rows }`;
    },
    () => {
      const made = object(inMap, pick([1, 2]));
      return T`const k = '${pick(KEYS)}'; const convert = json => JSON.parse(json).items.map((${made}) => ({ ${list(names.map(name => T`${name}: q(${name})`))} }));`;
    },
  ));
}
