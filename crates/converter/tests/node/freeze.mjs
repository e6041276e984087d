// Chooses programs, runs them in node and writes them with its answers, for the test that runs without node:
//
//   node freeze.mjs [--count N] [--seed N] [--keep programs.jsonl] [REPORT...] > new.jsonl
//
// REPORT is what `fuzz.mjs --report` has written: its shrunk programs come first, then those of the file that is kept. The others are
// chosen for what is in them: each has to bring sequences of tokens that those before it do not have.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { answers } from './node.mjs';
import { pages } from './pages.mjs';
import { PRELUDE, SHORT_PRELUDE, program } from './programs.mjs';
import { seed } from './random.mjs';
import { HELPERS } from './references.mjs';

/** Pages are shared: this many sets of three. */
const PAGE_SETS = 24;
const MAX_CODE = 800;
const MAX_ANSWERS = 700;

/** What differs between machines or versions of node, and is compared by `fuzz.mjs` alone. */
const NOT_EXACT = /Math\.(a?cosh?|a?sinh?|a?tanh?|atan2|cbrt|exp|expm1|hypot|log|log10|log1p|log2|pow)\b|toString\(\)|toTimeString|Date\(|\*\*=?|toLocale|localeCompare|Intl|groupBy/;

const { values: options, positionals } = parseArgs({
  options: { count: { type: 'string', default: '3000' }, seed: { type: 'string', default: '1' }, keep: { type: 'string' } },
  allowPositionals: true,
});

const sets = Array.from({ length: PAGE_SETS }, (_, index) => {
  seed(1_000_003 * (index + 1));
  return pages({ small: true });
});

const known = new Set();
const chosen = [];

const wanted = Number(options.count);
for (const code of shrunk()) add(code, 1);
for (const { code, open } of kept()) if (chosen.length < wanted) add(code, 0, open);
for (let number = Number(options.seed), threshold = 6; chosen.length < wanted; number++) {
  // The longer it takes, the less a program has to bring.
  if (number % 20_000 === 0) threshold = Math.max(1, threshold - 1);
  add(String(program(number).tree), threshold);
}
const lines = [{ pages: sets }, ...chosen].map(line => JSON.stringify(line));
process.stdout.write(`${lines.join('\n')}\n`);

function* shrunk() {
  for (const path of positionals) {
    for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
      const { code } = JSON.parse(line);
      if (code !== undefined) yield code;
    }
  }
}

function* kept() {
  if (options.keep === undefined) return;
  for (const line of readFileSync(options.keep, 'utf8').trim().split('\n').slice(1)) yield JSON.parse(line);
}

function add(code, threshold, open) {
  if (code.length > MAX_CODE || isInexact(code)) return;
  const brings = sequences(code).filter(sequence => !known.has(sequence));
  if (brings.length < threshold) return;
  const set = chosen.length % PAGE_SETS;
  const expected = frozen(`${code}\n${PRELUDE}`, sets[set]);
  if (expected === null || JSON.stringify(expected).length > MAX_ANSWERS) return;
  brings.forEach(sequence => known.add(sequence));
  const short = frozen(`${code}\n${SHORT_PRELUDE}`, sets[set]);
  const show = JSON.stringify(short) === JSON.stringify(expected) ? 'short' : 'long';
  chosen.push({ code, show, pages: set, answers: expected, open });
}

function isInexact(code) {
  // A power of whole numbers is exact; `new Date(…)` is, without its text.
  const rest = code.replace(/new Date\(/g, '').replace(/\b([0-9]|10) \*\* [0-9]\b/g, '');
  return NOT_EXACT.test(rest);
}

/** Three tokens after each other, where a name is a name, and a number a number. */
function sequences(code) {
  const tokens = code.match(/[A-Za-z_$][\w$]*|\d[\w.]*|"[^"]*"|'[^']*'|=>|\*\*=?|[-+*/%&|^<>=!?]+|\S/g) ?? [];
  const kinds = tokens.map(token => (/^[vxyzinLe]\d+\w?$/.test(token) ? 'name' : /^\d/.test(token) ? '0' : token));
  return kinds.slice(2).map((_, index) => kinds.slice(index, index + 3).join(' '));
}

/** Node's answers, if each column of a page is of one simple type, so that they can be compared as they stand. */
function frozen(code, pages) {
  const all = answers(code, pages, HELPERS);
  if (all.some(answer => answer.timeout || answer.error === 'pending')) return null;
  for (const { rows = [] } of all) {
    const types = {};
    for (const row of rows) {
      for (const [name, cell] of Object.entries(row)) {
        if (typeof cell === 'object' || (types[name] ??= typeof cell) !== typeof cell) return null;
      }
    }
  }
  return all.map(({ rows, error }) => rows ?? { error });
}
