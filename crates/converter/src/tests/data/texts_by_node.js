// What methods of texts make of short and long texts, of one and of two bytes per character.
const sum = text => { let hash = 7; for (let i = 0; i < text.length; i += 1 + (text.length >> 9)) hash = (hash * 31 + text.charCodeAt(i)) % 1000003; return `${text.length}:${hash}` };
const show = value => { const text = JSON.stringify(value) ?? 'undefined'; return text.length < 200 ? text : sum(text) };
const loop = (regexp, text) => { const all = []; let found; while ((found = regexp.exec(text))) { all.push([found.index, ...found, regexp.lastIndex]); if (found[0] === '') regexp.lastIndex++ } return all };
const each = (text, sought) => { const all = []; for (let at = -1; (at = text.indexOf(sought, at + 1)) >= 0;) all.push(at); return all };
const METHODS = {
  indexOf: t => [each(t, ','), each(t, '\n'), each(t, 'no'), t.indexOf('ZZ'), t.indexOf(''), t.indexOf('', 7), t.indexOf('', Infinity), t.indexOf('e', -5), t.indexOf('e', '3'), t.indexOf('e', NaN), t.indexOf(), t.indexOf(1), t.indexOf('é'), t.indexOf('€'), t.indexOf(null)],
  includes: t => [t.includes(','), t.includes('ZZ'), t.includes('n', 1e9), t.includes(''), t.includes('€'), t.includes(2), (() => { try { return t.includes(/n/) } catch (e) { return e.name } })()],
  split: t => [t.split(','), t.split('\n', 3), t.split('ZZ'), t.split(',', 0), t.split(',', -1), t.split(',', '2'), t.split(), t.split('', 5), t.split('no'), t.split(t), t.split({ [Symbol.split]: s => s.length }), t.split({ toString: () => 'a' }, { valueOf: () => 2 }), t.split(null), t.split(undefined, 0)],
  replaceAll: t => [t.replaceAll(',', ';'), t.replaceAll('n', '$$-$&-$1-$<a>-$'), t.replaceAll('\n', "[$'".slice(0, 1) + '$'), t.replaceAll('e', (found, at, whole) => `${found}${at}${whole === t}`), t.replaceAll('', '_'), t.replaceAll('ZZ', () => { throw 1 }), t.replaceAll('no', undefined), t.replaceAll(/n(a)?/g, '<$1$&>'), t.replaceAll('a', { toString: () => '$&$&' }), t.slice(0, 40).replaceAll('e', "($`|$')"), t.replaceAll('€', 'x')],
  split2: t => [t.split(/,/), t.split(/\r?\n/), t.split(/ZZ/), t.split(/(,)(q)?/), t.split(/\s*/, 30), t.split(/(?:)/u, 20), t.split(/(?=n)/), t.split(/$/), t.split(/$/m), t.split(/^/m, 4), t.split(/n/y), t.split(/E/gi, 6), t.split(/(?<=,)/), t.split(/\b/, 9), t.split(/[^]/, 3), t.split(/,/, 0), t.split(/(?<x>\d)/, 7)],
  match: t => [t.match(/[^,]+/g), t.match(/ZZ/g), t.match(/(\d+),/), [...t.matchAll(/(\d+),(n)?/g)].map(m => [...m, m.index, m.input === t]), t.search(/no/), t.match(/(?<y>\d{4})-(?<m>\d\d)/)?.groups?.y, t.match(/^.*$/gm), t.match(/\w*/g), t.match(/./gu)?.length],
  replace: t => [t.replace(/,/g, ';'), t.replace(/(\d)(\d)?/g, '$2$1'), t.replace(/\n/g, () => '|'), t.replace(/(?<a>n)(?<b>o)/g, '$<b>$<a>'), t.replace(/e/, "<$`>".slice(0, 1)), t.replace(/x*/g, '-'), t.replace(/n/y, 'N'), t.replace(/[\s,]+/g, (m, at, s) => `${m.length}${at}${s === t}`)],
  exec: t => [loop(/(\d+),/g, t), loop(/n?/g, t.slice(0, 700)), loop(/[^\n]*\n/y, t), (() => { const r = /\d,/g; let n = 0; while (r.test(t)) n++; return n })(), /no/.exec(t)?.input === t, loop(/./dg, t.slice(0, 300)).length, /n(.)/d.exec(t)?.indices],
  sticky: t => [loop(/\w+|[^]/y, t), loop(/(?<a>\d+),(n)?|./dy, t.slice(0, 400)), loop(/n?/y, t.slice(0, 300)), loop(/NA/iy, t), loop(/(n)|\1e|[^]/y, t.slice(0, 400)), loop(/./uy, t), t.replace(/\w/gy, 'x'), t.match(/\d|,|n/gy), [/,/y.test(t), t.search(/,/y)], (() => {
    const kinds = [/\s+/y, /\w+/y, /[,-]/y, /ZZ/y, /[^]/y], all = [];
    for (let i = 0; i < t.length;) for (const kind of kinds) { kind.lastIndex = i; const found = kind.exec(t); if (found) { all.push(kind.source + found[0]); i = kind.lastIndex; break } }
    return all;
  })(), (() => { const r = /,/y; r.lastIndex = 1e9; return [r.exec(t), r.lastIndex, (r.lastIndex = -1, r.exec(t)), r.lastIndex] })(), (() => { try { return Object.freeze(/\w/y).test(t) } catch (e) { return e.name } })()],
};
function text({ kind, n }) {
  const line = (_, i) => [`${i},name ${i % 97},2024-01-${i % 28 + 1},some note`, `${i},na\u00efve n\u00e9,2024-01-0${i % 9 + 1},no`, `${i},\u20ac ${i % 7},\ud83d\ude00 note,\ud83d`, `no,,${'n'.repeat(i % 5)}`][kind];
  return Array.from({ length: n }, line).join(kind === 3 ? '\r\n' : '\n');
}
function convert(json) {
  return JSON.parse(json).cases.flatMap(one => {
    const whole = text(one), own = whole.slice(1);
    return METHODS[one.method](one.kind % 2 ? own : whole).map(value => ({ answer: show(value) }));
  });
}
