/**
 * A column of whole numbers with a short range. Each number is an interval of a uniform variable, as wide as the number
 * is frequent. Numbers beyond the range share the weight of one row: the j-th one has 1/j − 1/(j + 1) of it.
 */
import * as v from 'valibot';
import type { ColumnRoom } from './column.ts';
import { FORMS } from './forms.ts';
import { cellAt, cellsOf, partOf } from './intervals.ts';
import type { Cell } from './intervals.ts';
import { plainText, wholeNumber } from './schemas.ts';

const schema = v.strictObject({
  type: v.literal('count'),
  name: plainText,
  /** The smallest number of the training rows. */
  min: v.pipe(v.number(), v.safeInteger()),
  /** Rows of min, min + 1, … */
  counts: v.pipe(v.array(wholeNumber), v.minLength(1)),
  /** Rows without a number. */
  blanks: wholeNumber,
});

export type CountColumn = v.InferOutput<typeof schema>;

/** The weight of a number within the range that no training row has, in rows. */
const UNSEEN = 0.5;

export const countRoom: ColumnRoom<CountColumn> = {
  schema,

  words: ({ min, counts, blanks }) =>
    `integer, ${min} to ${min + counts.length - 1}${blanks > 0 ? `; ${blanks.toLocaleString('en')} blank` : ''}`,

  features: ({ name }) => [{ name, domain: 'unit' }],

  codec({ min, counts, blanks }) {
    // In order: blanks, numbers below the range, the range, numbers above it.
    const below = min > 0 ? 1 - 1 / (min + 1) : min < 0 ? 1 : 0;
    const cells = cellsOf([blanks, below, ...counts.map((count) => Math.max(count, UNSEEN)), 1]);
    const [blank, under] = cells as [Cell, Cell];
    const over = cells.at(-1) ?? blank;
    const max = min + counts.length - 1;
    const cellOf = (number: number): Cell | undefined => {
      if (number >= min && number <= max) return cells[2 + number - min];
      const [tail, place] = number > max ? [over, number - max] : [under, min - number];
      const share = number > max ? 1 : below;
      if (min >= 0 && number < 0) return undefined;
      // From the far end of the tail to the range: below it, the nearest number comes last.
      const [near, far] = [1 / place / share, 1 / (place + 1) / share];
      const rest = (1 - share) / share;
      return number > max ? partOf(tail, 1 - near, 1 - far) : partOf(tail, far - rest, near - rest);
    };
    const discrete = cells.map((cell, place) => {
      if (place === 0) return { text: '', cells: [cell] };
      // A number beyond the range is taken for the nearest one within it.
      const number = Math.min(Math.max(min + place - 2, min), max);
      const isSeen = place > 1 && place < cells.length - 1;
      return { text: isSeen ? String(number) : undefined, number, cells: [cell] };
    });
    return {
      // There are no blanks, or no numbers below the range, if these cells are empty.
      values: { discrete: discrete.filter(({ cells: [cell] }) => (cell?.width ?? 0) > 0) },
      expected: min >= 0 ? 'a whole number from 0 up' : 'a whole number',
      encode(cell) {
        if (cell === '') return blanks > 0 ? { cells: [blank] } : undefined;
        const number = FORMS.decimal.parse(cell);
        const found = Number.isSafeInteger(number) ? cellOf(number) : undefined;
        return found && { cells: [found], isNew: number < min || number > max };
      },
      decode([point = NaN]) {
        const place = cellAt(cells, point);
        if (place === 0 && blanks > 0) return '';
        if (place > 1 && place < cells.length - 1) return String(min + place - 2);
        if (place === cells.length - 1) {
          const left = 1 - (point - over.value) / over.width;
          return String(max + Math.max(1, Math.floor(1 / Math.max(left, 2 ** -20))));
        }
        const share = Math.max((point - under.value) / under.width, 0) * below + (1 - below);
        const number = min - Math.max(1, Math.floor(1 / Math.max(share, 2 ** -20)));
        return String(min >= 0 ? Math.max(number, 0) : number);
      },
      nearest([point = NaN]) {
        const place = cellAt(cells, point);
        if (place === 0 && blanks > 0) return [point];
        const own = cells[Math.min(Math.max(place, 2), cells.length - 2)] ?? blank;
        return [own.value + own.width / 2];
      },
    };
  },
};
