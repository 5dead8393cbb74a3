/** A column of labels. Each level is an interval of a uniform variable, as wide as the level is frequent. */
import * as v from 'valibot';
import type { ColumnRoom } from './column.ts';
import { cellAt, cellsOf } from './intervals.ts';
import { counts, plainText } from './schemas.ts';

const schema = v.pipe(
  v.strictObject({
    type: v.literal('category'),
    name: plainText,
    /** Blank cells are the level ''. */
    levels: v.pipe(v.array(plainText), v.minLength(2)),
    counts,
  }),
  v.check(({ levels, counts: of }) => levels.length === of.length, 'one count for each level'),
  v.check(({ levels }) => new Set(levels).size === levels.length, 'levels that differ'),
);

export type CategoryColumn = v.InferOutput<typeof schema>;

const LEVELS_SHOWN = 4;

export const categoryRoom: ColumnRoom<CategoryColumn> = {
  schema,

  words({ levels, counts: of }) {
    const named = levels.filter((level) => level !== '');
    const shown = named.length <= LEVELS_SHOWN ? `: ${named.join(', ')}` : '';
    const blanks = of[levels.indexOf('')];
    const kind = named.length === 2 ? 'yes/no' : `category of ${named.length} levels`;
    return `${kind}${shown}${blanks === undefined ? '' : `; ${blanks.toLocaleString('en')} blank`}`;
  },

  features: ({ name }) => [{ name, domain: 'unit' }],

  codec({ levels, counts: of }) {
    // The last cell is for every label that training did not see: a share of one row.
    const cells = cellsOf([...of, 1]);
    const places = new Map(levels.map((level, place) => [level, place]));
    return {
      values: { discrete: cells.map((cell, place) => ({ text: levels[place], cells: [cell] })) },
      expected: 'a label',
      encode(cell) {
        const place = places.get(cell);
        const found = cells[place ?? levels.length];
        return found && { cells: [found], isNew: place === undefined };
      },
      decode: ([point = NaN]) => levels[Math.min(cellAt(cells, point), levels.length - 1)] ?? '',
    };
  },
};
