// Classes, accessors and prototypes: fields, private names, static blocks, inheritance; accessors that change or delete
// themselves; prototypes that change between two reads at one place.

import { chance, many, oneOf, pick, weighted } from '../random.mjs';
import { E, S, T, list } from '../tree.mjs';

// Few names in each program, so that what changes one is likely to meet what reads it.
let names = [];
const name = () => pick(names);

const value = () => E`${pick(['1', '2', "'t'", 'null', 'r.n', 'r.s', 'n', 'l(3)', '[1, 2]', 'v => v * 2'])}`;

/** A change of an object or its prototype. */
function touch(target) {
  return weighted(
    [2, () => S`delete ${target}.${name()};`],
    [3, () => S`Object.defineProperty(${target}, '${name()}', ${descriptor()});`],
    [2, () => S`${target}.${name()} = ${value()};`],
    [1, () => S`Object.setPrototypeOf(${target}, ${pick(['null', 'pr', '{ a: 9, z: 8 }', 'Object.prototype'])});`],
    [1, () => S`Object.freeze(${target});`],
    [1, () => S`n++;`],
    [1, () => S`l('touch');`],
  );
}

function descriptor() {
  const flags = `configurable: ${chance(0.85)}, enumerable: ${chance(0.7)}`;
  return weighted(
    [4, () => T`{ value: ${value()}, writable: ${chance(0.7)}, ${flags} }`],
    [1, () => T`{ get() { return ${value()} }, ${flags} }`],
    [1, () => T`{ get: () => n, set(v) { n = v; l(v); }, ${flags} }`],
  );
}

/** A member of an object literal or a class body. */
function member(inClass) {
  const key = weighted([6, name], [1, () => `'${name()}'`], [1, () => `['${name()}']`], [1, () => `[l('${name()}')]`]);
  const end = inClass ? '' : ',';
  const before = inClass && chance(0.25) ? 'static ' : '';
  const own = inClass ? weighted([4, () => S`${before}${key} = ${value()};`], [1, () => S`${before}${key};`]) : S`${key}: ${value()},`;
  return weighted(
    [3, () => own],
    [2, () => S`${before}get ${key}() { ${many(0, 2, () => touch('this'))} return ${value()} }${end}`],
    [1, () => S`${before}set ${key}(v) { ${many(0, 1, () => touch('this'))} l(v); }${end}`],
    [2, () => S`${before}${key}(v) { ${many(0, 1, () => touch('this'))} return [this === t, v, ${value()}] }${end}`],
    [1, () => S`${before}*${key}() { yield ${value()}; yield this }${end}`],
    [1, () => S`get ${key}() { const f = x => x; Object.defineProperty(this, '${name()}', { value: f, writable: true, configurable: true }); return f }${end}`],
  );
}

/** A read, write or call at one place, for several rounds. */
function use(target) {
  const key = weighted([5, name], [1, () => `['${name()}']`]);
  const access = key.startsWith('[') ? `${target}${key}` : `${target}.${key}`;
  return weighted(
    [5, () => S`l(${access});`],
    [2, () => S`${access} = ${value()};`],
    [1, () => S`${access}++;`],
    [1, () => S`${access} += 1;`],
    [1, () => S`l(typeof ${access} === 'function' ? ${access}(1) : 'none');`],
    [1, () => S`try { l(${access}(${value()})) } catch (e) { l(e) }`],
    [1, () => S`l('${name()}' in ${target});`],
    [1, () => S`l(Object.keys(${target}).join());`],
    [1, () => S`{ const { ${name()}: z, ...y } = ${target}; l(z); l(Object.keys(y).join()); }`],
    [1, () => S`l(delete ${access});`],
    [1, () => S`l(Object.getOwnPropertyDescriptor(${target}, '${name()}') ? 'own' : 'not own');`],
    [1, () => S`for (const z in ${target}) l(z);`],
  );
}

/** Objects with a prototype, read at the same places again and again while something changes. */
function prototypes() {
  const literal = () => T`{ ${list(many(1, 4, () => member(false)), ' ')} }`;
  const plain = () => T`{ ${list(names.map(key => T`${key}: ${value()}`))} }`;
  const make = weighted(
    [4, () => S`const pr = ${plain()}, t = Object.create(pr);`],
    [2, () => S`class P { ${list(names.map(key => S`${key}() { return '${key}' }`), ' ')} } const pr = P.prototype, t = new P();`],
    [3, () => S`const pr = ${literal()}, t = Object.create(pr);`],
    [2, () => S`const pr = ${literal()}, t = ${literal()};`],
    [2, () => S`const pr = ${literal()}, t = { __proto__: pr, ${list(many(0, 2, () => member(false)), ' ')} };`],
    [2, () => S`const base = ${literal()}, pr = Object.create(base), t = Object.create(pr);`],
    [2, () => S`class P { ${list(many(1, 4, () => member(true)), ' ')} } const pr = P.prototype, t = new P();`],
    [1, () => S`function F() { this.${name()} = ${value()} } F.prototype.${name()} = ${value()}; F.prototype.${name()} = function (v) { return [this.a, v] }; const pr = F.prototype, t = new F();`],
  );
  const changes = list(many(1, 3, () => S`if (i === ${pick(['0', '1', '1', '2'])}) { ${touch(pick(['pr', 'pr', 't']))} }`), ' ');
  const uses = list(many(1, 4, () => S`try { ${use('t')} } catch (e) { l(e) }`), ' ');
  const order = chance(0.5) ? T`${uses} ${changes}` : T`${changes} ${uses}`;
  const rounds = T`for (let i = 0; i < 4; i++) { ${order} }`;
  return T`try { ${make} ${rounds} } catch (e) { l(e) }`;
}

/** The object lives for the whole page, the place of the read is in the loop over records. */
function lasting() {
  const literal = T`{ ${list(many(1, 4, () => member(false)), ' ')} }`;
  const made = oneOf(() => T`const t = ${literal}, pr = Object.prototype;`, () => T`class P { ${list(many(1, 4, () => member(true)), ' ')} } const pr = P.prototype, t = new P();`);
  const uses = list(many(1, 3, () => S`try { ${use('t')} } catch (e) { l(e) }`), ' ');
  return T`let n = 0, log = []; const l = x => (log.push(q(x)), x), r = {}; ${made} function convert(json) { const rows = []; for (const x of JSON.parse(json).items) { log = []; ${uses} rows.push({ id: x.id, t: log.join(' '), n: q(n) }) } return rows }`;
}

/** A class, perhaps with another above it, and what its instances show. */
function classes() {
  const privates = chance(0.6);
  const hidden = privates ? S`#p = ${value()}; #m(v) { return [this.#p, v] } get #g() { return this.#p } static #s = 1; has(v) { return #p in v } hidden() { this.#p = ${value()}; return [this.#m(1), this.#g] } static st() { return this.#s++ } bump() { return this.#p++ }` : '';
  const base = T`class B { ${list(many(0, 3, () => member(true)), ' ')} constructor(...v) { this.n = v.length; ${many(0, 2, () => touch('this'))} ${chance(0.2) ? S`return { other: 1 };` : ''} } who() { return 'B' + this.n } get g() { return 'gB' } static make(...v) { return new this(...v) } }`;
  const above = chance(0.6);
  const over = weighted(
    [3, () => S`who() { return 'T' + super.who() }`],
    [1, () => S`get g() { return 'T' + super.g } set g(v) { l(v) }`],
    [1, () => S`constructor(v) { super(v, ${value()}); this.v = v; l(new.target === T); }`],
    [1, () => S`constructor() { ${chance(0.3) ? 'l(1);' : ''} const f = () => super(); f(); this.z = super.who?.(); }`],
    [1, () => S`static make(v) { return super.make?.(v, 1) ?? v }`],
    [1, () => S`static { l(this.name); this.made = ${value()}; }`],
    [1, () => S`['who'] = () => this.n;`],
  );
  const derived = T`class T ${above ? 'extends B ' : ''}{ ${list(many(0, 3, () => member(true)), ' ')} ${above ? over : ''} ${hidden} }`;
  const shows = list(many(2, 5, () => S`try { ${weighted(
    [2, () => S`l(Object.keys(t).join());`],
    [1, () => S`l(t instanceof ${pick(['T', above ? 'B' : 'T', 'Object'])});`],
    [1, () => S`l(t.who?.());`],
    [1, () => S`l(t.g); t.g = 1;`],
    [1, () => S`l(T.name + T.length + typeof T);`],
    [1, () => S`l(T.made); l(Object.getOwnPropertyNames(T.prototype).join());`],
    [1, () => S`l(T.make?.(1, 2));`],
    [privates ? 3 : 0, () => S`${pick(['l(t.hidden());', 'l(t.has(t)); l(t.has({}));', 'l(T.st()); l(T.st());', 'l(t.bump()); l(t.bump());', 'l((0, t.hidden)());'])}`],
    [2, () => use('t')],
    [1, () => S`l(q({ ...t }));`],
    [1, () => S`l(T());`],
  )} } catch (e) { l(e) }`), ' ');
  return T`try { let t; const pr = {}; ${above ? base : ''} ${derived} t = new T(1, 2); ${shows} } catch (e) { l(e) }`;
}

/** Objects of the language with accessors and traps of their own. */
function special() {
  return weighted(
    [1, () => T`const t = new Proxy({ a: 1, b: 2 }, { get(x, k, s) { l(k); return Reflect.get(x, k, s) }, has(x, k) { l('has ' + q(k)); return k in x }, ownKeys(x) { l('keys'); return Reflect.ownKeys(x) }, deleteProperty(x, k) { l('delete'); return delete x[k] } }); for (let i = 0; i < 2; i++) { ${list(many(1, 3, () => S`try { ${use('t')} } catch (e) { l(e) }`), ' ')} }`],
    [1, () => T`const t = { get a() { return l('a'), 1 }, get b() { return l('b'), 2 }, [Symbol.toPrimitive](hint) { return hint === 'number' ? 7 : 't ' + hint }, toString() { return 's' }, valueOf() { return 8 } }; l(t + 1); l(t * 2); l(\`\${t}\`); l([t] + ''); l(t < 9); l(Object.assign({}, t)); l({ ...t, a: 3 }); l(JSON.stringify(t)); ${use('t')}`],
    [1, () => T`const t = [1, 2, 3]; ${list(many(2, 4, () => S`${pick(['t.length = 1;', 't[5] = 6;', 'delete t[0];', 'l(t.push(4)); ', 'l(t.splice(0, 1, 8, 9));', 'l(t.indexOf(undefined));', 'l(t.includes(undefined));', 'l(t.at(-1));', 'l(t.flat());', 'l(Object.keys(t).join());', 'for (const i in t) l(i);', 'l(t.concat([1, [2]]));', 'l(t.copyWithin(0, 1));', 'l(t.fill(7, 1));', 'l(t.reverse());', 'l(t.sort((x, y) => y - x));', 'l(t.toSorted());', 'l(t.with(0, 5));', 'l(t.findLast(x => x > 1));', 'l(t.reduceRight((x, y) => x + y));', "t.z = 1;", "Object.defineProperty(t, 1, { get: () => l('got') });", 'l(t.map(x => x));', 'l(t.join());'])}`), ' ')} l(t);`],
    [1, () => T`const t = new Map(r.list.map(x => [x.k, x.v])), u = new Set(r.a); for (const [k, v] of t) { l(k); if (t.size < 4) t.set(k + 10, v); ${pick(['', 't.delete(k);'])} } l(t); l(u); ${pick(['l([...t.keys()]);', 'u.forEach((x, y, z) => l(z === u));', 'l(t.get(NaN)); t.set(NaN, 1); l(t.get(NaN)); t.set(-0, 2); l([...t.keys()]);'])}`],
    [1, () => T`const s = Symbol('d'), t = { [s]: 1, a: 2, 1: 3, 0: 4, b: 5, '-1': 6 }; l(s.description); l(Object.keys(t).join()); l(Reflect.ownKeys(t).length); l(Object.entries(t)); ${use('t')} l(Object.fromEntries(Object.entries(t).reverse()));`],
    [1, () => T`const t = function (a, b) { arguments[0] = 9; return [a, arguments.length, typeof this] }; l(t(1, 2)); l(t.call(5, 1)); l(t.apply(null, [1])); l(t.bind({}, 3)(4)); l(t.length); l(t.name); l((function () { return arguments }).call(null, 1, 2).length); l((() => { 'use strict'; return (function () { return typeof this })() })());`],
  );
}

/** A whole program of one of these. */
export function objects() {
  names = pick([['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c'], ['a', 'b', 'c', 'x', 'y']]);
  if (chance(0.25)) return lasting();
  const body = weighted([4, prototypes], [4, classes], [2, special]);
  return T`let log = []; const l = x => (log.push(q(x)), x); function one(r) { let n = 0; ${body} } function convert(json) { return JSON.parse(json).items.map(r => { log = []; try { one(r) } catch (e) { l(e) } return { id: r.id, t: log.join(' ') } }) }`;
}
