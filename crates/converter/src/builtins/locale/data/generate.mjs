// Writes `locales.txt`: what node's ICU says about numbers, dates, lists and relative times in the locales that
// converters know. Every rule that the converter applies to this data is applied here too and compared with node; where
// it differs, the difference is written as an override, so that the file and the rules together give node's answers.
//
//   TZ=UTC LANG=en_US.UTF-8 node generate.mjs > locales.txt
import { TZ_NAMES, ZONES, offsetFormat, namesOf } from './zones.mjs';
import { DATE_FIELDS, TIME_FIELDS, CYCLES, ZONE_SUFFIXES, dateIndex, timeIndex, buildPattern } from './rules.mjs';

export const LOCALES = ('en-US en-GB en-CA en-AU en-IN en-IE en-NZ en-ZA de-DE de-AT de-CH fr-FR fr-CA fr-CH es-ES es-MX es-AR it-IT it-CH ' +
  'pt-BR pt-PT nl-NL nl-BE sv-SE da-DK nb-NO fi-FI pl-PL cs-CZ sk-SK hu-HU ro-RO ru-RU uk-UA tr-TR el-GR ja-JP zh-CN zh-TW ko-KR').split(' ');
/** Of a language that has several, the first: others are written as differences from it. */
const parentOf = locale => LOCALES.find(other => other.split('-')[0] === locale.split('-')[0]) ?? locale;

const utc = options => ({ timeZone: 'UTC', ...options });
const partsOf = (locale, options, date) => new Intl.DateTimeFormat(locale, utc(options)).formatToParts(date);
// Sunday, 2 January 2033 is a Sunday; months and weekdays are all distinct from the other numbers of the date.
const MONTHS = [...Array(12).keys()].map(month => Date.UTC(2033, month, 5, 13, 7, 9));
const WEEKDAYS = [...Array(7).keys()].map(day => Date.UTC(2033, 8, 4 + day, 13, 7, 9));
const HOURS = [...Array(24).keys()].map(hour => Date.UTC(2033, 8, 5, hour, 7, 9));
const SAMPLE = Date.UTC(2033, 8, 5, 13, 7, 9);

class Tables {
  constructor() { this.kinds = { a: [], w: [], p: [] }; }
  index(kind, values) {
    const text = values.join('|');
    const known = this.kinds[kind].indexOf(text);
    if (known >= 0) return known;
    return this.kinds[kind].push(text) - 1;
  }
}
const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz';
const LENGTHS = ['full', 'long', 'medium', 'short'];
const clean = options => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
const show = value => value.toString().padStart(2, '0');

const zoneStylesOf = new Map();
/** What UTC is called, in each style. */
function zoneStyles(locale) {
  if (!zoneStylesOf.has(locale)) {
    const of = timeZoneName => partsOf(locale, { hour: 'numeric', minute: 'numeric', timeZoneName }, SAMPLE).find(part => part.type === 'timeZoneName').value;
    const styles = [of('short'), of('long'), of('shortOffset'), of('longOffset')];
    if (new Set(styles).size < 4) fail('zone styles', styles.join());
    zoneStylesOf.set(locale, styles);
  }
  return zoneStylesOf.get(locale);
}

/** The pattern of a format: literals, and fields as `%` with a letter. */
function pattern(locale, options, tables, withZone) {
  const format = new Intl.DateTimeFormat(locale, utc(options));
  const valueOf = (dates, index) => dates.map(date => format.formatToParts(date)[index].value);
  return format.formatToParts(SAMPLE).map(({ type, value }, index) => {
    switch (type) {
      case 'literal': return value.replaceAll('%', '%%');
      case 'year': return value === '2033' ? '%y' : value === '33' ? '%Y' : fail('year', value);
      case 'month': return value === '9' ? '%m' : value === '09' ? '%M' : '%a' + LETTERS[tables.index('a', valueOf(MONTHS, index))];
      case 'weekday': return '%w' + LETTERS[tables.index('w', valueOf(WEEKDAYS, index))];
      case 'day': return value === '5' ? '%d' : value === '05' ? '%D' : fail('day', value);
      case 'hour': {
        const values = valueOf(HOURS, index).map((text, hour) => ({ text, hour }));
        for (const [letters, of] of [['hH', h => h % 12 || 12], ['kK', h => h % 12], ['tT', h => h], ['uU', h => h || 24]]) {
          if (values.every(({ text, hour }) => text === String(of(hour)))) return '%' + letters[0];
          if (values.every(({ text, hour }) => text === show(of(hour)))) return '%' + letters[1];
        }
        return fail('hour', values.map(v => v.text).join());
      }
      case 'minute': return value === '7' ? '%n' : value === '07' ? '%N' : fail('minute', value);
      case 'second': return value === '9' ? '%s' : value === '09' ? '%S' : fail('second', value);
      case 'dayPeriod': return '%p' + LETTERS[tables.index('p', HOURS.map(date => format.formatToParts(date).find(part => part.type === 'dayPeriod').value))];
      case 'fractionalSecond': return '%f';
      // As it is asked for, or `%1` to `%4` where another name is written.
      case 'timeZoneName': {
        const asked = options.timeZoneName ?? (options.timeStyle === 'full' ? 'long' : 'short');
        const written = zoneStyles(locale).indexOf(value);
        return written < 0 ? fail('zone', value) : Object.keys(ZONE_SUFFIXES)[written] === asked ? '%z' : `%${written + 1}`;
      }
      default: return fail(type, value);
    }
  }).join('');
}
const fail = (what, value) => { throw new Error(`unexpected ${what}: ${value}`); };

function dates(locale, lines) {
  const tables = new Tables();
  const all = DATE_FIELDS.map(fields => Object.keys(clean(fields)).length ? pattern(locale, clean(fields), tables) : '');
  lines.set('date', all.join('|'));
  const isSet = fields => Object.keys(clean(fields)).length > 0;
  // What is the same for several cycles is written once.
  const set = (key, text) => {
    const same = [...lines].find(([known, value]) => value === text && known.split(' ')[0].slice(0, 5) === key.split(' ')[0].slice(0, 5));
    lines.set(key, same ? `=${same[0]}` : text);
  };
  for (const [name, cycle] of Object.entries(CYCLES)) {
    for (const [suffix, zone] of [['', {}], ...Object.entries(ZONE_SUFFIXES).map(([timeZoneName, suffix]) => [suffix, { timeZoneName }])]) {
      const all = (fields, change) => TIME_FIELDS.map(time => isSet(time) ? change(pattern(locale, { ...fields, ...clean(time), ...cycle, ...zone }, tables)) : '').join('|');
      set(`time${suffix} ${name}`, all({}, text => text));
      // Fractions of seconds; empty where the digits make a difference, and without minutes.
      if (suffix.length < 2) set(`timef${suffix} ${name}`, TIME_FIELDS.map(time => {
        if (!time.minute || !time.second) return '';
        const texts = [1, 2, 3].map(fractionalSecondDigits => pattern(locale, { ...clean(time), ...cycle, ...zone, fractionalSecondDigits }, tables));
        return texts.every(text => text === texts[0] && text.includes('%f')) ? texts[0] : '';
      }).join('|'));
      if (!suffix) set(`wtime ${name}`, all({ weekday: 'short' }, text => text.replace(pattern(locale, { weekday: 'short' }, tables), '%w*')));
    }
    set(`timeStyle ${name}`, ['full', 'long', 'medium', 'short'].map(timeStyle => pattern(locale, { timeStyle, ...cycle }, tables)).join('|'));
  }
  lines.set('dateStyle', ['full', 'long', 'medium', 'short'].map(dateStyle => pattern(locale, { dateStyle }, tables)).join('|'));
  const glue = (date, time, both) => {
    if (!both.includes(date) || !both.includes(time)) return null;
    return both.replace(date, '{d}').replace(time, '{t}');
  };
  lines.set('dateStyle glue', ['full', 'long', 'medium', 'short'].map(dateStyle =>
    glue(pattern(locale, { dateStyle }, tables), pattern(locale, { timeStyle: 'short' }, tables), pattern(locale, { dateStyle, timeStyle: 'short' }, tables)) ?? fail('glue', locale)).join('|'));
  for (const [name, cycle] of Object.entries(CYCLES)) LENGTHS.forEach((dateStyle, date) => LENGTHS.forEach((timeStyle, time) => {
    const found = pattern(locale, { dateStyle, timeStyle, ...cycle }, tables);
    const nth = (key, index) => { const text = lines.get(key); return (text[0] === '=' ? lines.get(text.slice(1)) : text).split('|')[index]; };
    const expected = nth('dateStyle glue', date).replace('{t}', () => nth(`timeStyle ${name}`, time)).replace('{d}', () => nth('dateStyle', date));
    if (found !== expected) lines.set(`styles ${name} ${date}${time}`, found);
  }));
  const time = { hour: 'numeric', minute: 'numeric' };
  const classes = [{ weekday: 'short', month: 'long', day: 'numeric' }, { month: 'long', day: 'numeric' }, { month: 'short', day: 'numeric' }, { month: 'numeric', day: 'numeric' }];
  lines.set('glue', classes.map(date => glue(pattern(locale, date, tables), pattern(locale, time, tables), pattern(locale, { ...date, ...time }, tables)) ?? fail('glue', locale)).join('|'));
  lines.set('zone', classes.map(date => {
    const [plain, full] = [pattern(locale, date, tables), pattern(locale, { ...date, timeZoneName: 'short' }, tables)];
    return full.includes(plain) ? full.replace(plain, '{d}') : fail('zone', `${locale} ${plain} ${full}`);
  }).join('|'));
  for (const [kind, texts] of Object.entries(tables.kinds)) texts.forEach((text, index) => lines.set(`names ${kind}${LETTERS[index]}`, text));
  overrides(locale, lines, tables);
  for (const [kind, texts] of Object.entries(tables.kinds)) texts.forEach((text, index) => lines.set(`names ${kind}${LETTERS[index]}`, text));
}

/** Where the rules give another pattern than node. */
function overrides(locale, lines, tables) {
  const check = (fields, name) => {
    const found = pattern(locale, { ...clean(fields), ...CYCLES[name] }, tables);
    if (found === buildPattern(lines, fields, name)) return;
    lines.set(`override ${name} ${dateIndex(fields)}.${timeIndex(fields)}${ZONE_SUFFIXES[fields.timeZoneName] ?? ''}`, found);
  };
  for (const name of Object.keys(CYCLES)) for (const time of TIME_FIELDS.filter(time => time.hour)) {
    for (const weekday of ['narrow', 'long']) check({ weekday, ...time }, name);
  }
  const dates = DATE_FIELDS.filter(date => Object.keys(clean(date)).length);
  for (const date of dates) for (const timeZoneName of Object.keys(ZONE_SUFFIXES)) check({ ...date, timeZoneName }, 'default');
  // The glue depends on the date alone, so that a few times show it.
  const times = [['default', { hour: 'numeric', minute: '2-digit', second: '2-digit' }], ['default', { hour: '2-digit', minute: '2-digit', timeZoneName: 'longOffset' }],
    ['h23', { hour: '2-digit', minute: '2-digit' }], ['true', { hour: 'numeric', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 2 }]];
  dates.forEach((date, index) => {
    if (Object.keys(clean(date)).join() === 'weekday') return;
    for (const [name, time] of [times[index % 4], times[(index + 1) % 4]]) check({ ...date, ...time }, name);
  });
}

function templates(locale, options, values) {
  return values.map(value => new Intl.NumberFormat(locale, options).formatToParts(value).map(({ type, value }) => {
    switch (type) {
      case 'integer': case 'group': case 'decimal': case 'fraction': case 'infinity': case 'nan': return type === 'integer' ? '#' : '';
      case 'minusSign': return '-';
      case 'plusSign': return '+';
      case 'percentSign': return '%';
      case 'currency': return '¤';
      case 'unit': return `{${value}}`;
      case 'compact': return `{${value}}`;
      default: return value;
    }
  }).join('').replace(/#+/, '#'));
}

const part = (locale, options, value, type) => new Intl.NumberFormat(locale, options).formatToParts(value).find(part => part.type === type)?.value ?? '';

const ALPHABETIC = symbol => /\p{L}/u.test(symbol);

function numbers(locale, lines) {
  const groups = new Intl.NumberFormat(locale, { useGrouping: 'always' }).formatToParts(1234567890123).filter(part => part.type === 'integer').map(part => part.value.length);
  const minimum = part(locale, {}, 1234, 'group') ? 1 : 2;
  lines.set('number', [part(locale, {}, 1.5, 'decimal'), part(locale, { useGrouping: 'always' }, 1234, 'group'), part(locale, {}, -1, 'minusSign'), part(locale, { signDisplay: 'always' }, 1, 'plusSign'),
    part(locale, { style: 'percent' }, 1, 'percentSign'), part(locale, {}, NaN, 'nan'), part(locale, {}, Infinity, 'infinity'), groups.at(-1), groups.at(-2), minimum].join('|'));
  const signs = options => [...templates(locale, options, [1, -1]), ...templates(locale, { ...options, signDisplay: 'always' }, [1])];
  lines.set('percent', signs({ style: 'percent' }).join('|'));
  const money = (currency, currencyDisplay, currencySign) => signs({ style: 'currency', currency, currencyDisplay, currencySign, minimumFractionDigits: 0, maximumFractionDigits: 0 });
  lines.set('currency', [...money('EUR', 'narrowSymbol', 'standard'), ...money('EUR', 'narrowSymbol', 'accounting')].join('|'));
  lines.set('currency alpha', [...money('EUR', 'code', 'standard'), ...money('EUR', 'code', 'accounting')].join('|'));
  const separators = ['decimal', 'group'].map(type => part(locale, { style: 'currency', currency: 'EUR', useGrouping: 'always', minimumFractionDigits: 1 }, 1234.5, type));
  if (separators.join() !== lines.get('number').split('|').slice(0, 2).join()) lines.set('currency separators', separators.join('|'));
  // Digits are grouped as in other numbers, but for amounts of some locales.
  const grouping = (currencySign, value = 12345678901) => new Intl.NumberFormat(locale, { style: 'currency', currency: 'JPY', currencySign, useGrouping: 'always' }).formatToParts(value).filter(part => part.type === 'integer').map(part => part.value.length);
  for (const currencySign of ['standard', 'accounting']) {
    const found = grouping(currencySign), sizes = [found.at(-1), found.at(-2), grouping(currencySign, 1234).length > 1 && new Intl.NumberFormat(locale, { style: 'currency', currency: 'JPY', currencySign }).formatToParts(1234).some(part => part.type === 'group') ? 1 : 2].join('|');
    if (sizes !== lines.get('number').split('|').slice(7).join('|')) lines.set(`currency grouping ${currencySign}`, sizes);
  }
  const symbols = [], narrow = [], excluded = [];
  for (const currency of Intl.supportedValuesOf('currency')) {
    const of = currencyDisplay => part(locale, { style: 'currency', currency, currencyDisplay }, 1, 'currency');
    const [symbol, short] = [of('symbol'), of('narrowSymbol')];
    if (symbol !== currency) symbols.push(`${currency}=${symbol}`);
    if (short !== symbol) narrow.push(`${currency}=${short}`);
    // What the templates give is what node gives, or the currency is left out.
    const [decimal, group] = separators;
    const isRight = ['symbol', 'narrowSymbol', 'code'].every(currencyDisplay => ['standard', 'accounting'].every(currencySign => {
      const text = currencyDisplay === 'code' ? currency : currencyDisplay === 'symbol' ? symbol : short;
      return [1234.5, -1234.5].every((value, index) => {
        const templates = lines.get('currency').split('|'), alpha = lines.get('currency alpha').split('|');
        const at = index + (currencySign === 'accounting' ? 3 : 0);
        const isBefore = templates[at].indexOf('¤') < templates[at].indexOf('#');
        const edge = isBefore ? [...text].at(-1) : [...text][0];
        const template = (/\p{S}/u.test(edge) ? templates : alpha)[at];
        const integer = lines.get('number').split('|').at(-1) === '2' ? '1234' : `1${group}234`;
        const expected = template.replace('#', `${integer}${decimal}5`).replace('-', lines.get('number').split('|')[2]).replace('¤', () => text);
        const found = new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay, currencySign, minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);
        return found === expected;
      });
    }));
    if (!isRight) excluded.push(currency);
  }
  lines.set('symbols', symbols.join('|'));
  lines.set('narrow symbols', narrow.join('|'));
  if (excluded.length) lines.set('currencies unknown', excluded.join('|'));
}

// One number for each plural category that a whole number or a fraction can have.
const SAMPLES = [0, 1, 2, 3, 5, 6, 11, 20, 21, 100, 1000000, 1.5, 0.5, 2.5];
const UNITS = Intl.supportedValuesOf('unit');
const byPlural = (locale, template) => {
  const rules = new Intl.PluralRules(locale), found = new Map();
  for (const value of SAMPLES) {
    const category = rules.select(value), text = template(value);
    if (!found.has(category)) found.set(category, text);
    else if (found.get(category) !== text) fail('plural', `${locale} ${value} ${category} ${text} ${found.get(category)}`);
  }
  const other = found.get('other') ?? fail('plural', 'other');
  return [`other=${other}`, ...[...found].filter(([category, text]) => category !== 'other' && text !== other).map(([category, text]) => `${category}=${text}`)].join('|');
};

function units(locale, lines) {
  for (const unitDisplay of ['short', 'narrow', 'long']) for (const unit of UNITS) {
    const text = byPlural(locale, value => templates(locale, { style: 'unit', unit, unitDisplay }, [value])[0]);
    const short = lines.get(`unit short ${unit}`);
    if (unitDisplay === 'short' || text !== short) lines.set(`unit ${unitDisplay} ${unit}`, text);
  }
}

function relative(locale, lines) {
  for (const style of ['long', 'short', 'narrow']) for (const unit of ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year']) {
    const format = new Intl.RelativeTimeFormat(locale, { style }), auto = new Intl.RelativeTimeFormat(locale, { style, numeric: 'auto' });
    const template = value => format.formatToParts(value, unit).map(({ type, value }) => type === 'literal' ? value : type === 'integer' ? '#' : '').join('').replace(/#+/, '#');
    const text = [byPlural(locale, value => template(-value === 0 ? -0 : -value)), byPlural(locale, template),
      [-2, -1, -0, 0, 1, 2].map(value => { const parts = auto.formatToParts(value, unit); return parts.length === 1 && parts[0].type === 'literal' ? parts[0].value : ''; }).join('|')].join('||');
    if (style === 'long' || text !== lines.get(`relative long ${unit}`)) lines.set(`relative ${style} ${unit}`, text);
  }
}

function lists(locale, lines) {
  for (const type of ['conjunction', 'disjunction', 'unit']) for (const style of ['long', 'short', 'narrow']) {
    const between = items => new Intl.ListFormat(locale, { type, style }).formatToParts(items).map(({ type, value }) => type === 'element' ? `{${value}}` : value).join('');
    const three = between(['0', '1', '2', '3']), separators = three.split(/\{\d\}/), pair = between(['0', '1']).split(/\{\d\}/);
    lines.set(`list ${type} ${style}`, [...pair, ...separators].join('|'));
  }
}

/** Long names of zones are many; English and German have them. */
const hasLongZones = locale => /^(en|de)-/.test(locale);
/** Zone to what all locales say of it, so that zones with the same names are one group. */
const zoneNames = new Map(ZONES.map(zone => [zone, []]));

function zones(locale, lines) {
  const rules = offsetFormat(locale);
  lines.set('offset', rules);
  lines.set('utc', partsOf(locale, { hour: 'numeric', timeZoneName: 'long' }, SAMPLE).find(part => part.type === 'timeZoneName').value);
  if (hasLongZones(locale)) lines.set('zone long', 'yes');
  for (const style of hasLongZones(locale) ? ['short', 'long'] : ['short']) {
    for (const [zone, names] of namesOf(locale, style, rules)) zoneNames.get(zone).push([locale, style, names]);
  }
}

/** Names that the tz database has and ICU calls otherwise. */
const aliases = () => TZ_NAMES.filter(([name, icu]) => name !== icu).map(entry => entry.join('='));

const output = new Map();
for (const locale of process.argv[2]?.split(',') ?? LOCALES) {
  const lines = new Map();
  dates(locale, lines);
  numbers(locale, lines);
  units(locale, lines);
  relative(locale, lines);
  lists(locale, lines);
  zones(locale, lines);
  output.set(locale, lines);
  process.stderr.write(`${locale} ${lines.size}\n`);
}
const groups = new Map();
for (const [zone, names] of zoneNames) {
  const key = JSON.stringify(names);
  if (!groups.has(key)) groups.set(key, { name: `g${groups.size}`, names, zones: [] });
  groups.get(key).zones.push(zone);
}
for (const { name, names } of groups.values()) for (const [locale, style, text] of names) if (text) output.get(locale).set(`zone ${style} ${name}`, text === '!' ? '?' : text);
output.set('common', new Map([['currencies', Intl.supportedValuesOf('currency').join('|')], ...[...groups.values()].map(({ name, zones }) => [name, zones.join('|')]), ['aliases', aliases().join('|')]]));
console.log(`# Generated by generate.mjs with node ${process.versions.node}, ICU ${process.versions.icu}, CLDR ${process.versions.cldr}. Data: Unicode License v3, © 1991-2025 Unicode, Inc.`);
for (const [locale, lines] of output) {
  const parent = parentOf(locale);
  console.log(parent === locale ? `@${locale}` : `@${locale}<${parent}`);
  const known = parent === locale ? new Map() : output.get(parent) ?? new Map();
  for (const [key, value] of lines) if (known.get(key) !== value) console.log(`${key}\t${value}`);
  for (const key of known.keys()) if (!lines.has(key)) console.log(`${key}\t!`);
}
