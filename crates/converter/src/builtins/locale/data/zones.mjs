// Names of time zones: which zones have the same names in all locales, and what those are where they are no offsets.
import { readdirSync } from 'node:fs';

const YEARS = [...Array(48).keys()].map(index => 1990 + index);
const INSTANTS = YEARS.flatMap(year => [0, 3, 6, 9].map(month => Date.UTC(year, month, 15)));
/** Every name of the tz database, with what ICU calls the zone; empty where it does not know it. */
export const TZ_NAMES = (function walk(folder) {
  return readdirSync(`/usr/share/zoneinfo/${folder}`, { withFileTypes: true }).flatMap(entry =>
    entry.isDirectory() ? (/^(posix|right)$/.test(entry.name) ? [] : walk(`${folder}${entry.name}/`)) : `${folder}${entry.name}`);
})('').filter(name => /^[A-Z][\w+/-]*$/.test(name)).sort().map(name => {
  try { return [name, new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone]; } catch { return [name, '']; }
});
export const ZONES = [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', ...TZ_NAMES.map(([, name]) => name).filter(name => name)])];

const nameOf = format => date => format.formatToParts(date).find(part => part.type === 'timeZoneName').value;
const formatOf = (locale, timeZone, timeZoneName) => nameOf(new Intl.DateTimeFormat(locale, { timeZone, timeZoneName, hour: 'numeric' }));

/** Minutes east of Greenwich at each instant. */
const OFFSETS = new Map(ZONES.map(zone => {
  const name = formatOf('en-US', zone, 'longOffset');
  return [zone, INSTANTS.map(date => {
    const found = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name(date));
    return found[1] ? (found[1] === '-' ? -1 : 1) * (found[2] * 60 + +found[3]) : 0;
  })];
}));

/** How a locale writes offsets: the text around them, signs, what stands between hours and minutes. */
export function offsetFormat(locale) {
  const text = (zone, style) => formatOf(locale, zone, style)(Date.UTC(2020, 0, 15));
  const [east, west] = [text('Asia/Kolkata', 'longOffset'), text('America/New_York', 'longOffset')];
  const [, before, plus, between, after] = /^(\D*?)(\S)05(\D)30(\D*)$/u.exec(east);
  const minus = west.slice(before.length, before.length + 1);
  const rules = [before, plus, minus, between, after].join('|');
  for (const [zone, minutes] of [['Asia/Kolkata', 330], ['America/New_York', -300], ['UTC', 0], ['Europe/Berlin', 60], ['America/St_Johns', -210], ['Pacific/Auckland', 780]]) {
    for (const style of ['shortOffset', 'longOffset']) if (text(zone, style) !== writeOffset(rules, minutes, style === 'longOffset')) throw new Error(`${locale} ${zone} ${style} ${text(zone, style)} ${writeOffset(rules, minutes, style === 'longOffset')}`);
  }
  return rules;
}

export function writeOffset(rules, minutes, isLong) {
  const [before, plus, minus, between, after] = rules.split('|');
  const [hour, minute] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const two = n => String(n).padStart(2, '0');
  return before + (minutes < 0 ? minus : plus) + (isLong ? `${two(hour)}${between}${two(minute)}` : minute ? `${hour}${between}${two(minute)}` : hour) + after;
}

/** For each zone `offset=name` where a name is no offset, or `!` where an offset had several names. */
export function namesOf(locale, style, rules) {
  return new Map(ZONES.map(zone => {
    const name = formatOf(locale, zone, style), names = new Map();
    let isClear = true;
    INSTANTS.forEach((date, index) => {
      const offset = OFFSETS.get(zone)[index], text = name(date);
      if ((names.get(offset) ?? text) !== text) isClear = false;
      names.set(offset, text);
    });
    if (!isClear) return [zone, '!'];
    return [zone, [...names].filter(([offset, text]) => text !== writeOffset(rules, offset, style === 'long')).map(([offset, text]) => `${offset}=${text}`).join('|')];
  }));
}
