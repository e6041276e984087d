// Converters whose columns are plain members of a record, which is what the product reads without the script, and what it has
// to notice that makes them something else.

import { chance, many, pick, shuffled, weighted } from '../random.mjs';
import { E, S, T, list } from '../tree.mjs';

const WAYS = ['id', 'n', 's', 'b', 'key', 'o.p', 'o.q', 'o?.p', 'owner?.name', 'owner?.team?.lead', 'owner?.team.lead', 'missing', 'missing?.x', "['s']", "o['q']", 'created', 'extra', 'a', 'list', 'o', 'owner', 'owner?.team', 'a.length', 's.length', 'a[0]', 'list[0].v', 'toString', 'constructor'];
const way = of => {
  const path = weighted([7, () => pick(WAYS.slice(0, 15))], [2, () => pick(WAYS)]);
  return path.startsWith('[') ? `${of}${path}` : `${of}.${path}`;
};

/** A cell that only the script can make. */
const made = of => weighted(
  [3, () => E`q(${way(of)})`],
  [1, () => E`${way(of)} ?? 'none'`],
  [1, () => E`String(${way(of)})`],
  [1, () => E`${of}.a?.map?.(x => q(x)).join('|')`],
  [1, () => E`q(${of}.o) + q(${of}.list)`],
  [1, () => E`typeof ${way(of)}`],
  [1, () => E`Object.keys(${of}.o ?? {}).join()`],
  [1, () => E`\`\${${of}.id}-\${${of}.s}\``],
);

/** Declarations before the row, and the names of columns that they make. */
function declarations(of) {
  const name = pick(['label', 'z', 'n', 'id']);
  const other = pick(['w', 'key', 'other']);
  return weighted(
    [8, () => ({ text: '', names: [] })],
    [2, () => ({ text: S`const ${name} = ${way(of)};`, names: [name] })],
    [2, () => ({ text: S`var ${name} = ${other}; var ${other} = ${way(of)};`, names: [name, other] })],
    [1, () => ({ text: S`var ${name} = ${other}?.p, ${other} = ${of}.o;`, names: [name] })],
    [1, () => ({ text: S`var ${name} = ${way(of)}; var ${name} = ${way(of)};`, names: [name] })],
    [1, () => ({ text: S`let ${name} = ${way(of)}; ${name} = 1;`, names: [name] })],
    [1, () => ({ text: S`const { ${name}, o: { p: ${other} = 0 } = {} } = ${of};`, names: [name, other] })],
    [1, () => ({ text: S`const ${name} = ${of}.o ?? {}, ${other} = ${name}.p;`, names: [other] })],
    [1, () => ({ text: S`function ${name}() {} var ${name};`, names: [`typeof ${name}`] })],
    [1, () => ({ text: S`var ${name} = () => ${other}, ${other} = ${way(of)};`, names: [`${name}()`] })],
    [1, () => ({ text: S`if (${of}.b) var ${name} = ${way(of)};`, names: [name] })],
  );
}

/** What stands at the top level, or in `convert` before its result. */
function surroundings() {
  return weighted(
    [10, () => ''],
    [1, () => S`Object.defineProperty(Object.prototype, '${pick(['who', 's', 'extra', 'key', 'missing'])}', { ${pick(["get() { return this.owner ? this.owner.name : 'nobody' }", "get() { return typeof this }", "value: 'proto', writable: true", "value: 'fixed'", "get() { return this.id }, set(v) { this.n = v }"])}, configurable: true });`],
    [1, () => S`Object.prototype.${pick(['who', 'extra', 'missing'])} = ${pick(["'inherited'", 'function () { return this.id }', 'null'])};`],
    [1, () => S`Object.prototype.__define${pick(['Getter', 'Setter'])}__('${pick(['extra', 'missing', 'who'])}', function (v) { ${pick(["this.key = v + '!';", '', 'this.n = 1;'])} return this.id });`],
    [1, () => S`Array.prototype.${pick(['first', 'map2'])} = function () { return this[0] };`],
    [1, () => S`const count = { n: 0 };`],
    [1, () => S`String.prototype.shout = function () { return this.toUpperCase() };`],
    [1, () => S`Array.prototype.map = function (f) { const out = []; for (let i = this.length - 1; i >= 0; i--) out.push(f(this[i], i, this)); return out };`],
    [1, () => S`JSON.parse = (parse => (...x) => { const page = parse(...x); page.items?.pop?.(); return page })(JSON.parse);`],
    [1, () => S`let counter = 0; const next = () => counter++;`],
  );
}

/** What is done to the records first. */
const changes = () => weighted(
  [8, () => ''],
  [1, () => S`items.forEach(r => { r.${pick(['s', 'extra', 'who', 'n'])} = ${pick(['r.id', "'new'", 'r.o', 'undefined'])}; });`],
  [1, () => S`for (const r of items) delete r.${pick(['s', 'n', 'o'])};`],
  [1, () => S`items.sort((x, y) => y.id - x.id);`],
  [1, () => S`items.push({ id: 99, s: 'added' });`],
  [1, () => S`items[0] = { ...items[0], s: 'copied' };`],
  [1, () => S`Object.assign(items[0], { key: 'assigned' });`],
  [1, () => S`items[1].o = items[0].o; if (items[0].o) items[0].o.p = 'shared';`],
  [1, () => S`items.length = 2;`],
  [1, () => S`Object.setPrototypeOf(items[0], { missing: 'from a prototype' });`],
  [1, () => S`Object.freeze(items[0]); items[0].s = 'frozen';`],
);

function row(of, names) {
  // Any one of the rarer members makes all columns the script's.
  const rare = chance(0.25) ? 1 : 0;
  const columns = many(1, 5, n => weighted(
    [6, () => T`c${n}: ${way(of)}`],
    [2, () => T`m${n}: ${made(of)}`],
    [1, () => T`'c ${n}': ${way(of)}`],
    [rare, () => T`get g${n}() { return ${way(of)} }`],
    [rare, () => T`['k' + ${n}]: ${way(of)}`],
    [rare, () => T`...${of}.o`],
    [rare, () => T`j${n}: JSON.stringify(${of}.o)`],
    [0.4, () => T`who: ${of}.who`],
    [rare, () => T`c0: ${way(of)}`],
  ));
  return T`{ ${list(shuffled([T`id: ${of}.id`, ...columns, ...names.map((name, n) => T`d${n}: q(${name})`), ...names.filter(name => /^\w+$/.test(name) && chance(0.5)).map(name => T`${name}`)]))} }`;
}

/** A program of this grammar. */
export function columns() {
  const { text, names } = declarations('r');
  const body = row('r', names);
  const around = surroundings();
  const parameter = pick(['r', 'r', 'r', '(r, i)', '(r = {})']);
  const callback = text === ''
    ? weighted([4, () => T`${parameter} => (${body})`], [1, () => T`function (r) { return ${body} }`], [1, () => T`${parameter} => { return ${body}; }`])
    : T`${parameter} => { ${text} return ${body} }`;
  const destructured = () => T`({ ${list(['id', 's', 'o: { p, ...o } = {}', 'owner', '...rest'])} }) => ({ ${list(['id', 's', 'p', 'name: owner?.name', 'o: q(o)', 'rest: q(rest)'])} })`;
  const shown = chance(0.05) ? destructured() : callback;
  return weighted(
    [4, () => T`${around} function convert(json) { return JSON.parse(json).items.map(${shown}) }`],
    [2, () => T`${around} const convert = json => JSON.parse(json).items.map(${shown});`],
    [2, () => T`${around} function convert(json) { const page = JSON.parse(json), items = page.items; ${changes()} return items.map(${shown}) }`],
    [2, () => T`function convert(json) { const { items } = JSON.parse(json); ${around} ${changes()} return items.map(${shown}) }`],
    [1, () => T`${around} function convert(json) { const page = JSON.parse(json); return page.items.${pick(['filter(x => x.b)', 'slice(1)', "filter(x => x.owner)", 'slice().reverse()'])}.map(${shown}) }`],
    [1, () => T`${around} function convert(json) { var items = page?.items; var page = JSON.parse(json); return (items ?? page.items).map(${shown}) }`],
    [1, () => T`${around} function convert(json) { return JSON.parse(json).items.flatMap(r => r.list.map(x => ({ id: r.id, k: x.k, v: x.v, x: x.w?.x, s: r.s }))) }`],
    [1, () => T`${around} let seen = 0; function convert(json, metadata) { const rows = JSON.parse(json).items.map(${shown}); seen += rows.length; rows.push({ id: seen, page: metadata.page }); return rows }`],
    [1, () => T`${around} function convert(json) { const rows = []; const items = JSON.parse(json).items; ${changes()} for (const r of items) { ${text} rows.push(${body}) } return rows }`],
    [1, () => T`${around} function convert(json) { return JSON.parse(json).items }`],
    [1, () => T`${around} const cache = {}; function convert(json) { return JSON.parse(json).items.map(r => { cache[r.key] ??= r.s; return { id: r.id, n: Object.keys(cache).length, c: cache[r.key] } }) }`],
  );
}
