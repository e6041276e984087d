// Writes sort_by_node.json: pages of cases for sort_by_node.js, each with what node gives. `node sort_by_node.mjs`, node 20.
import { readFileSync, writeFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';

const here = new URL('.', import.meta.url);
const convert = runInThisContext(readFileSync(new URL('sort_by_node.js', here), 'utf8') + '; convert');
const SIZES = [0, 1, 2, 3, 5, 16, 21, 33, 64, 65, 130];
const LARGE = [256, 300, 511, 513, 700, 1000, 2000];
let turn = 0;
const next = n => turn++ % n;
const orders = [], forms = [], typed = [];
for (let c = 0; c < 32; c++) {
  for (const n of SIZES) orders.push({ c, n, p: next(9), f: n % 2 ? 'sort' : 'sorted' });
  for (const n of LARGE) if ((c + n) % 9 === 0 || (n === 2000 && [0, 6, 9].includes(c))) orders.push({ c, n, p: next(9), f: 'sort' });
}
for (const f of ['holes', 'holesSorted', 'like', 'likeSorted', 'frozen', 'texts', 'numbers', 'strange'])
  for (let c = 0; c < 35; c++)
    for (const n of [1, 2, 7, 23]) if (['texts', 'numbers', 'strange'].includes(f) ? c > 30 && c !== 31 : next(2) || c > 24) forms.push({ c, n, p: next(9), f });
for (const f of ['Int8Array', 'Float64Array', 'Float32Array', 'Uint16Array', 'BigInt64Array'])
  for (let c = 0; c < 16; c++)
    for (const n of [0, 1, 2, 3, 11, 40, 128]) if (n < 100 || c % 6 === 0) typed.push({ c, n, p: next(9), f });
const pages = [orders, forms, typed].map(cases => ({ cases, answers: convert(JSON.stringify({ cases })).map(row => row.answer) }));
const lines = pages.map(({ cases, answers }) => `  {"cases": [\n${cases.map(one => JSON.stringify(one)).join(',\n')}],\n  "answers": [\n${answers.map(one => JSON.stringify(one)).join(',\n')}]}`);
writeFileSync(new URL('sort_by_node.json', here), `[\n${lines.join(',\n')}\n]\n`);
