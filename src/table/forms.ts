/** How a column writes its numbers: decimals, per cent, dates, times of day. */
import { float32Text } from '../data/csv.ts';

export interface Form {
  /** Text of a cell as a number; NaN if it has another form. */
  parse: (cell: string) => number;
  format: (value: number) => string;
  /** Distance between neighbouring values of the form; 0 if it has none of its own. */
  step: number;
  /** The kind of column in messages, if the form decides it. */
  kind?: 'date' | 'time';
}

/** A decimal number with a point and an optional exponent. */
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const PERCENT = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s?%$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})([T ])(\d{2}):(\d{2})(?::(\d{2}(?:\.\d{1,6})?))?Z?$/;
const DAY_FIRST = /^(\d{1,2})([./-])(\d{1,2})\2(\d{4})$/;
const NAMED_MONTH = /^([A-Z][a-z]{2,8})\.? (\d{1,2}),? (\d{4})$/;
const NAMED_MONTH_SECOND = /^(\d{1,2})([ -])([A-Z][a-z]{2,8})\2(\d{4})$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TIME = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/;

const MS_OF_DAY = 86_400_000;

/** The days since 1970-01-01 of a calendar date; NaN if there is no such day. */
function dayOf(year: number, month: number, day: number): number {
  const time = Date.UTC(year, month - 1, day);
  const date = new Date(time);
  const isSame =
    date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isSame ? time / MS_OF_DAY : NaN;
}

/** The days of the years 1 to 9999, which dates of four digits can name. */
export const FIRST_DAY = -719_162;
export const LAST_DAY = 2_932_896;

/** A day far from the data, which a sample may have, is the nearest that can be written. */
function isoDate(day: number): string {
  const named = Math.min(Math.max(Math.floor(day), FIRST_DAY), LAST_DAY);
  return new Date(named * MS_OF_DAY).toISOString().slice(0, 10);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** Days of a date with the day or the month first. */
function partedDay(cell: string, isDayFirst: boolean): number {
  const [, first = '', , second = '', year = ''] = DAY_FIRST.exec(cell) ?? [];
  const [day, month] = isDayFirst ? [first, second] : [second, first];
  return year === '' ? NaN : dayOf(Number(year), Number(month), Number(day));
}

function partedText(day: number, isDayFirst: boolean): string {
  const [year = '', month = '', date = ''] = isoDate(day).split('-');
  return isDayFirst ? `${date}/${month}/${year}` : `${month}/${date}/${year}`;
}

/** Days of a date with the English name of its month, or its first three letters. */
function namedDay(year = '', name = '', day = ''): number {
  const month = MONTHS.findIndex((short) => LONG_MONTHS[short] === name || short === name);
  return month < 0 ? NaN : dayOf(Number(year), month + 1, Number(day));
}

/** `Jan`, `1`, `2000`. */
function namedParts(day: number): [month: string, day: string, year: string] {
  const [year = '', month = '', date = ''] = isoDate(day).split('-');
  return [MONTHS[Number(month) - 1] ?? '', String(Number(date)), String(Number(year))];
}

const LONG_MONTHS: Readonly<Record<string, string>> = Object.fromEntries(
  'January February March April May June July August September October November December'
    .split(' ')
    .map((name) => [name.slice(0, 3), name]),
);

export const FORMS = {
  decimal: {
    parse: (cell) => (DECIMAL.test(cell) ? Number(cell) : NaN),
    format: decimalText,
    step: 0,
  },
  percent: {
    parse: (cell) => Number(PERCENT.exec(cell)?.[1] ?? NaN),
    format: (value) => `${decimalText(value)}%`,
    step: 0,
  },
  date: {
    parse(cell) {
      const [, year, month, day] = DATE.exec(cell) ?? [];
      return dayOf(Number(year), Number(month), Number(day));
    },
    format: isoDate,
    step: 1,
    kind: 'date',
  },
  date_time: {
    parse(cell) {
      const [, year, month, day, , hours, minutes, seconds = '0'] = DATE_TIME.exec(cell) ?? [];
      if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) >= 60) return NaN;
      return (
        dayOf(Number(year), Number(month), Number(day)) * 86_400 +
        Number(hours) * 3600 +
        Number(minutes) * 60 +
        Number(seconds)
      );
    },
    format(value) {
      const second = Math.min(Math.max(Math.floor(value), FIRST_DAY * 86_400), LAST_DAY * 86_400);
      return `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
    },
    step: 1,
    kind: 'date',
  },
  day_first: {
    parse: (cell) => partedDay(cell, true),
    format: (value) => partedText(value, true),
    step: 1,
    kind: 'date',
  },
  month_first: {
    parse: (cell) => partedDay(cell, false),
    format: (value) => partedText(value, false),
    step: 1,
    kind: 'date',
  },
  /** `Jan 1 2000` */
  named_month: {
    parse(cell) {
      const [, month, day, year] = NAMED_MONTH.exec(cell) ?? [];
      return namedDay(year, month, day);
    },
    format: (value) => namedParts(value).join(' '),
    step: 1,
    kind: 'date',
  },
  /** `1 Jan 2000` */
  named_month_second: {
    parse(cell) {
      const [, day, , month, year] = NAMED_MONTH_SECOND.exec(cell) ?? [];
      return namedDay(year, month, day);
    },
    format(value) {
      const [month, day, year] = namedParts(value);
      return `${day} ${month} ${year}`;
    },
    step: 1,
    kind: 'date',
  },
  time: {
    parse(cell) {
      const [, hours, minutes, seconds = '0'] = TIME.exec(cell) ?? [];
      const isTime = Number(hours) <= 23 && Number(minutes) <= 59 && Number(seconds) <= 59;
      return isTime ? Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) : NaN;
    },
    format(value) {
      const second = Math.min(Math.max(Math.floor(value), 0), 86_399);
      return `${pad(Math.floor(second / 3600))}:${pad(Math.floor(second / 60) % 60)}:${pad(second % 60)}`;
    },
    step: 1,
    kind: 'time',
  },
} as const satisfies Record<string, Form>;

export type FormName = keyof typeof FORMS;
export const FORM_NAMES = Object.keys(FORMS) as FormName[];

export function formOf(name: FormName): Form {
  return FORMS[name];
}

/** The shortest decimal that reads back as the same float32, or as the same float64 if it is no float32. */
function decimalText(value: number): string {
  return Math.fround(value) === value ? float32Text(value) : String(value);
}

/** Cells that stand for a missing value. */
const BLANK = /^(?:|na|n\/a|n\.a\.|nan|null|none|nil|missing|\?|-|--|#n\/a|<na>)$/i;

/** Most cells of most tables. */
const PLAIN_NUMBER = /^-?\d[\d.]*$/;

/** The text of a cell without outer blanks and in Unicode's composed form; '' if it stands for a missing value. */
export function plainCell(cell: string): string {
  if (PLAIN_NUMBER.test(cell)) return cell;
  const text = cell.trim().normalize('NFC');
  return BLANK.test(text) ? '' : text;
}
