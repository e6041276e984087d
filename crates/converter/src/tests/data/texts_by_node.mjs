// Writes texts_by_node.json: pages of cases for texts_by_node.js, each with what node gives. `node texts_by_node.mjs`, node 20.
import { readFileSync, writeFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';

const here = new URL('.', import.meta.url);
const convert = runInThisContext(readFileSync(new URL('texts_by_node.js', here), 'utf8') + '; convert');
const METHODS = ['indexOf', 'includes', 'split', 'replaceAll', 'split2', 'match', 'replace', 'exec', 'sticky'];
const cases = (sizes, kinds) => METHODS.flatMap(method => sizes.flatMap(n => kinds.map(kind => ({ method, kind, n }))));
// Short texts, and long ones.
const pages = [cases([0, 1, 2, 5], [0, 1, 2, 3]), cases([12, 60], [0, 1, 2, 3]), cases([600], [0])];
const lines = pages.map(cases => `  {"cases": ${JSON.stringify(cases)},\n  "answers": [\n${convert(JSON.stringify({ cases })).map(row => JSON.stringify(row.answer)).join(',\n')}]}`);
writeFileSync(new URL('texts_by_node.json', here), `[\n${lines.join(',\n')}\n]\n`);
