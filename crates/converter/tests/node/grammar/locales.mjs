// Functions that depend on a locale. They are not among the others: `--grammar locales`.

import { many, pick, weighted } from '../random.mjs';
import { E, S, T, list } from '../tree.mjs';

const LOCALES = ['', "'en-US'", "'de-DE'", 'undefined', "'fr'", "'ja-JP'", "['xx', 'en-GB']"];
const NUMBER_OPTIONS = ['', ', { minimumFractionDigits: 2 }', ", { style: 'percent' }", ", { style: 'currency', currency: 'EUR' }", ', { maximumFractionDigits: 0 }', ", { notation: 'compact' }", ', { useGrouping: false }'];
const DATE_OPTIONS = ['', ", { year: 'numeric', month: 'long', day: 'numeric' }", ", { timeZone: 'UTC' }", ", { dateStyle: 'medium' }", ", { weekday: 'short' }", ", { hour12: false }", ", { timeZone: 'Europe/Berlin', timeStyle: 'short' }", ", { month: '2-digit', year: '2-digit' }"];
const locale = options => {
  const name = pick(LOCALES);
  return name === '' ? '' : name + pick(options);
};

function call() {
  return weighted(
    [3, () => E`(${pick(['1234.5', '0', '-1e9', '0.256', 'NaN', '1e21', '12345678901234567890n', 'r.id'])}).toLocaleString(${locale(NUMBER_OPTIONS)})`],
    [3, () => E`new Date(${pick(['r.created', '0', "'2024-02-29T13:05:09Z'"])}).${pick(['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString'])}(${locale(DATE_OPTIONS)})`],
    [2, () => E`${pick(["'a'", "'ä'", "'Z'", "'10'", 'r.s'])}.localeCompare(${pick(["'b'", "'9'", "'A'", "'a\\u0308'", 'r.key'])}${pick(['', ", 'de'", ', undefined, { numeric: true }', ", 'en', { sensitivity: 'base' }"])})`],
    [1, () => E`['b', 'ä', 'a', 'Z', 'z', '10', '9'].sort((x, y) => x.localeCompare(y)).join()`],
    [1, () => E`'İI'.${pick(['toLocaleLowerCase', 'toLocaleUpperCase'])}(${pick(['', "'tr'", "'en'"])})`],
    [1, () => E`[1234.5, new Date(0)].toLocaleString()`],
    [1, () => E`new Intl.NumberFormat(${locale(NUMBER_OPTIONS)}).format(1234.5)`],
    [1, () => E`new Intl.DateTimeFormat('en-US', { timeZone: 'UTC' }).format(new Date(0))`],
    [1, () => E`new Intl.Collator('de').compare('ä', 'z')`],
    [1, () => E`new Intl.PluralRules('en').select(2)`],
  );
}

/** A program that calls some of these for each record. */
export function locales() {
  const steps = many(1, 4, () => S`try { out.push(${call()}); } catch (e) { out.push(e) }`);
  return T`function convert(json) { return JSON.parse(json).items.map(r => { const out = []; ${list(steps, ' ')} return { id: r.id, v: q(out) } }) }`;
}
