// The product's helpers, in every place of a converter, on every record.

import { chance, many, pick, weighted } from '../random.mjs';
import { E, S, T, list } from '../tree.mjs';

const TEXTS = ["''", "'a'", "'é'", "'eA=='", "'eQ=='", "'YWJj'", "'a b&c=d'", "'https://user:pw@a.b:8080/c/d?x=1&y=2&x=3#f'", 'r.s', 'r.key', 'String(r.id)'];
const text = () => E`${pick(TEXTS)}`;
const URLS = ["'https://a.b/c?d=e&f=g#h'", "'https://' + r.key + '.example/x?id=' + r.id", "'http://a.b:80/../c'", "'HTTPS://ÄB.de/é?ü=ö'", "'mailto:x@y.z'", "'nonsense'", "'https://a.b/' + r.s"];
const FORMATS = ["'YYYY'", "'YYYY-MM'", "'YYYY-MM-DD (dddd), HH:mm'", "'Do MMM YY, h:mm A'", "'[Week] WW, GGGG'", "'x'", "'DDDo [of] YYYY'", "'Q'", "'LLLL'", "'HH:mm:ss.SSS ZZ'"];
const WHEN = ['r.created', 'r.created', 'new Date(r.created)', 'Date.parse(r.created)', "'2024-02-29'", '0', 'null', "r.s"];

const adf = () => {
  const inline = () => pick(['{ type: "text", text: r.s ?? "x" }', '{ type: "text", text: "b", marks: [{ type: "strong" }] }', '{ type: "hardBreak" }', '{ type: "mention", attrs: { text: "@" + r.key } }', '{ type: "emoji", attrs: { shortName: ":x:" } }', '{ type: "text", text: "l", marks: [{ type: "link", attrs: { href: "https://a.b" } }] }']);
  const paragraph = () => T`{ type: "paragraph", content: [${list(many(0, 3, () => T`${inline()}`))}] }`;
  const blocks = weighted(
    [3, () => many(1, 2, paragraph)],
    [1, () => [T`{ type: "heading", attrs: { level: 2 }, content: [${inline()}] }`, paragraph()]],
    [1, () => [T`{ type: "${pick(['bulletList', 'orderedList'])}", content: [{ type: "listItem", content: [${paragraph()}] }, { type: "listItem", content: [${paragraph()}] }] }`]],
    [1, () => [T`{ type: "codeBlock", attrs: { language: "js" }, content: [{ type: "text", text: "a\`b" }] }`]],
    [1, () => [T`{ type: "table", content: [{ type: "tableRow", content: [{ type: "tableHeader", content: [${paragraph()}] }, { type: "tableCell", content: [${paragraph()}] }] }] }`]],
  );
  return weighted([5, () => T`{ type: "doc", version: 1, content: [${list(blocks)}] }`], [1, () => pick(['null', 'undefined', "'plain'", 'r.s', 'r.owner', '7', '[]'])]);
};

/** One call of a helper, as an expression. */
function call() {
  return weighted(
    [2, () => E`btoa(${text()})`],
    [2, () => E`atob(${pick([text, () => E`btoa(${pick(["'xy'", 'r.key', 'String(r.id)'])})`])()})`],
    [3, () => E`structuredClone(${pick(['r', 'r.o', 'r.a', 'r.s', '{ d: new Date(0), m: new Map([[1, { x: 2 }]]) }', '[1, [2, { p: r.o }]]', '/a\\/b/g', 'new Set([1, r.s])', 'null', 'undefined', '() => 1', 'new Error("x")', '[, 1]', 'new TypeError("t")', '1n', 'new Date(NaN)', 'Object("s")'])})`],
    [2, () => E`new URL(${pick(URLS)}).${pick(['hostname', 'href', 'search', 'pathname', 'hash', 'host', 'port', 'protocol', 'origin', 'toString()', 'username', 'toJSON()'])}`],
    [1, () => E`new URL(${pick(["'../x?y'", "'/z'", "'//c.d'", "'?q=1'", "r.key"])}, 'https://a.b/c/d').href`],
    [1, () => E`URL.canParse(${pick(URLS)})`],
    [1, () => E`[...new URL(${pick(URLS)}).searchParams]`],
    [2, () => E`new URLSearchParams(${pick(["'a=1&b=2&a=3'", '{ x: r.id, y: r.s }', '[["p", "q r"], ["é", "+"]]', "'?z=%20+'", "''"])}).${pick(['toString()', "get('a')", "getAll('a')", "has('x')", 'size', "get('none')"])}`],
    [1, () => E`(() => { const u = new URLSearchParams('a=1&b=2&a=3'); u.${pick(["append('c', r.id)", "set('a', r.s)", "delete('a')", 'sort()', "delete('b', '2')"])}; return [u.toString(), [...u.keys()].join()] })()`],
    [1, () => E`(() => { const u = new URL(${pick(URLS)}); u.${pick(["searchParams.set('k', r.id)", "hash = 'x y'", "pathname = '/é'", "port = '81'", "search = 'a=b c'", "host = 'n.m:1'", "protocol = 'http'", "searchParams.append('é', '&')"])}; return u.href })()`],
    [1, () => E`Array.from(new TextEncoder().encode(${text()}))`],
    [1, () => E`new TextDecoder(${pick(['', "'utf-8'", "'utf-8', { fatal: true }"])}).decode(${pick(['new TextEncoder().encode(r.s)', 'new Uint8Array([104, 195, 169])', 'new Uint8Array([255, 65])', 'new Uint8Array([239, 187, 191, 65])', ''])})`],
    [4, () => E`PocketQuery.formatDate(${pick(WHEN)}${chance(0.9) ? T`, ${pick(FORMATS)}` : ''})`],
    [2, () => E`adfToText(${adf()})`],
    [2, () => E`adfToMarkdown(${adf()})`],
    [1, () => E`typeof ${pick(['PocketQuery', 'URL', 'atob', 'structuredClone', 'adfToText', 'TextEncoder', 'notThere'])}`],
    [1, () => E`[1, 2].map(${pick(['btoa', 'structuredClone', 'x => atob(btoa(x))', 'PocketQuery.formatDate'])})`],
    [1, () => E`(() => { const { formatDate } = PocketQuery; return formatDate(r.created, 'YYYY') })()`],
    [1, () => E`((f = ${pick(['btoa', 'adfToText', 'structuredClone'])}) => f(r.key))()`],
    [0.5, () => E`new URL('https://a.b') instanceof URL`],
  );
}

const guarded = made => E`g(() => ${E`(${made})`})`;

/** A program that calls helpers at places that run again and again. */
export function helpers() {
  const cells = () => list(many(1, 3, n => T`c${n}: q(${guarded(call())})`));
  const bare = () => list(many(1, 2, n => T`c${n}: q(${call()})`));
  const before = weighted(
    [6, () => ''], [1, () => S`const { formatDate } = PocketQuery;`], [1, () => S`const encoder = new TextEncoder();`], [1, () => S`var atob = x => 'own ' + x;`], [1, () => S`function btoa(x) { return 'own ' + x }`], [1, () => S`PocketQuery; adfToMarkdown;`],
  );
  const g = 'const g = f => { try { return f() } catch (e) { return e } };';
  return weighted(
    [3, () => T`${before} ${g} function convert(json) { return JSON.parse(json).items.map(r => ({ id: r.id, ${cells()} })) }`],
    [2, () => T`${before} function convert(json) { return JSON.parse(json).items.map(r => ({ id: r.id, ${bare()} })) }`],
    [2, () => T`${before} ${g} function convert(json) { const rows = []; for (const r of JSON.parse(json).items) rows.push({ id: r.id, ${cells()} }); return rows }`],
    [1, () => T`${before} ${g} function convert(json) { const rows = [], items = JSON.parse(json).items; for (let i = 0; i < items.length; i++) { const r = items[i]; if (i % 2) rows.push({ id: r.id, ${cells()} }); else rows.push({ id: r.id, o: 1 }) } return rows }`],
    [1, () => T`${before} ${g} function* convert(json) { for (const r of JSON.parse(json).items) yield { id: r.id, ${cells()} } }`],
    [1, () => T`${before} ${g} async function convert(json) { return Promise.all(JSON.parse(json).items.map(async r => ({ id: r.id, ${cells()} }))) }`],
    [1, () => T`${g} const one = r => ({ id: r.id, ${cells()} }), convert = json => JSON.parse(json).items.map(one).concat(JSON.parse(json).items.map(one));`],
  );
}
