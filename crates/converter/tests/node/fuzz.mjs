// Runs random programs in the product and in node, and shows where they differ: `just fuzz-js`, or with arguments
//
//   node fuzz.mjs --driver PATH [--seed N] [--count N | --minutes N] [--jobs N] [--grammar NAME] [--shrink N] [--report FILE]
//   node fuzz.mjs --driver PATH --seed N --only        the one program of this seed, shrunk
//   node fuzz.mjs --driver PATH --file PROGRAM.js      a program from a file, over the pages of a seed

import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { KINDS, SILENT, difference } from './compare.mjs';
import { Driver } from './driver.mjs';
import { answers } from './node.mjs';
import { pages } from './pages.mjs';
import { program, text } from './programs.mjs';
import { seed } from './random.mjs';
import { HELPERS } from './references.mjs';
import { shrink } from './shrink.mjs';

const BATCH = 40;

async function main() {
  const { values: options } = parseArgs({
    options: {
      driver: { type: 'string' }, seed: { type: 'string' }, count: { type: 'string' }, minutes: { type: 'string', default: '1' },
      jobs: { type: 'string' }, grammar: { type: 'string' }, shrink: { type: 'string', default: '12' }, report: { type: 'string' },
      only: { type: 'boolean', default: false }, file: { type: 'string' },
    },
  });
  const first = Number(options.seed ?? Math.floor(Date.now() / 1000) % 1_000_000 * 1000);
  if (options.file !== undefined) return await file(options.file, first, options.driver);
  if (options.only) return await only(first, options);
  const jobs = Number(options.jobs ?? availableParallelism());
  const total = { programs: 0, rows: 0, direct: 0, skipped: 0, grammars: {}, kinds: {}, allowed: {}, found: [], all: [] };
  const start = Date.now();
  const ends = Array.from({ length: jobs }, (_, job) => new Promise(resolve => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { ...options, job, jobs, first, until: start + options.minutes * 60_000 } });
    worker.on('message', part => add(total, part));
    worker.on('exit', resolve);
    worker.on('error', error => { console.error(error); process.exitCode = 2; });
  }));
  await Promise.all(ends);
  report(total, (Date.now() - start) / 60_000, first);
  if (options.report !== undefined) writeFileSync(options.report, [...total.found, ...total.all].map(found => `${JSON.stringify(found)}\n`).join(''));
  if (SILENT.some(kind => total.kinds[kind] > 0)) process.exitCode = 1;
}

function add(total, part) {
  for (const [name, value] of Object.entries(part)) {
    if (typeof value === 'number') total[name] += value;
    else if (Array.isArray(value)) total[name].push(...value);
    else for (const [key, count] of Object.entries(value)) total[name][key] = (total[name][key] ?? 0) + count;
  }
  for (const found of part.found ?? []) {
    const like = `${found.kind} ${outline(found.code)}`;
    if (!shown.has(like)) show(found);
    shown.add(like);
  }
}

/** What has been shown; programs that differ in names and values alone are shown once. */
const shown = new Set();
const outline = code => code.replace(/'(?:[^'\\]|\\.)*'|"[^"]*"|\d[\w.]*/g, '0').replace(/\b[a-zA-Z]{1,2}\d+\b/g, 'x').replace(/\s+/g, '');

function show({ number, grammar, kind, mode, page, ours, node, code, body }) {
  console.log(`\n--- ${KINDS[kind]} (${mode}); seed ${number}, ${grammar}\n${code}\n  page ${page + 1}: ${body}\n  product ${shorter(ours)}\n  node    ${shorter(node)}`);
}

const shorter = shown => (shown.length > 600 ? `${shown.slice(0, 600)}…` : shown);

function report(total, minutes, first) {
  const per = Math.round(total.programs / minutes);
  console.log(`\n${total.programs} programs from seed ${first}, ${total.rows} rows, ${minutes.toFixed(1)} minutes (${per} programs a minute)`);
  console.log(`by grammar: ${Object.entries(total.grammars).map(([name, count]) => `${name} ${count}`).join(', ')}`);
  console.log(`${total.direct} with columns that are read without the script; ${total.skipped} not compared, since node took too long`);
  const silent = SILENT.reduce((sum, kind) => sum + (total.kinds[kind] ?? 0), 0);
  const all = Object.values(total.kinds).reduce((sum, count) => sum + count, 0);
  console.log(`${all} programs with differences, ${silent} of them silent`);
  for (const [kind, meaning] of Object.entries(KINDS)) console.log(`  ${String(total.kinds[kind] ?? 0).padStart(6)}  ${meaning}`);
  for (const [name, count] of Object.entries(total.allowed)) console.log(`  ${String(count).padStart(6)}  cells with an allowed difference: ${name}`);
}

/** Programs of the seeds that fall to this worker, until it is time. */
async function work() {
  const { job, jobs, first, until, count, grammar } = workerData;
  const driver = new Driver(workerData.driver);
  let shrinks = Math.ceil(Number(workerData.shrink) / jobs);
  const known = new Set();
  const last = count === undefined ? Infinity : first + Number(count);
  for (let next = first + job; next < last && (count !== undefined || Date.now() < until);) {
    const numbers = [];
    for (; numbers.length < BATCH && next < last; next += jobs) numbers.push(next);
    const programs = numbers.map(number => program(number, grammar));
    const asked = driver.ask(programs.map(({ tree, pages }) => ({ code: text(tree), pages })));
    const expected = programs.map(({ tree, pages }) => answers(text(tree), pages, HELPERS));
    const part = { programs: programs.length, rows: 0, direct: 0, skipped: 0, grammars: {}, kinds: {}, allowed: {}, found: [], all: [] };
    for (const [index, ours] of (await asked).entries()) {
      const made = programs[index];
      part.grammars[made.grammar] = (part.grammars[made.grammar] ?? 0) + 1;
      part.direct += ours.n_direct > 0 ? 1 : 0;
      part.skipped += expected[index].some(answer => answer.timeout) ? 1 : 0;
      part.rows += expected[index].reduce((sum, answer) => sum + (answer.rows?.length ?? 0), 0);
      const found = difference(text(made.tree), ours, expected[index], part.allowed);
      if (found === null) continue;
      part.kinds[found.kind] = (part.kinds[found.kind] ?? 0) + 1;
      part.all.push({ number: made.number, grammar: made.grammar, ...found });
      const likeness = `${made.grammar} ${found.kind} ${found.ours.replace(/\d+/g, '').slice(0, 60)}`;
      if (shrinks > 0 && found.kind !== 'refused' && !known.has(likeness)) {
        shrinks -= 1;
        if (found.kind !== 'rows') known.add(likeness);
        part.found.push(await minimal(made, found, driver));
      }
    }
    parentPort.postMessage(part);
  }
  driver.end();
}

async function minimal(made, found, driver) {
  const small = await shrink(made, found, driver, HELPERS);
  return { number: made.number, grammar: made.grammar, ...small };
}

async function only(number, { driver: path, grammar }) {
  const driver = new Driver(path);
  const made = program(number, grammar);
  console.log(`${made.tree}`);
  const [ours] = await driver.ask([{ code: text(made.tree), pages: made.pages }]);
  const expected = answers(text(made.tree), made.pages, HELPERS);
  const found = difference(text(made.tree), ours, expected);
  if (found === null) console.log('\nno difference', JSON.stringify(expected[0]));
  else show(await minimal(made, found, driver));
  driver.end();
}

async function file(path, number, driverPath) {
  const driver = new Driver(driverPath);
  seed(number);
  const input = { code: text(readFileSync(path, 'utf8')), pages: pages() };
  const [ours] = await driver.ask([input]);
  const expected = answers(input.code, input.pages, HELPERS);
  const found = difference(input.code, ours, expected);
  console.log(found === null ? `no difference: ${JSON.stringify(expected[0])}` : JSON.stringify(found, null, 1));
  driver.end();
}

if (isMainThread) await main();
else await work();
