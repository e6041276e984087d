// The rules by which the converter builds a pattern from the data, as `pattern.rs` has them.
const WEEKDAYS = [undefined, 'narrow', 'short', 'long'], NUMBERS = [undefined, 'numeric', '2-digit'];
const MONTHS = [undefined, 'numeric', '2-digit', 'narrow', 'short', 'long'];

export const DATE_FIELDS = WEEKDAYS.flatMap(weekday => NUMBERS.flatMap(year => MONTHS.flatMap(month => NUMBERS.map(day => ({ weekday, year, month, day })))));
export const TIME_FIELDS = NUMBERS.flatMap(hour => NUMBERS.flatMap(minute => NUMBERS.map(second => ({ hour, minute, second }))));
/** `hourCycle: 'h11'` and `'h24'` are refused. */
export const CYCLES = { default: {}, true: { hour12: true }, false: { hour12: false }, h12: { hourCycle: 'h12' }, h23: { hourCycle: 'h23' } };

export const dateIndex = ({ weekday, year, month, day }) =>
  ((WEEKDAYS.indexOf(weekday) * 3 + NUMBERS.indexOf(year)) * 6 + MONTHS.indexOf(month)) * 3 + NUMBERS.indexOf(day);
export const timeIndex = ({ hour, minute, second }) => (NUMBERS.indexOf(hour) * 3 + NUMBERS.indexOf(minute)) * 3 + NUMBERS.indexOf(second);

/** 0 full, 1 long, 2 medium, 3 short */
export const glueClass = ({ weekday, month }) => (month === 'long' ? (weekday ? 0 : 1) : month === 'short' ? 2 : 3);

/** How a zone is named: a suffix of the lists, and of overrides. */
export const ZONE_SUFFIXES = { short: 'z', long: 'zl', shortOffset: 'zs', longOffset: 'zo' };

export function buildPattern(lines, fields, cycle) {
  const [date, time] = [dateIndex(fields), timeIndex(fields)];
  const nth = (key, index) => { const text = lines.get(key); return (text[0] === '=' ? lines.get(text.slice(1)) : text).split('|')[index]; };
  const zone = ZONE_SUFFIXES[fields.timeZoneName] ?? '';
  const datePattern = nth('date', date), isWeekday = date && date % 54 === 0;
  if (!time) return zone ? nth('zone', glueClass(fields)).replace('{d}', () => datePattern) : datePattern;
  // A weekday with a time has patterns of its own; with a zone besides, it is refused.
  if (isWeekday) return nth(`wtime ${cycle}`, time).replace('%w*', () => datePattern);
  const timePattern = nth(`time${fields.fractionalSecondDigits ? 'f' : ''}${zone} ${cycle}`, time);
  if (!date) return timePattern;
  return nth('glue', glueClass(fields)).replace('{d}', () => datePattern).replace('{t}', () => timePattern);
}
