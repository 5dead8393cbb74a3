/**
 * A column of numbers, dates or times. With blanks, or values that repeat, it has two features: which of these the
 * cell is, as an interval, and the number. In a row without a number, noise fills the second one.
 */
import * as v from 'valibot';
import { DOMAINS, isInside } from '../model/domain.ts';
import type { ColumnRoom } from './column.ts';
import { FORM_NAMES, formOf } from './forms.ts';
import { cellAt, cellsOf } from './intervals.ts';
import type { Cell } from './intervals.ts';
import { counts, finiteNumber, plainText, wholeNumber } from './schemas.ts';

const schema = v.strictObject({
  type: v.literal('number'),
  name: plainText,
  form: v.picklist(FORM_NAMES),
  domain: v.picklist(DOMAINS),
  /** 1 for whole numbers and dates: the number n stands for the interval [n, n + 1). 0 for real numbers. */
  step: v.picklist([0, 1]),
  /** The smallest and the largest number of the training rows. */
  min: finiteNumber,
  max: finiteNumber,
  mean: finiteNumber,
  std: finiteNumber,
  /** Training rows with any other number. */
  numbers: wholeNumber,
  /** The values that repeat; '' is a blank. */
  atoms: v.optional(v.strictObject({ texts: v.pipe(v.array(plainText), v.minLength(1)), counts })),
});

export type NumberColumn = v.InferOutput<typeof schema>;

export const numberRoom: ColumnRoom<NumberColumn> = {
  schema,

  words({ form, domain, step, min, max, atoms }) {
    const { format, kind } = formOf(form);
    const names = { real: 'real', positive: 'positive', unit: 'in (0, 1)' };
    const what = kind ?? (step === 1 ? 'integer' : names[domain]);
    const repeats = atoms?.texts.map((text, i) => {
      const rows = atoms.counts[i]?.toLocaleString('en');
      return text === '' ? `; ${rows} blank` : `; ${text} in ${rows} rows`;
    });
    const isReal = step === 0 && form === 'decimal';
    const shown = (value: number): string => format(isReal ? Number(value.toPrecision(6)) : value);
    return `${what}, ${shown(min)} to ${shown(max)}${(repeats ?? []).join('')}`;
  },

  features: ({ name, domain, atoms }) => [
    ...(atoms === undefined ? [] : [{ name: `${name}: which`, domain: 'unit' } as const]),
    { name, domain },
  ],

  codec(column) {
    const { form, domain, step, mean, std, numbers, atoms } = column;
    const { parse, format } = formOf(form);
    const startsAtZero = isFromZero(column);
    // The first part is for rows with a number.
    const parts = cellsOf([Math.max(numbers, 1), ...(atoms?.counts ?? [])]);
    const [plain] = parts as [Cell];
    const atomNumbers = atoms?.texts.map((text) => (text === '' ? NaN : parse(text))) ?? [];
    const filler = fillerOf(domain, mean, std);
    const isWhole = step === 1;
    const discrete = (atoms?.texts ?? []).map((text, i) => {
      const number = atomNumbers[i] ?? NaN;
      const cells = [parts[i + 1] ?? plain, filler];
      return { text, cells, ...(!Number.isNaN(number) && { number }) };
    });
    return {
      values: { discrete, numbers: { step, ...(atoms && { companion: plain }) } },
      expected: expectedOf(column),
      encode(cell) {
        const number = cell === '' ? NaN : parse(cell);
        const atom = atoms?.texts.findIndex((text, i) => text === cell || atomNumbers[i] === number) ?? -1;
        const part = parts[atom + 1];
        if (atom >= 0) return part && { cells: [part, filler] };
        const isValid = Number.isFinite(number) && (!isWhole || Number.isInteger(number));
        if (
          !isValid ||
          (!isWhole && !isInside(number, domain)) ||
          (isWhole && number < 0 && domain !== 'real')
        ) {
          return undefined;
        }
        const own = { value: number, width: step };
        return { cells: atoms === undefined ? [own] : [plain, own] };
      },
      decode(features) {
        const which = atoms === undefined ? 0 : cellAt(parts, features[0] ?? NaN);
        if (which > 0) return atoms?.texts[which - 1] ?? '';
        const number = features.at(-1) ?? NaN;
        if (!isWhole) return format(number);
        return format(startsAtZero ? Math.max(Math.floor(number), 0) : Math.floor(number));
      },
    };
  },
};

/** Whether its whole numbers are never negative. */
export function isFromZero({ min, form }: NumberColumn): boolean {
  return min >= 0 && formOf(form).kind === undefined;
}

/** The noise in place of a number: like the other numbers where it may be any, else close to their mean. */
function fillerOf(domain: NumberColumn['domain'], mean: number, std: number): Cell {
  const spread = std > 0 ? std : 1;
  if (domain === 'real') return { value: mean, width: -spread };
  const half = domain === 'unit' ? Math.min(mean, 1 - mean) / 2 : mean / 2;
  const most = Math.min(half, spread);
  return { value: mean - most, width: 2 * most };
}

function expectedOf({ form, domain, step, atoms }: NumberColumn): string {
  const { kind } = formOf(form);
  const reals = { real: 'a number', positive: 'a number above 0', unit: 'a number between 0 and 1' };
  const wholes = { ...reals, real: 'a whole number', positive: 'a whole number from 0 up' };
  const ranges = step === 1 ? wholes : reals;
  const what = kind === undefined ? ranges[domain] : `a ${kind} as in the training rows`;
  return atoms === undefined ? what : `${what}, or a blank or repeating value of the training rows`;
}
