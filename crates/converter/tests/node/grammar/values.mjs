// What the language's own functions make of values: regular expressions, dates, JSON, numbers and texts, conversions.

import { below, chance, many, oneOf, pick, shuffled, weighted } from '../random.mjs';
import { E, S, T, list } from '../tree.mjs';

const NUMBERS = [
  '0', '-0', '1', '2', '5', '25', '12345', '1.25', '0.5', '1.005', '0.1', '1.07', '-1.5', '2.5', '-2.5', '1e21', '1e-7', '123.456', '255', '4294967295', '2147483648',
  '-2147483649', '9007199254740993', '5e-324', '1.7976931348623157e308', 'NaN', 'Infinity', '-Infinity', '0.000001', '1e20', '99.995', '1000000', '0.1 + 0.2', 'r.n', 'r.id',
];
const TEXTS = [
  "''", "'a'", "'abc'", "'a/b'", "'A-1 b-22 c'", "'x=1;y=2'", "'é\\u0301'", "'😀b'", "'ſs K k'", "'line\\nnext'", "'  trim  '", "'12px'", "'0b11'", "'1_000'", "'1e3'", "'.5'",
  "'Infinity'", "'2024-01-31T10:00:00.000+0000'", "'https://a.b/c?d=e#f'", "'a,b,,c'", "'\\\\d'", "'[x]'", "'ß'", "'İ'", "'\\ud83d'", "'aXbXc'", 'r.s', 'r.key', 'r.created',
];
const number = () => E`${pick(NUMBERS)}`;
const text = () => E`${pick(TEXTS)}`;

/** The values that operators convert. */
const any = () => weighted(
  [3, number], [3, text],
  [2, () => E`${pick(['null', 'undefined', 'true', 'false', '[]', '[5]', '[1, 2]', '{}', '10n', "({ valueOf() { return 7 } })", "({ toString() { return '8' } })", 'new Date(0)', '() => 1', 'r.o', 'r.a', 'r.missing', 'r.b', "Symbol('s')"])}`],
);

function numbers() {
  const n = number();
  return weighted(
    [3, () => E`(${n}).toExponential(${pick(['', '0', '1', '2', '3', '5', '20'])})`],
    [2, () => E`(${n}).toFixed(${pick(['', '0', '1', '2', '5', '20'])})`],
    [2, () => E`(${n}).toPrecision(${pick(['', '1', '2', '3', '10', '21'])})`],
    [2, () => E`(${n}).toString(${pick(['2', '3', '8', '16', '36', '7', '10'])})`],
    [1, () => E`String(${n})`],
    [3, () => E`(${n}) ** (${number()})`],
    [2, () => `${pick(['1.07', '2', '1.1', '0.9', '10', '3', '-2', '1.0001'].map(x => `(${x})`))} ** ${pick(['30', '2', '0.5', '-1', '10', '1000', '53', '-3', '100', '7.5'].map(x => `(${x})`))}`],
    [1, () => `(x => (y => x ** y)(${pick(['30', '2', '0.5', '-3', '100'])}))(${pick(['1.07', '2', '1.1', '0.9', '3'])})`],
    [2, () => E`Math.${pick(['round', 'floor', 'ceil', 'trunc', 'sign', 'abs', 'fround', 'clz32', 'sqrt', 'log2', 'exp', 'sin', 'log10', 'cbrt'])}(${n})`],
    [1, () => E`Math.${pick(['max', 'min', 'hypot', 'atan2', 'imul', 'pow'])}(${n}, ${number()})`],
    [1, () => E`Math.${pick(['max', 'min'])}(...${pick(['r.a', '[]', '[1, , 3]', '[NaN, 1]', "['3', 2]"])})`],
    [2, () => E`${pick(['parseInt', 'parseFloat', 'Number', 'isNaN', 'Number.isInteger', 'Number.isSafeInteger', 'Number.parseFloat', 'isFinite', 'BigInt'])}(${any()})`],
    [1, () => E`parseInt(${text()}, ${pick(['0', '2', '10', '16', '36', '1'])})`],
    [1, () => E`Object.is(${number()}, ${number()})`],
    [1, () => E`(${n}) ${pick(['%', '/', '*', '<<', '>>', '>>>', '|', '&', '^', '-', '+'])} (${number()})`],
    [1, () => E`${pick(['10n', '-7n', '2n ** 64n', '0n', "BigInt('0x1f')"])} ${pick(['+', '*', '-', '/', '%', '<<', '>>', '&', '**', '<', '==='])} ${pick(['3n', '2n', '1n'])}`],
    [1, () => E`BigInt.${pick(['asIntN', 'asUintN'])}(${pick(['8', '32', '64', '1'])}, ${pick(['255n', '-1n', '2n ** 63n', '128n'])})`],
    [1, () => E`[${list(shuffled(['1', '10', '2', '-1', 'NaN', 'undefined', "'3'", 'null', '21']).slice(0, 5))}].${pick(['sort()', 'sort((x, y) => x - y)', 'toSorted()', 'join()', 'reverse()', 'indexOf(NaN)', 'includes(NaN)'])}`],
  );
}

const UPDATES = [
  "let v = '5'; v++; out.push(v)", 'let v = null; v++; out.push(v)', 'let v; v++; out.push(v)', 'let v = true; v--; out.push(v)',
];

/** Increments and operators of values that are no numbers. */
function conversions() {
  const v = any();
  return weighted(
    [2, () => S`{ let v = ${v}; const w = v${pick(['++', '--'])}; out.push(v, w); }`],
    [1, () => S`{ let v = ${v}; const w = ${pick(['++', '--'])}v; out.push(v, w); }`],
    [1, () => S`{ const o = { v: ${v} }; out.push(o.v${pick(['++', '--'])}, o.v); }`],
    [1, () => S`{ let v = ${v}; const f = () => v${pick(['++', '--'])}; out.push(f(), f(), v); }`],
    [1, () => S`{ let v = ${v}; for (let i = 0; i < 2; i++) out.push(v${pick(['++', '--'])}); }`],
    [1, () => S`{ let v = ${v}; v ${pick(['+=', '-=', '*=', '**=', '/=', '%=', '<<=', '|=', '&&=', '||=', '??='])} ${any()}; out.push(v); }`],
    [1, () => S`{ const a = [${v}]; a[0]${pick(['++', '--'])}; out.push(a[0]++, a); }`],
    [3, () => S`out.push(${v} ${pick(['+', '-', '*', '==', '===', '<', '>=', '!=', '&', '/', '%'])} ${any()});`],
    [1, () => S`out.push(${pick(['+', '-', '!', '~', 'typeof '])}${E`(${v})`});`],
    [1, () => S`out.push(\`\${${v}}\`, [${any()}] + '', String(${any()}));`],
    [1, () => S`out.push([${list(many(2, 4, any))}].map(${pick(['Number', 'String', 'Boolean', 'parseInt', 'Object', 'x => x + x'])}).map(x => typeof x === 'object' ? typeof x : x));`],
    [1, () => S`{ let v = ${v}; switch (v) { case 1: out.push('one'); case '5': out.push('five'); break; default: out.push('other'); case null: out.push('null') } }`],
    [1, () => S`${pick(UPDATES)};`],
  );
}

const CLASSES = ['\\\\d', '\\\\w', '\\\\s', '.', '[a-z]', '[^a]', '[\\\\w-]', '[^\\\\W]', '\\\\b', '[^\\\\d\\\\s]', '\\\\p{L}', '\\\\P{Lu}', '\\\\u{1F600}', '[\\\\s\\\\S]', '[a-c&&b]', '\\\\W', 'é', '😀', '\\\\/', '/', '[/]', '\\\\.', '\\\\x41', '\\\\cA', '\\\\0'];
const PLAIN = ['a', 'b', 'c', 'x', '1', '-', 'k', 's', 'A'];

function term(depth) {
  const atom = weighted(
    [4, () => pick(PLAIN)], [4, () => pick(CLASSES).replaceAll('\\\\', '\\')],
    [depth > 0 ? 2 : 0, () => `(${disjunction(depth - 1)})`], [depth > 0 ? 1 : 0, () => `(?:${disjunction(depth - 1)})`],
    [depth > 0 ? 1 : 0, () => `(?<n${below(3)}>${disjunction(depth - 1)})`], [depth > 0 ? 1 : 0, () => `(${pick(['?=', '?!', '?<=', '?<!'])}${disjunction(depth - 1)})`],
    [0.5, () => pick(['\\1', '\\k<n0>'])],
  );
  return atom + weighted([6, () => ''], [1, () => '*'], [1, () => '+'], [1, () => '?'], [1, () => '+?'], [0.5, () => '{1,2}'], [0.5, () => '{2}']);
}
const alternative = depth => many(1, 4, () => term(depth)).join('');
const disjunction = depth => many(1, pick([1, 1, 2]), () => alternative(depth)).join('|');

/** A regular expression that node can read. */
function regex() {
  for (let n = 0; n < 20; n++) {
    const source = weighted([5, () => disjunction(2)], [1, () => `^${disjunction(1)}$`], [1, () => pick(['https?:\\/\\/[^\\s/]+', '(?<key>[A-Z]+)-(?<n>\\d+)', '(\\d{4})-(\\d\\d)-(\\d\\d)', '[^\\W]', '\\w+', '\\/', '\\\\\\/', '[\\/]', '(?:)', '\\n', '\\u2028', '^', '(?<=\\/)b', '(a)|(b)'])]);
    const flags = shuffled(['g', 'i', 'm', 's', 'u', 'y', 'd', 'v']).slice(0, below(4)).join('');
    try {
      new RegExp(source, flags);
      return { literal: `/${source.replace(/(?<!\\)((?:\\\\)*)\/(?![^[]*\])/g, '$1\\/')}/${flags}`, source, flags };
    } catch {
      // Another one.
    }
  }
  return { literal: '/a\\/b/g', source: 'a\\/b', flags: 'g' };
}

function valid(literal) {
  try {
    new Function(`return ${literal}`);
    return literal;
  } catch {
    return '/a/g';
  }
}

function regexes() {
  const { literal: written, source, flags } = regex();
  const literal = valid(written);
  const t = text();
  return weighted(
    [2, () => S`{ const re = ${literal}; out.push(re.source, re.flags, String(re)); out.push(new RegExp(re.source, ${pick(['re.flags', "'gi'", "''"])}).exec(${t})); }`],
    [2, () => S`out.push(${t}.match(${literal}));`],
    [1, () => S`out.push([...${t}.matchAll(${literal})].map(m => [m.index, ...m]));`],
    [2, () => S`{ const re = ${literal}; for (let i = 0; i < 3; i++) { out.push(re.test(${t}), re.lastIndex); } }`],
    [2, () => S`out.push(${t}.replace(${literal}, ${pick(["'[$&]'", "'$1-$2'", "'$<n0>$<key>'", "'$`|$\\''", '(...m) => q(m)', '(m, x) => `<${m}${x}>`', "'$$'"])}));`],
    [1, () => S`out.push(${t}.replaceAll(${literal}, '_'));`],
    [1, () => S`out.push(${t}.split(${literal}${pick(['', ', 2'])}));`],
    [1, () => S`out.push(${t}.search(${literal}));`],
    [1, () => S`{ const m = ${literal}.exec(${t}); out.push(m && [m.index, m.input, m.groups && Object.entries(m.groups)]); }`],
    [1, () => S`{ const re = new RegExp(${`'${source.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`}, '${flags}'); out.push(re.source, re.flags, re.exec(${t})); }`],
    [1, () => S`{ const re = ${literal}; re.lastIndex = ${below(4)}; out.push(re.exec(${t}), re.lastIndex); }`],
    [1, () => S`out.push(new RegExp(${literal}), new RegExp(${literal}, 'i').flags, RegExp(${literal}).source, ${literal} instanceof RegExp);`],
    [1, () => S`out.push(r.list.map(x => ${literal}.test(x.v)));`],
    [0.5, () => S`{ const m = ${t}.match(${literal}); out.push(m && m.indices && m.indices[0]); }`],
  );
}

const DATES = ["'2024-01-31T10:00:00.000+0000'", "'2024-02-29'", "'2015-11-21T07:03:02.000-0500'", "'Fri, 29 Nov 2024 10:44:51 GMT'", "'2024-01-31 10:00'", "'Jan 5, 2024'", '0', '1706695200000', '-1', '8.64e15', '8.64e15 + 1', "'x'", 'NaN', "'2024-13-01'", "'2024-02-30'", "'0099-01-01'", "'+010000-01-01T00:00:00Z'", 'r.created', "'2024-01-31T10:00:00.123456Z'", "'2024-01-31T24:00:00Z'", "'12/25/1995'", "'2024-1-5'", '2024, 0, 31', '2024, 12, 0, 25, 61, 61, 1001', '99, 1'];
const GET = ['FullYear', 'Month', 'Date', 'Day', 'Hours', 'Minutes', 'Seconds', 'Milliseconds'];

function dates() {
  const d = `new Date(${pick(DATES)})`;
  return weighted(
    [3, () => S`out.push(${d}.${pick(['getTime()', 'valueOf()', 'toJSON()', 'getTimezoneOffset()', 'getYear()'])});`],
    [2, () => S`out.push(${d}.toISOString());`],
    [2, () => S`out.push(${d}.get${pick(['', 'UTC'])}${pick(GET)}());`],
    [2, () => S`{ const d = ${d}; out.push(d.set${pick(['', 'UTC'])}${pick(GET.filter(x => x !== 'Day'))}(${list(many(1, 3, () => E`${pick(['0', '1', '12', '31', '-1', '60', '1.9', 'NaN', '2023'])}`))}), d); }`],
    [1, () => S`out.push(${d}.${pick(['toString()', 'toDateString()', 'toTimeString()', 'toUTCString()', 'toGMTString()'])});`],
    [1, () => S`out.push(Date.UTC(${pick(['2024, 0', '2024', '99, 11, 31, 23, 59', '2024, 1, 30', 'NaN', ''])}), Date.parse(${pick(DATES)}));`],
    [1, () => S`out.push(new Date(${pick(DATES)}) - new Date(${pick(DATES)}), new Date(${pick(DATES)}) < new Date(${pick(DATES)}));`],
    [1, () => S`out.push(${d} + 1, \`\${${d}}\`, +${d}, ${d} == ${d}, JSON.stringify({ d: ${d} }));`],
    [1, () => S`out.push(Date(${pick(['', '0'])}).length > 10, typeof Date(), new Date(2024, 0, 31, 10).toISOString(), new Date(new Date(${pick(DATES)})).getTime());`],
  );
}

const JSONS = ["'{\"a\":1,\"b\":[1,{\"c\":null}],\"__proto__\":2}'", "'[1,2,{\"x\":\"y\"}]'", "'\"t\\\\u00e9\"'", "'1e3'", "'-0'", "'[1,]'", "'{a:1}'", "' 7 '", "'\"\\\\ud83d\"'", "'{\"1\":1,\"0\":2,\"a\":3,\"a\":4}'", "'9007199254740993'", "'01'", "''", "'nul'", "'\"a\\tb\"'", 'json', 'JSON.stringify(r)'];
const VALUES = ['r', 'r.o', 'r.a', '[undefined, () => 1, Symbol(), NaN, -0]', '{ a: undefined, b: () => 1, c: null, d: [1] }', "'\\u2028\\ud800\"\\\\'", 'new Date(0)', 'new Map([[1, 2]])', '{ toJSON(k) { return [k, 1] } }', '[new Date(NaN), /x/, new Set([1])]', 'Object.create({ a: 1 })', '1n', 'null', 'undefined', '[[[]], {}]', "Object('s')", '{ get a() { return 5 } }', '[, 1]', '(() => { const x = {}; x.x = x; return x })()', 'JSON.parse(json)', "{ é: '😀', '': 0, 2: 1, 1: 2 }"];
const REPLACERS = ['null', '(k, v) => v', "(k, v) => k === 'a' ? undefined : v", "['a', 'id', 'n']", '[1, 0]', "(k, v) => typeof v === 'number' ? v + 1 : v", '(k, v) => Array.isArray(v) ? [...v, k] : v', 'function (k, v) { out.push(k + typeof this); return v }'];
const REVIVERS = ['(k, v) => v', "(k, v) => k === 'a' ? undefined : v", "(k, v) => typeof v === 'number' ? v * 2 : v", "function (k, v) { out.push(k); return v }", "function (k, v) { if (k === 'id') delete this.s; return v }", '(k, v) => Array.isArray(v) ? v.length : v', '(k, v, c) => c && c.source ? c.source : v'];

function json() {
  return weighted(
    [2, () => S`out.push(JSON.parse(${pick(JSONS)}));`],
    [3, () => S`out.push(JSON.parse(${pick(JSONS)}, ${pick(REVIVERS.slice(0, 6))}));`],
    [2, () => S`out.push(JSON.stringify(${pick(VALUES)}));`],
    [3, () => S`out.push(JSON.stringify(${pick(VALUES)}, ${pick(REPLACERS)}${pick(['', ', 1', ", '--'", ', 20', ", ''"])}));`],
    [1, () => S`{ const c = JSON.parse(JSON.stringify(r)); c.o = 1; out.push(c, r.o, Object.keys(c).length); }`],
    [1, () => S`out.push(JSON.stringify(JSON.parse(json, ${pick(REVIVERS.slice(0, 3))})) === JSON.stringify(JSON.parse(json)));`],
  );
}

const METHODS = [
  "slice(-2)", "slice(1, -1)", "substring(2, 0)", "substr(-2, 1)", "at(-1)", "charAt(1)", "charCodeAt(0)", "codePointAt(0)", "indexOf('b')", "lastIndexOf('b', 1)", "includes('b', 1)", "startsWith('a')", "endsWith('c', 3)",
  "padStart(6, 'xy')", "padEnd(7)", "repeat(2)", "trim()", "trimStart()", "toUpperCase()", "toLowerCase()", "normalize('NFD').length", "normalize('NFC')", "split('')", "split(',')", "split('b', 1)", "concat(1, null)", "replace('b', '$&$&')", "replaceAll('X', (m, i) => i)",
  "isWellFormed()", "toWellFormed()", "[1]", "length", "replace('a', '$0$1')", "anchor('x')", "split(undefined)", "localeCompare ? 1 : 0", "match('b')?.index", "codePointAt(9)", "toString()", "big()", "at(NaN)", "trimEnd().length",
];

function texts() {
  const t = text();
  return weighted(
    [6, () => S`out.push((${t}).${pick(METHODS)});`],
    [1, () => S`out.push([...${t}], Array.from(${t}, x => x.length), Object.keys(${t}).join());`],
    [1, () => S`out.push(String.raw\`a\\n\${${t}}\`, \`x\\u{41}\${${t}}\`, ((s, ...v) => [s.raw, s, v])\`a\\x41\${${t}}b\`);`],
    [1, () => S`out.push(${pick(['encodeURIComponent', 'encodeURI', 'decodeURIComponent', 'decodeURI', 'escape', 'unescape'])}(${t}));`],
    [1, () => S`out.push(${t} < ${text()}, ${t} + ${text()}, ${t} == ${text()}, ${t} > 1);`],
    [1, () => S`out.push(String.fromCharCode(${below(70000)}, 65), String.fromCodePoint(${pick(['128512', '65', '0'])}));`],
    [1, () => S`for (const c of ${t}) out.push(c.codePointAt(0));`],
    [1, () => S`out.push(['b', 'a', 'B', 'ä', '10', '9', ${t}].sort());`],
    [1, () => S`out.push([3, 1, 2].${pick(['toSpliced(1, 1)', 'with(0, 9)', 'findLastIndex(x => x > 1)', 'flatMap(x => [x, [x]])', 'entries().next().value', 'copyWithin(1, 0)', 'lastIndexOf(2)', 'fill(0, 1, 2)', 'some(x => x > 2)', 'reduce((x, y) => x + y)', 'keys().next()', 'toString()', 'concat([[1]], 2)', 'every(Number.isInteger)'])});`],
    [1, () => S`out.push([${list(many(3, 6, () => T`{ k: ${below(3)}, v: ${below(9)} }`))}].sort((x, y) => x.k - y.k).map(x => x.v).join());`],
    [1, () => S`out.push(new ${pick(['Uint8Array', 'Int16Array', 'Float32Array', 'Uint8ClampedArray', 'Float64Array'])}([1, 300, -1, 1.5, NaN]).${pick(['join()', 'length', 'byteLength', 'slice(1).join()', 'map(x => x * 2).join()', 'at(-1)', 'toSorted().join()', 'indexOf(1)'])});`],
  );
}

/** A program that gives one row for each record, with what some of these functions give. */
export function values() {
  const kind = pick([() => S`out.push(${numbers()});`, () => S`out.push(${numbers()});`, conversions, conversions, regexes, regexes, dates, json, texts]);
  const steps = many(2, 6, () => S`try { ${chance(0.85) ? kind() : oneOf(conversions, regexes, dates, json, texts)} } catch (e) { out.push(e) }`);
  return T`function convert(json) { return JSON.parse(json).items.map(r => { const out = []; ${list(steps, ' ')} return { id: r.id, v: q(out) } }) }`;
}
