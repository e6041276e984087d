// Writes what node gives for the programs of src/tests/differential.txt over the body that the test has for them:
// node differential.mjs > ../../src/tests/differential_by_node.json
import { readFileSync } from 'node:fs';

const text = readFileSync(new URL('../../src/tests/differential.txt', import.meta.url), 'utf8');
const test = readFileSync(new URL('../../src/tests/differential.rs', import.meta.url), 'utf8');
const body = test.match(/const BODY: &str = r#"(.*?)"#;/s)[1];
const show = (v, depth) => {
  if (v === null || v === undefined) return String(v);
  if (typeof v === 'string') return '"' + v + '"';
  if (typeof v === 'function') return 'function';
  if (typeof v !== 'object') return String(v);
  if (depth > 5) return '…';
  if (Array.isArray(v)) return '[' + v.map(x => show(x, depth + 1)).join() + ']';
  return '{' + Object.keys(v).map(k => k + ':' + show(v[k], depth + 1)).join() + '}';
};
const answer = expression => {
  try {
    return show(new Function('page', 'json', expression)(JSON.parse(body), body), 0).toWellFormed();
  } catch (e) {
    return 'threw ' + e.name;
  }
};
const expressions = text.split('\n').filter(line => line && !line.startsWith('#'));
console.log('[\n' + expressions.map(expression => JSON.stringify(answer(expression))).join(',\n') + '\n]');
