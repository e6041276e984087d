// What node makes of a program: a new context for each page, as the product has.

import vm from 'node:vm';

/** How long the top level and `convert` may take, in milliseconds; programs that take longer are not compared. */
const TIMEOUT = 300;

// A rejection that nothing awaits is an answer, not the end of this process.
process.on('unhandledRejection', () => {});

const COLLECT = new vm.Script(`(json, metadata, done) => {
  (async () => {
    let result = convert(json, metadata);
    if (result instanceof Promise) result = await result;
    if (result === null || result === undefined) return [];
    if (typeof result !== 'object') throw new TypeError('no rows');
    if (typeof result[Symbol.asyncIterator] === 'function') {
      const rows = [];
      for await (const row of result) rows.push(row);
      return rows;
    }
    if (typeof result[Symbol.iterator] === 'function') return [...result];
    return [result];
  })().then(rows => done({ rows }), error => done({ error }));
}`);

const CALL = new vm.Script('globalThis.__collect(globalThis.__json, globalThis.__metadata, globalThis.__done)');

/** An answer for each page: `{ rows }` as texts of cells, `{ error }` with the error's name, or `{ timeout: true }`. */
export function answers(code, pages, helpers) {
  let script;
  try {
    script = new vm.Script(code, { filename: 'converter.js' });
  } catch (error) {
    return pages.map(() => ({ error: error.name }));
  }
  return pages.map((page, index) => answer(script, page, index, helpers));
}

function answer(script, page, index, helpers) {
  const context = vm.createContext({ ...helpers }, { microtaskMode: 'afterEvaluate' });
  const options = { timeout: TIMEOUT, breakOnSigint: false };
  let outcome;
  try {
    script.runInContext(context, options);
    const collect = COLLECT.runInContext(context);
    Object.assign(context, {
      __collect: collect,
      __json: page,
      __metadata: vm.runInContext(`(${JSON.stringify(metadata(index))})`, context),
      __done: value => { outcome = value },
    });
    CALL.runInContext(context, options);
    if (outcome === undefined) return { error: 'pending' };
    if ('error' in outcome) return { error: nameOf(outcome.error) };
    // The program may have changed the methods of its arrays.
    return { rows: Array.from(outcome.rows, row) };
  } catch (error) {
    if (error?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return { timeout: true };
    return { error: nameOf(error) };
  }
}

const metadata = index => ({
  queryName: 'fuzz', queryParameters: {}, originalQueryParameters: {}, page: index + 1,
  url: 'https://example.com/', status: 200, headers: {}, run: '',
});

const nameOf = error => {
  try {
    return String(error?.name ?? error);
  } catch {
    return 'an error without a name';
  }
};

class NoCell extends Error {
  name = 'NoCell';
}

function row(value) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new NoCell();
  const cells = {};
  for (const name of Object.keys(value)) {
    const made = cell(value[name], 0);
    if (made !== null) Object.defineProperty(cells, name, { value: made, enumerable: true, configurable: true, writable: true });
  }
  return cells;
}

/** A value as it can stand in a row: `null`, `{ date }`, `{ number }` where JSON has none, or JSON. */
function cell(value, depth) {
  switch (typeof value) {
    case 'undefined': return null;
    case 'boolean': return value;
    case 'number':
      if (Number.isFinite(value)) return value === 0 ? 0 : value;
      return depth === 0 ? { number: String(value) } : null;
    case 'string': return value.toWellFormed();
    case 'bigint': return Number(value);
    case 'object': break;
    default: throw new NoCell();
  }
  if (value === null) return null;
  if (depth > 100) throw new NoCell();
  if (Array.isArray(value)) return Array.from(value, item => cell(item, depth + 1));
  const tag = Object.prototype.toString.call(value);
  if (tag === '[object Date]') {
    const time = Date.prototype.getTime.call(value);
    if (Number.isNaN(time)) throw new NoCell();
    return { date: time };
  }
  if (['[object Number]', '[object String]', '[object Boolean]'].includes(tag)) return cell(value.valueOf(), depth);
  if (tag !== '[object Object]') throw new NoCell();
  const members = {};
  for (const name of Object.keys(value)) {
    const made = cell(value[name], depth + 1);
    if (made !== null) members[name] = made;
  }
  return members;
}
