// What is a syntax error and what is not, hoisting, names before they have a value, strict mode, automatic semicolons.

import { chance, many, pick, weighted } from '../random.mjs';
import { E, S, T, list } from '../tree.mjs';

const NAMES = ['a', 'b', 'rows', 'r'];
const name = () => pick(NAMES);

/** A declaration, which may be the second of its name. */
const declare = of => weighted(
  [3, () => S`${pick(['let', 'const', 'var', 'var'])} ${of} = ${pick(['1', '2', "'t'", '[3]', `l(${of === 'a' ? 'typeof b' : 'typeof a'})`])};`],
  [1, () => S`function ${of}() { return 'f' }`],
  [1, () => S`class ${of} { static z = 5 }`],
  [1, () => S`let ${of};`],
  [1, () => S`var ${of};`],
  [1, () => S`const { ${of} = 1 } = {};`],
  [1, () => S`for (var ${of} of [8, 9]) l(${of});`],
  [1, () => S`{ function ${of}() { return 'inner' } }`],
  [1, () => S`try { throw 1 } catch (${of}) { ${pick(['var', 'let', 'l;'])} ${of} = 2; }`],
);

function duplicates() {
  const declarations = many(1, 3, () => {
    const of = name();
    return chance(0.45) ? S`${declare(of)} ${declare(of)}` : declare(of);
  });
  const uses = list(many(1, 3, () => S`try { l(typeof ${name()} === 'function' ? 'function' : ${name()}); } catch (e) { l(e) }`), ' ');
  const body = chance(0.5) ? T`${list(declarations, ' ')} ${uses}` : T`${uses} ${list(declarations, ' ')} ${uses}`;
  return weighted(
    [3, () => T`(function () { ${body} })();`],
    [1, () => T`(() => { ${body} })();`],
    [1, () => T`(function (${name()}, ${name()}) { ${body} })(5, 6);`],
    [1, () => T`((${name()}) => { ${body} })(5);`],
    [1, () => T`{ ${body} }`],
    [1, () => T`switch (1) { case 0: ${declare(name())} case 1: ${body} }`],
    [1, () => T`for (let ${name()} = 0, z = 0; z < 1; z++) { ${body} }`],
    [1, () => T`({ m(${name()}) { ${body} } }).m(4);`],
    [1, () => T`[...(function* () { ${body} })()];`],
    [1, () => T`new (class { constructor() { ${body} } })();`],
    [1, () => T`(class { static { ${body} } });`],
  );
}

/** Names that are read or written before they have a value. */
const dead = () => S`try { ${pick([
  'l(a); let a = 1;', 'a = 1; let a;', 'let a = (a = 5, 1); l(a);', 'let [a, b = a] = [1]; l(b);', 'let [a = b, b] = []; l(a);', 'const f = () => a; let a = 2; l(f());', 'const f = () => a; l(f()); let a = 2;',
  'l(typeof a); let a;', 'l(typeof undeclared);', 'let { a } = { a: a };', 'switch (1) { case 0: let a; case 1: l(a); }', 'switch (1) { case 0: let a = 1; break; case 1: a = 2; l(a); }', 'class C { static x = C.name } l(C.x);', 'class D extends D {}', 'for (let a of [a]) l(a);', 'const a = 1; a = 2;',
  'const a = 1; a++;', 'const a = { p: 1 }; a.p++; l(a.p);', '(function (a, b = () => a) { var a = 5; l([a, b()]) })(1);', '(function (a = b, b) { l(a) })();', '(function (a, b = a) { l(b) })(3);', '(function (b, a = () => b++) { a(); l(b) })(3);', '[a] = [1]; let a;', '({ a } = { a: 1 }); let a;', 'let a = ([a] = [2]) && 1; l(a);', 'for (const a of [1, 2]) { l(a); a = 3; }', 'for (let i = 0; i < 3; i++) { let j = i; setTimeoutLike.push(() => l(i + j)) }',
  'undeclared = 5; l(undeclared); delete globalThis.undeclared;', "(function () { 'use strict'; undeclared2 = 5; })();", 'l(g()); function g() { return 1 } { function g() { return 2 } } l(g());', 'l(typeof h); { function h() {} } l(typeof h);', 'if (true) function k() { return 3 } l(k());', 'var v = 1; { var v; l(v) } l(v);', "(function () { 'use strict'; l(this) })(); (function () { l(typeof this) })();", "'use strict'; l(typeof this);",
  'l((function f() { f = 1; return typeof f })());', "(function f() { 'use strict'; f = 1 })();", 'l(eval("1 + 1"));', 'let a = 1; eval("var b = a + 1; l(b)");', 'l(new Function("x", "return x * 2")(4));', 'var arguments_ = (function () { return arguments.length })(1, 2); l(arguments_);', '(function (a) { arguments[0] = 7; l(a) })(1);', "(function (a) { 'use strict'; arguments[0] = 7; l(a) })(1);", '(function (a, b = 1) { arguments[0] = 7; l(a) })(1);', 'label: { l(1); break label; l(2) }', 'a: b: for (;;) { break a }', 'l(void 0); l(null ?? 1); l(0 || null ?? 1);',
  'l(((a, b) => a + b).length); l((function (a, b = 1, c) {}).length); l(((...a) => a).length);', 'with ({ p: 1 }) { l(p) }', 'with (r) { l(id); l(typeof n) }', 'l(delete r.nothing); l(delete 1);', 'l([] + {}); l(+[]); l(1 < 2 < 3); l(3 > 2 > 1);', 'do l(1); while (0) l(2);', 'l(((x) => { x\n++\nx; return x })(1));', 'l((() => { return\n1 })());', 'var let_ = 1; l(let_); var async = 2; l(async); var of = 3; l(of); var get = 4; l(get);', 'l(async => async); l((async)(1));', 'l(010); l("\\07"); l(0o17); l(08);', "(function () { 'use strict'; l(010) })();", 'l(1_000); l(.5.toFixed()); l(5..toString());', 'l(`a${`b${1}`}`);', 'l(/[/]/.test("/")); l(4 / 2 / 1);', 'x: y: l(1);', 'l(new.target);', 'l((function () { return new.target })());', 'l(super_); var super_;', 'l({ __proto__: null } instanceof Object); l({ "__proto__": { z: 1 } }.z);', 'l({ a: 1, a: 2 }.a);', "({ __proto__: null, __proto__: null });", 'l(((a, a) => 1)(1));', 'l((function (a, a) { return a })(1, 2));', 'l(typeof null); l(typeof (() => 1)); l(typeof class {});', 'if (0) ; else l(1);', 'for (var i = 0 in {}) l(i);', 'l(!function () { return 0 }());', 'l(a?.b); var a; l(a?.[0]); l(a?.()); l(a?.b.c.d);', 'l(new Date?.(0));', 'l(1 ** -1); l((-2) ** 2);', 'l(-2 ** 2);', 'l("\\u{1F600}".length); l("a\\\nb");', 'l(<!-- 1\n 2);', 'for (const x of (1, [2])) l(x);', 'for (let of of [1]) l(of);', 'let yield_ = 1; l(yield_); var yield = 2; l(yield);', 'var await = 3; l(await);', 'l(((a) => { "use strict"; return a })(1));', 'l(((a = 1) => { "use strict"; return a })());', 'return 5;', 'break;', 'l(import.meta);', 'throw new Error("x");', 'l({ a() { return super.toString === Object.prototype.toString } }.a());', 'l([1, 2, 3].at?.(-1));', '{ let a = 1; { l(typeof a); let b = a; l(b) } }', 'var { length } = "abc"; l(length);', 'l(((...[a, b]) => a + b)(1, 2));', 'for (const [i, x] of ["a"].entries()) l(i + x);', 'try { l(1) } finally { l(2) } l(3);', 'l((() => { try { return 1 } finally { l(2) } })());', 'l((() => { for (const x of [1, 2]) { try { continue } finally { l(x) } } return 9 })());', 'l((() => { x: try { return 1 } finally { break x } return 2 })());', 'l((() => { try { return "outer" } finally { x: try { return "inner" } finally { break x } } })());',
])} } catch (e) { l(e) }`;

/** A whole program. A syntax error is one of the whole program, so there are few places where one can be. */
export function syntax() {
  const body = weighted([3, () => T`${duplicates()}`], [4, () => list(many(1, 2, dead), ' ')]);
  const strict = chance(0.1) ? "'use strict'; " : '';
  return weighted(
    [4, () => T`${strict}let log = []; const l = x => (log.push(q(x)), x); function one(r) { const setTimeoutLike = []; ${body} setTimeoutLike.forEach(f => f()); } function convert(json) { return JSON.parse(json).items.map(r => { log = []; one(r); return { id: r.id, t: log.join(' ') } }) }`],
    [1, () => T`${strict}let log = []; const l = x => (log.push(q(x)), x), setTimeoutLike = []; ${body} function convert(json) { return JSON.parse(json).items.map(r => ({ id: r.id, t: log.join(' ') })) }`],
    [1, () => T`${strict}function convert(json) { const log = [], l = x => (log.push(q(x)), x), setTimeoutLike = []; const rows = JSON.parse(json).items; ${declareRows()} return rows.map(r => { return { id: r.id, t: log.join(' ') } }) }`],
    [1, () => T`${strict}let log = []; const l = x => (log.push(q(x)), x); function convert(json) { const out = []; for (const r of JSON.parse(json).items) { log = []; const setTimeoutLike = []; ${body} out.push({ id: r.id, t: log.join(' ') }) } return out }`],
  );
}

const declareRows = () => S`${pick(['const rows = rows.map(x => x);', 'let rows;', 'var rows;', 'function rows() {}', '{ const rows = 1; l(rows) }', 'l(1);', 'rows = [];', 'class rows {}', 'for (const rows of [1]) l(rows);', 'var { rows } = {};'])}`;
