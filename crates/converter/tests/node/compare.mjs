// Whether the product's answer is node's, and if not, what kind of difference that is.

import { readFileSync } from 'node:fs';

const ALLOWED = JSON.parse(readFileSync(new URL('allowed.json', import.meta.url), 'utf8'));

/** Kinds of differences, the worst first. */
export const KINDS = {
  rows: 'other rows, without an error',
  'no error': 'rows, where node has an error',
  engine: 'the engine failed',
  limit: 'a limit ended it',
  error: 'an error, where node has rows',
  refused: 'a named refusal, where node has rows',
};

/** Kinds that nobody would notice. */
export const SILENT = ['rows', 'no error'];

/** A script that is refused, though it is no syntax error: the product says that it would compute it wrongly. */
const isRefusal = answer => answer.error === 'Syntax' && !answer.message.includes('syntax error');

/**
 * The worst difference of a program, or null.
 *
 * `allowed` counts the differences by the entry of `allowed.json` that they are.
 */
export function difference(code, ours, node, allowed = {}) {
  const order = Object.keys(KINDS);
  let worst = null;
  for (const mode of ['optimized', 'plain']) {
    if (ours[mode] === undefined) continue;
    for (const [page, expected] of node.entries()) {
      if (expected.timeout) return null;
      const found = pageDifference(code, ours[mode][page], expected, allowed);
      if (found === null) continue;
      if (worst === null || order.indexOf(found.kind) < order.indexOf(worst.kind)) worst = { ...found, page, mode };
    }
  }
  if (worst === null || ours.plain === undefined || ours.optimized === undefined) return worst;
  const other = worst.mode === 'optimized' ? pageDifference(code, ours.plain[worst.page], node[worst.page], {}) : null;
  const mode = worst.mode === 'plain' ? 'only without optimizations' : other?.kind === worst.kind ? 'both' : 'only with optimizations';
  return { ...worst, mode };
}

function pageDifference(code, ours, node, allowed) {
  if (ours === undefined) return { kind: 'engine', ours: 'no answer', node: text(node) };
  const shown = { ours: text(ours), node: text(node) };
  if (ours.error !== undefined) {
    if (ours.error === 'Engine') return { kind: 'engine', ...shown };
    if (node.error !== undefined) return null;
    if (ours.error === 'Limit') return { kind: 'limit', ...shown };
    return { kind: isRefusal(ours) ? 'refused' : 'error', ...shown };
  }
  if (node.error !== undefined) return { kind: 'no error', ...shown };
  return sameRows(code, JSON.parse(ours.rows), node.rows, allowed) ? null : { kind: 'rows', ...shown };
}

const text = answer => (answer.rows === undefined
  ? `error ${answer.message ?? answer.error}`
  : typeof answer.rows === 'string' ? answer.rows : JSON.stringify(answer.rows));

function sameRows(code, ours, node, allowed) {
  if (ours.length !== node.length) return false;
  const names = new Set([...ours, ...node].flatMap(row => Object.keys(row)));
  for (const name of names) {
    const cells = node.map(row => (Object.hasOwn(row, name) ? row[name] : undefined));
    const types = new Set(cells.filter(cell => cell !== undefined).map(typeOf));
    for (const [index, row] of ours.entries()) {
      const cell = Object.hasOwn(row, name) ? row[name] : undefined;
      if (!sameCell(cell, cells[index], types) && !isAllowed(code, cell, cells[index], allowed)) return false;
    }
  }
  return true;
}

const typeOf = cell => (Array.isArray(cell) ? 'list' : cell?.date !== undefined ? 'date' : cell?.number !== undefined ? 'number' : typeof cell);

/** Columns of one type keep it; in others every cell is text. */
function sameCell(ours, node, types) {
  // As JSON, a number that is none is null.
  if (node?.number !== undefined) return ours === null || String(ours) === node.number;
  if (ours === undefined || node === undefined) return ours === node;
  if (types.size === 1 && typeof node !== 'object') return ours === node;
  if (typeof node !== 'object') return String(ours) === String(node);
  if (node.date !== undefined && types.size === 1) return Date.parse(ours) === node.date;
  let value = ours;
  if (typeof ours === 'string') {
    try {
      value = JSON.parse(ours);
    } catch {
      return node.date !== undefined && Date.parse(ours) === node.date;
    }
  }
  return canonical(value) === canonical(node);
}

/** A value in a text that leaves out what a column of structs or lists does not keep: nulls, and types that were widened. */
function canonical(value) {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object') return JSON.stringify(String(value));
  if (value.number !== undefined && Object.keys(value).length === 1) return 'null';
  if (value.date !== undefined) return JSON.stringify(new Date(value.date).toISOString().replace('Z', '000Z'));
  const members = Object.keys(value).sort().filter(name => value[name] !== null);
  return `{${members.map(name => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`;
}

/** Whether an entry of `allowed.json` explains what is different between two cells. */
function isAllowed(code, ours, node, allowed) {
  if (ours === undefined || node === undefined) return false;
  for (const entry of ALLOWED) {
    if (!new RegExp(entry.code).test(code)) continue;
    const without = cell => {
      const shown = typeof cell === 'object' ? canonical(cell) : String(cell);
      return entry.without === undefined ? shown : shown.replace(new RegExp(entry.without, 'g'), '');
    };
    const [left, right] = [without(ours), without(node)];
    if (left === right || (entry.digits !== undefined && sameButDigits(left, right, entry.digits))) {
      allowed[entry.name] = (allowed[entry.name] ?? 0) + 1;
      return true;
    }
  }
  return false;
}

const NUMBER = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g;

/** Whether two texts are equal but for numbers that differ by less than this part of them. */
function sameButDigits(left, right, part) {
  const [ours, node] = [left, right].map(shown => [...shown.matchAll(NUMBER)].map(Number));
  if (ours.length !== node.length || left.replace(NUMBER, '') !== right.replace(NUMBER, '')) return false;
  return ours.every((number, index) => Math.abs(number - node[index]) <= part * Math.abs(node[index]));
}
