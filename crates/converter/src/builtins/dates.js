// PocketQuery.formatDate, with the tokens of moment.js in English; times are UTC, as everywhere in converters.
(function () {
  'use strict';

  const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
  const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
  const LONG = { LTS: 'h:mm:ss A', LT: 'h:mm A', LLLL: 'dddd, MMMM D, YYYY h:mm A', LLL: 'MMMM D, YYYY h:mm A', LL: 'MMMM D, YYYY', L: 'MM/DD/YYYY', llll: 'ddd, MMM D, YYYY h:mm A', lll: 'MMM D, YYYY h:mm A', ll: 'MMM D, YYYY', l: 'M/D/YYYY' };
  // A token after `\` stands for itself.
  const TOKENS = /\[[^[]*\]|\\?(?:LTS|LT|LL?L?L?|ll?l?l?|Mo|MM?M?M?|Do|DDDo|DD?D?D?|ddd?d?|do?|E|e|YYYYYY|YYYYY|YYYY|YY|Y|y{2,4}|yo?|N{1,5}|gg(?:ggg?)?|GG(?:GGG?)?|Qo?|wo|ww?|Wo|WW?|HH?|hh?|kk?|mm?|ss?|S{1,9}|zz?|ZZ?|A|a|X|x|[^])/g;
  const pad = (n, width) => (n < 0 ? '-' : '') + String(Math.abs(n)).padStart(width, '0');
  const ordinal = n => n + (n % 100 > 10 && n % 100 < 14 ? 'th' : ['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  const DAY = 86400000;

  // `Date.UTC` takes the years before 100 for those of a century.
  const firstOf = year => new Date(0).setUTCFullYear(year, 0, 1);

  // ISO 8601 weeks begin on Monday; week 1 has the year's first Thursday.
  const isoWeek = date => {
    const thursday = new Date(date.getTime() + (3 - ((date.getUTCDay() + 6) % 7)) * DAY);
    const year = thursday.getUTCFullYear();
    return [year, Math.floor((thursday.getTime() - firstOf(year)) / DAY / 7) + 1];
  };
  // Those of the English locale begin on Sunday; week 1 has 1 January.
  const week = date => {
    const saturday = new Date(date.getTime() + (6 - date.getUTCDay()) * DAY);
    const year = saturday.getUTCFullYear();
    return [year, Math.floor((saturday.getTime() - firstOf(year)) / DAY / 7) + 1];
  };
  const dayOfYear = date => Math.floor((date.getTime() - firstOf(date.getUTCFullYear())) / DAY) + 1;

  const part = (token, date) => {
    const year = date.getUTCFullYear(), month = date.getUTCMonth(), day = date.getUTCDate(), weekday = date.getUTCDay();
    const hour = date.getUTCHours(), minute = date.getUTCMinutes(), second = date.getUTCSeconds(), hour12 = hour % 12 || 12;
    const eraYear = year > 0 ? year : 1 - year;
    switch (token) {
      case 'YYYYYY': return (year < 0 ? '-' : '+') + String(Math.abs(year)).padStart(6, '0');
      case 'YYYYY': return pad(year, 5);
      case 'YYYY': return pad(year, 4);
      case 'YY': return pad(year % 100, 2);
      case 'Y': return year <= 9999 ? pad(year, 4) : '+' + year;
      case 'y': return String(eraYear);
      case 'yo': return ordinal(eraYear);
      case 'yy': case 'yyy': case 'yyyy': return pad(eraYear, token.length);
      case 'N': case 'NN': case 'NNN': case 'NNNNN': return year > 0 ? 'AD' : 'BC';
      case 'NNNN': return year > 0 ? 'Anno Domini' : 'Before Christ';
      case 'gg': return pad(week(date)[0] % 100, 2);
      case 'gggg': case 'ggggg': return pad(week(date)[0], token.length);
      case 'GGGG': case 'GGGGG': return pad(isoWeek(date)[0], token.length);
      case 'GG': return pad(isoWeek(date)[0] % 100, 2);
      case 'Q': return String(Math.floor(month / 3) + 1);
      case 'Qo': return ordinal(Math.floor(month / 3) + 1);
      case 'M': return String(month + 1);
      case 'Mo': return ordinal(month + 1);
      case 'MM': return pad(month + 1, 2);
      case 'MMM': return MONTHS[month].slice(0, 3);
      case 'MMMM': return MONTHS[month];
      case 'D': return String(day);
      case 'Do': return ordinal(day);
      case 'DD': return pad(day, 2);
      case 'DDD': return String(dayOfYear(date));
      case 'DDDo': return ordinal(dayOfYear(date));
      case 'DDDD': return pad(dayOfYear(date), 3);
      case 'd': case 'e': return String(weekday);
      case 'do': return ordinal(weekday);
      case 'dd': return DAYS[weekday].slice(0, 2);
      case 'ddd': return DAYS[weekday].slice(0, 3);
      case 'dddd': return DAYS[weekday];
      case 'E': return String(weekday || 7);
      case 'w': return String(week(date)[1]);
      case 'wo': return ordinal(week(date)[1]);
      case 'ww': return pad(week(date)[1], 2);
      case 'W': return String(isoWeek(date)[1]);
      case 'Wo': return ordinal(isoWeek(date)[1]);
      case 'WW': return pad(isoWeek(date)[1], 2);
      case 'H': return String(hour);
      case 'HH': return pad(hour, 2);
      case 'h': return String(hour12);
      case 'hh': return pad(hour12, 2);
      case 'k': return String(hour || 24);
      case 'kk': return pad(hour || 24, 2);
      case 'm': return String(minute);
      case 'mm': return pad(minute, 2);
      case 's': return String(second);
      case 'ss': return pad(second, 2);
      case 'z': return 'UTC';
      case 'zz': return 'Coordinated Universal Time';
      case 'Z': return '+00:00';
      case 'ZZ': return '+0000';
      case 'A': return hour < 12 ? 'AM' : 'PM';
      case 'a': return hour < 12 ? 'am' : 'pm';
      case 'X': return String(Math.floor(date.getTime() / 1000));
      case 'x': return String(date.getTime());
      default:
        return token[0] === 'S' ? pad(date.getUTCMilliseconds(), 3).padEnd(9, '0').slice(0, token.length) : token;
    }
  };

  const write = (date, format) =>
    format.replace(TOKENS, token => {
      if (token.length > 1 && token[0] === '[') return token.slice(1, -1);
      if (token[0] === '\\') return token.replaceAll('\\', '');
      return Object.hasOwn(LONG, token) ? write(date, LONG[token]) : part(token, date);
    });

  function formatDate(value, format = 'YYYY-MM-DDTHH:mm:ssZ') {
    if (value === null || value === undefined || value === '') return null;
    const date = value instanceof Date ? value : new Date(value);
    if (Number.isNaN(date.getTime())) {
      throw new RangeError(`PocketQuery.formatDate: ${typeof value === 'string' ? JSON.stringify(value) : String(value)} is not a date`);
    }
    return write(date, format ? String(format) : 'YYYY-MM-DDTHH:mm:ssZ');
  }
  return { PocketQuery: { formatDate } };
})
