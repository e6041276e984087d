// Expressions with side effects in their operands, and statements with jumps out of loops, labels and `finally`.
//
// A scope knows the variables that may be read and written, the labels that may be jumped to, and what kind of function it is
// in. `l(x)` writes down `x` and gives it back, so that the order of evaluation is seen in the rows.

import { below, chance, many, oneOf, pick, shuffled, weighted } from '../random.mjs';
import { E, S, T, list } from '../tree.mjs';

const NUMBERS = ['0', '1', '2', '3', '(-1)', '0.5', '10', '7', '255', '(-0)', 'NaN', '1e21', '4294967296'];
const TEXTS = ["''", "'a'", "'b'", "'5'", "'10'", "'x y'", "' 7 '", "'0x10'", "'é'", "'😀'", "'null'"];
const ARITHMETIC = ['+', '+', '+', '-', '-', '*', '/', '%', '**', '<<', '>>', '>>>', '&', '|', '^'];
const LOGICAL = ['??=', '||=', '&&='];
const COMPARISONS = ['<', '>', '<=', '>=', '===', '!==', '==', '!='];

/** The variables and jumps that an expression or a statement may use. */
export class Scope {
  constructor(given = {}) {
    Object.assign(this, { variables: [], constants: [], labels: [], loops: 0, switches: 0, kind: 'none', depth: 0, counter: { n: 0 } }, given);
  }

  /** A scope within; a function begins without loops and labels of its own. */
  inner(given = {}) {
    const { variables, constants, labels, loops, switches, kind, counter } = this;
    return new Scope({
      variables: [...variables], constants: [...constants], labels: [...labels], loops, switches, kind, counter,
      depth: this.depth + 1, ...given,
    });
  }

  function(kind, parameters = []) {
    const scope = this.inner({ labels: [], loops: 0, switches: 0, kind });
    scope.variables.push(...parameters);
    return scope;
  }

  name(prefix) {
    return prefix + this.counter.n++;
  }

  get readable() {
    return [...this.variables, ...this.constants];
  }
}

const simple = scope => {
  const names = scope.readable;
  return weighted(
    [names.length > 0 ? 8 : 0, () => pick(names)],
    [2, () => pick(NUMBERS)],
    [2, () => pick(TEXTS)],
    [1, () => pick(['null', 'undefined', 'true', 'false'])],
    [2, () => pick(['r.n', 'r.s', 'r.b', 'r.o.p', 'r.a[0]', 'r.a.length', 'r.missing'])],
  );
};

/** An expression of any type, in brackets where it needs them. */
export function expression(scope, depth = 3) {
  if (depth <= 0) return E`${simple(scope)}`;
  const e = (less = 1) => expression(scope, depth - less);
  const { variables } = scope;
  const writable = variables.length > 0 ? 1 : 0;
  const suspends = ['none', 'plain'].includes(scope.kind) ? 0 : 1;
  return weighted(
    [3, () => E`${simple(scope)}`],
    [4, () => E`(${e()} ${pick(ARITHMETIC)} ${e()})`],
    [2, () => E`(${e()} ${pick(COMPARISONS)} ${e()})`],
    [writable * 5, () => assignment(scope, depth)],
    [writable * 4, () => operandPair(scope, depth)],
    [2, () => E`l(${e()})`],
    [1, () => E`(${e()} ? ${e()} : ${e()})`],
    [1, () => E`(${e()} ${pick(['&&', '||', '??'])} ${e()})`],
    [1, () => E`(${e()}, ${e()})`],
    [1, () => E`[${list(many(1, 3, () => e()))}]`],
    [1, () => E`({ p: ${e()}, q: ${e()} })`],
    [1, () => E`({ p: ${e()}, ...${pick(['r.o', 'null', 'r.a', 'r.s'])}, q: ${e()} }).${pick(['p', 'q'])}`],
    [1, () => E`[${e()}, ...${iterable(scope, depth - 2)}].length`],
    [1, () => E`\`\${${e()}}-\${${e()}}\``],
    [2, () => E`(${pick(['!', '-', '+', '~', 'typeof ', 'void '])}(${e()}))`],
    [1, () => E`String(${e()})`],
    [1, () => E`f(${list(many(1, 3, () => e()))})`],
    [1, () => E`o.m(${e()}, ${e()})`],
    [1, () => E`o[${pick(["'p'", "'q'"])}]`],
    [2, () => E`(o.${pick(['p', 'q'])} ${pick(['=', '+=', '-=', '*=', '??=', '||=', '&&='])} ${e()})`],
    [1, () => oneOf(() => E`o.${pick(['p', 'q'])}++`, () => E`--o.${pick(['p', 'q'])}`)],
    [1, () => E`a[${e(2)}]`],
    [1, () => E`(a[${pick(['0', '1', '2'])}] ${pick(['=', '+='])} ${e()})`],
    [1, () => call(scope, depth)],
    [suspends * 3, () => suspension(scope, e)],
    [1, () => E`(${e()})?.${pick(['p', 'length', 'p?.q', '[0]', 'toString()'])}`],
    [1, () => E`Math.${pick(['max', 'min'])}(${e()}, ${e()})`],
    [1, () => E`${iterable(scope, depth - 1)}.${pick(['map', 'filter', 'flatMap'])}((x, i) => ${expression(scope.function('none', ['x', 'i']), depth - 2)}).join('|')`],
  );
}

/** Something that gives an array. */
function iterable(scope, depth) {
  return weighted(
    [3, () => T`r.a`],
    [2, () => T`[${list(many(1, 3, () => expression(scope, depth)))}]`],
    [1, () => T`[...r.s]`],
    [1, () => T`Object.values(r.o)`],
    [1, () => T`a.slice()`],
  );
}

function assignment(scope, depth) {
  const name = pick(scope.variables);
  const e = () => expression(scope, depth - 1);
  return weighted(
    [4, () => E`(${name} = ${e()})`],
    [3, () => E`(${name} ${pick(['+=', '-=', '*=', '/=', '%=', '**=', '<<=', '>>=', '>>>=', '&=', '|=', '^='])} ${e()})`],
    [1, () => E`(${name} ${pick(LOGICAL)} ${e()})`],
    [2, () => E`(${pick([...scope.variables, 'o.p'])} ${pick(['=', '+=', '/=', ...LOGICAL])} ${name} ${pick(LOGICAL)} ${e()})`],
    [3, () => E`${pick(['++', '--'])}${name}`],
    [4, () => E`${name}${pick(['++', '--'])}`],
    [1, () => E`([${name}, ${pick(scope.variables)}] = [${e()}, ${e()}])`],
    [1, () => E`({ p: ${name}, q: ${pick(scope.variables)} = ${e()} } = ${pick(['r.o', 'o'])})`],
  );
}

/** A variable beside an operand that may change it. */
function operandPair(scope, depth) {
  const name = pick(scope.variables);
  const change = weighted(
    [3, () => E`(${name} = ${expression(scope, depth - 2)})`],
    [2, () => E`${name}${pick(['++', '--'])}`],
    [2, () => E`${pick(['++', '--'])}${name}`],
    [1, () => E`(${name} ${pick(['+=', '-=', '??=', '&&='])} ${expression(scope, depth - 2)})`],
    [1, () => E`(${simple(scope)} ? ${name} = ${expression(scope, depth - 2)} : ${simple(scope)})`],
    [1, () => E`([${name}] = [${expression(scope, depth - 2)}])`],
    [1, () => E`(${name} = ${simple(scope)}, ${expression(scope, depth - 2)})`],
    [1, () => E`(() => ${name} = ${simple(scope)})()`],
    [1, () => E`[${name} = ${simple(scope)}].length`],
  );
  return weighted(
    [6, () => E`(${name} ${pick([...ARITHMETIC, ...COMPARISONS])} ${change})`],
    [1, () => E`(${change} ${pick([...ARITHMETIC, ...COMPARISONS])} ${name})`],
    [1, () => E`[${name}, ${change}, ${name}].join()`],
    [1, () => E`\`\${${name}} \${${change}} \${${name}}\``],
    [1, () => E`f(${name}, ${change}, ${name})`],
    [1, () => E`(o.p = ${name}, o.p ${pick(ARITHMETIC)} (o.p = ${change}))`],
    [1, () => E`a[${change}]`],
    [1, () => E`(a[${name}] = ${change})`],
    [1, () => E`(${name} + ${simple(scope)} + ${change})`],
    [1, () => E`((${name} ${pick(ARITHMETIC)} ${simple(scope)}) ${pick(['+', '-', '<', '==='])} ${change})`],
    [1, () => E`(${name} ${pick(['+=', '-=', '*='])} ${change})`],
    [1, () => E`({ p: ${name}, [${change}]: ${name} })`],
    [1, () => E`(${name} in (${change}, [1, 2]))`],
    [1, () => E`(${name} === (${change}, ${name}))`],
    [1, () => E`[${simple(scope)}, ${name}].includes(${change}, ${name})`],
    [1, () => E`(${name} ? ${change} : ${name})`],
  );
}

function call(scope, depth) {
  const parameter = scope.name('x');
  const body = scope.function('plain', [parameter]);
  const e = () => expression(scope, depth - 1);
  return weighted(
    [2, () => E`(${parameter} => ${expression(body, depth - 1)})(${e()})`],
    [1, () => E`(function (${parameter}) { ${block(body, depth - 2)} return ${expression(body, depth - 1)} })(${e()})`],
    [1, () => E`(({ p, q = ${expression(body, depth - 2)} }, ...rest) => [p, q, rest.length].join())(${pick(['r.o', 'o'])}, ${e()})`],
    [1, () => E`((${parameter}, y = ${expression(body, depth - 2)}) => ${expression(body, depth - 2)})(${e()})`],
  );
}

function suspension(scope, e) {
  if (scope.kind === 'generator') return E`(yield ${e()})`;
  if (scope.kind === 'async') return oneOf(() => E`(await ${e()})`, () => E`(await l(${e()}))`);
  return oneOf(() => E`(await ${e()})`, () => E`(yield ${e()})`);
}

/** Some statements that may jump. */
export function block(scope, depth, from = 1, to = 4) {
  const within = scope.inner();
  return list(many(from, to, () => statement(within, depth)), ' ');
}

/** A statement; what it declares is in the scope afterwards. */
export function statement(scope, depth) {
  if (depth <= 0) return simpleStatement(scope);
  return weighted(
    [3, () => simpleStatement(scope)],
    [3, () => declaration(scope)],
    [2, () => S`if (${expression(scope, 2)}) { ${block(scope, depth - 1, 1, 2)} }${chance(0.4) ? T` else { ${block(scope, depth - 1, 1, 2)} }` : ''}`],
    [5, () => loop(scope, depth)],
    [3, () => attempt(scope, depth)],
    [1, () => choice(scope, depth)],
    [1, () => labelled(scope, depth)],
    [scope.loops + scope.labels.length + scope.switches > 0 ? 4 : 0, () => jump(scope)],
    [scope.kind !== 'none' ? 1 : 0, () => S`if (${expression(scope, 2)}) return ${expression(scope, 2)};`],
    [1, () => S`{ ${block(scope, depth - 1, 1, 2)} }`],
  );
}

function simpleStatement(scope) {
  return weighted(
    [2, () => S`l(${expression(scope, 2)});`],
    [3, () => S`(${expression(scope, 3)});`],
    [scope.loops > 0 || scope.labels.length > 0 ? 2 : 0, () => jump(scope)],
  );
}

function declaration(scope) {
  const name = scope.name('v');
  const kind = pick(['let', 'let', 'const', 'var']);
  const made = S`${kind} ${name} = ${expression(scope, 3)};`;
  (kind === 'const' ? scope.constants : scope.variables).push(name);
  return made;
}

/** Out of a loop, a labelled statement or a `switch`. */
export function jump(scope) {
  const ways = [];
  if (scope.loops > 0) ways.push('break', 'continue');
  else if (scope.switches > 0) ways.push('break');
  for (const { name, isLoop } of scope.labels) {
    ways.push(`break ${name}`, `break ${name}`);
    if (isLoop) ways.push(`continue ${name}`);
  }
  if (ways.length === 0) return S`l(9);`;
  return chance(0.3) ? S`${pick(ways)};` : S`if (${expression(scope, 2)}) ${pick(ways)};`;
}

const label = scope => (chance(0.5) ? scope.name('L') : null);

function loop(scope, depth) {
  const name = label(scope);
  const labels = name === null ? scope.labels : [...scope.labels, { name, isLoop: true }];
  const within = scope.inner({ labels, loops: scope.loops + 1 });
  const head = loopHead(scope, within);
  const body = block(within, depth - 1, 1, 3);
  const text = head.tail
    ? S`${name === null ? '' : `${name}: `}${head.before}do { ${head.count} ${body} } while (${head.tail});`
    : S`${name === null ? '' : `${name}: `}${head.before} { ${head.count ?? ''} ${body} }`;
  return head.outside ? S`{ ${head.outside} ${text} }` : text;
}

function loopHead(scope, within) {
  const variable = within.name('i');
  const counter = within.name('n');
  const declared = () => {
    const is = pick(['const', 'let', 'var']);
    within[is === 'const' ? 'constants' : 'variables'].push(variable);
    return is;
  };
  const constant = (head, ...names) => {
    within.constants.push(...names);
    return head;
  };
  const assigned = () => (scope.variables.length > 0 ? pick(scope.variables) : `const ${variable}`);
  return weighted(
    [5, () => ({ before: T`for (${declared()} ${variable} of ${source(scope)})` })],
    [2, () => ({ before: T`for (${declared()} ${variable} in ${pick(['r.o', 'r.a', 'o', "'ab'"])})` })],
    [1, () => constant({ before: T`for (const [${variable}, x${variable}] of Object.entries(r.o))` }, variable, `x${variable}`)],
    [1, () => ({ before: T`for (${assigned()} of ${source(scope)})` })],
    [2, () => constant({ before: T`for (let ${variable} = 0; ${variable} < ${1 + below(3)}; ${variable}++)` }, variable)],
    [1, () => constant({ before: T`for (let ${variable} = 0, c${variable} = () => ${variable}; ${variable} < 2; l(c${variable}()), ${variable}++)` }, variable)],
    [1, () => constant({ outside: T`let ${counter} = 0;`, before: T`while (${counter}++ < 3)` }, counter)],
    [1, () => constant({ outside: T`let ${counter} = 0;`, before: '', count: T`if (${counter}++ > 3) break;`, tail: expression(scope, 2) }, counter)],
    [within.kind.startsWith('async') ? 3 : 0, () => constant({ before: T`for await (const ${variable} of ${source(scope)})` }, variable)],
  );
}

/** Something to loop over; `it` and `gen` write down when they are closed. */
function source(scope) {
  return weighted(
    [3, () => T`r.a`],
    [2, () => T`[${list(many(1, 3, () => E`${simple(scope)}`))}]`],
    [2, () => T`it([1, 2, 3], '${pick(['x', 'y', 'z'])}')`],
    [2, () => T`gen('${pick(['g', 'h'])}')`],
    [1, () => T`r.s`],
    [1, () => T`new Set(r.a)`],
    [1, () => T`new Map([[1, 2], ['a', 'b']])`],
    [1, () => T`r.a.entries()`],
    [1, () => T`Object.keys(r.o)`],
  );
}

function attempt(scope, depth) {
  const body = block(scope, depth - 1, 1, 3);
  const thrown = chance(0.3) ? S`if (${expression(scope, 2)}) throw ${pick(["new TypeError('t')", "'thrown'", "{ p: 1, q: [2] }"])};` : '';
  const handler = scope.inner();
  const form = below(5);
  const name = scope.name('e');
  handler.constants.push(name);
  const caught = () => oneOf(
    () => T`catch (${name}) { l(q(${name})); ${block(handler, depth - 1, 0, 2)} }`,
    () => T`catch { ${block(scope, depth - 1, 0, 2)} }`,
    () => T`catch ({ name: ${name}, p, ...${name}r }) { l(${name}); ${block(handler, depth - 1, 0, 2)} }`,
  );
  const last = () => T`finally { ${block(scope, depth - 1, 0, 2)} }`;
  if (form < 2) return S`try { ${body} ${thrown} } ${caught()}`;
  if (form < 4) return S`try { ${body} ${thrown} } ${last()}`;
  return S`try { ${body} ${thrown} } ${caught()} ${last()}`;
}

function choice(scope, depth) {
  const name = label(scope);
  const labels = name === null ? scope.labels : [...scope.labels, { name, isLoop: false }];
  const within = scope.inner({ labels, switches: scope.switches + 1, loops: scope.loops });
  const one = () => T`case ${expression(scope, 1)}: ${block(within, depth - 1, 0, 2)} ${chance(0.6) ? S`break;` : ''}`;
  const cases = shuffled([...many(1, 3, one), T`default: ${block(within, depth - 1, 0, 2)} ${chance(0.5) ? S`break;` : ''}`]);
  return S`${name === null ? '' : `${name}: `}switch (${expression(scope, 2)}) { ${list(cases, ' ')} }`;
}

function labelled(scope, depth) {
  const name = scope.name('L');
  const within = scope.inner({ labels: [...scope.labels, { name, isLoop: false }] });
  return S`${name}: { ${block(within, depth - 1, 1, 3)} }`;
}

/** A program of this grammar. */
export function core() {
  const depth = 2 + below(3);
  const scope = new Scope();
  const declared = many(1, 4, () => {
    const value = E`${simple(new Scope())}`;
    const name = scope.name('v');
    scope.variables.push(name);
    return S`${pick(['let', 'let', 'var'])} ${name} = ${value};`;
  });
  // Variables that a function within has are kept elsewhere.
  if (chance(0.3)) declared.push(S`const seen = () => [${scope.variables.join()}].length;`);
  const locals = list(declared, ' ');
  return chance(0.4) ? inLoop(scope, locals, depth) : inFunction(scope, locals, depth);
}

/** The statements stand in the loop that makes the rows. */
function inLoop(scope, locals, depth) {
  const within = scope.inner({ loops: 1 });
  const body = block(within, depth, 2, 5);
  const cells = list(many(1, 3, n => T`c${n}: q(${expression(within, 3)})`));
  const [outer, inner] = chance(0.5) ? [locals, ''] : ['', locals];
  return withTools(T`function convert(json) { const rows = []; ${outer} for (const r of JSON.parse(json).items) { log = []; ${objects()} ${inner} ${body} rows.push({ id: r.id, ${cells}, t: log.join(' ') }); } return rows }`);
}

/** The statements are a function, `one`, that is called for each record. */
function inFunction(scope, locals, depth) {
  const kind = pick(['plain', 'plain', 'generator', 'async', 'async generator']);
  const inner = scope.inner({ kind });
  const body = block(inner, depth, 2, 5);
  const result = list(many(1, 3, () => E`q(${expression(inner, 3)})`));
  const head = { plain: 'function', generator: 'function*', async: 'async function', 'async generator': 'async function*' }[kind];
  const one = T`${head} one(r) { ${objects()} ${locals} ${body} return [${result}].join() }`;
  return withTools(T`${one} ${pick(CALLERS[kind])}`);
}

const TOOLS = {
  it: "function it(values, name) { let at = 0; return { [Symbol.iterator]() { return this }, next() { return at < values.length ? { value: values[at++], done: false } : { value: undefined, done: true } }, return(value) { log.push(name + ' closed'); return { value, done: true } } } }",
  gen: "function* gen(name) { try { yield 1; yield 2; yield 3 } finally { log.push(name + ' closed') } }",
  f: "function f(x, y, z) { return q(x) + ':' + q(y) + ':' + q(z) }",
};

/** A program with what it uses before it: a log, an iterator and a generator that write down when they are closed, a function. */
export function withTools(program) {
  const text = String(program);
  const used = Object.entries(TOOLS).filter(([name]) => text.includes(`${name}(`)).map(([, tool]) => S`${tool}`);
  return T`${list([S`let log = [];`, S`const l = x => (log.push(q(x)), x);`, ...used], ' ')} ${program}`;
}

const objects = () => list([S`const o = { p: 1, q: 2, m(x, y) { return q(this === o) + q(x) + q(y) } };`, S`const a = [5, 6, 7];`], ' ');

const PULL = `function pull(r) { const out = [], g = one(r); let step = g.next(), n = 0;
  while (!step.done && n++ < 20) { out.push(q(step.value)); step = n === 7 ? g.return('returned') : n === 5 ? g.throw('thrown in') : g.next(n) }
  out.push('end ' + q(step.value)); return out.join() }`;
const CALL = 'log = []; let v; try { v = CALLED } catch (e) { v = q(e) }';
const ROW = "{ id: r.id, v: q(v), t: log.join(' ') }";
const EACH = 'log = []; const v = []; try { for (const x of one(r)) { v.push(q(x)); if (v.length > 9) break } } catch (e) { v.push(q(e)) } yield { id: r.id, v: v.join(), t: log.join(\' \') }';

const calling = called => CALL.replace('CALLED', called);
const awaiting = text => text.replace('function pull', 'async function pull').replace(/g\.(next|return|throw)\(/g, 'await g.$1(');

// How rows come from `one`, by the kind of function that it is.
const CALLERS = {
  plain: [
    `function convert(json) { return JSON.parse(json).items.map(r => { ${calling('one(r)')} return ${ROW} }) }`,
    `const convert = json => { const rows = []; for (const r of JSON.parse(json).items) { ${calling('one(r)')} rows.push(${ROW}) } return rows };`,
    'function convert(json) { return JSON.parse(json).items.map(r => ({ id: r.id, v: one(r) })) }',
  ],
  generator: [
    `${PULL} function convert(json) { return JSON.parse(json).items.map(r => { ${calling('pull(r)')} return ${ROW} }) }`,
    `function* convert(json) { for (const r of JSON.parse(json).items) { ${EACH} } }`,
  ],
  async: [
    `async function convert(json) { const rows = []; for (const r of JSON.parse(json).items) { ${calling('await one(r)')} rows.push(${ROW}) } return rows }`,
    `const convert = async json => Promise.all(JSON.parse(json).items.map(async r => ({ id: r.id, v: await one(r) })));`,
  ],
  'async generator': [
    `${awaiting(PULL)} async function convert(json) { const rows = []; for (const r of JSON.parse(json).items) { ${calling('await pull(r)')} rows.push(${ROW}) } return rows }`,
    `async function* convert(json) { for (const r of JSON.parse(json).items) { ${EACH.replace('for (', 'for await (')} } }`,
  ],
};
