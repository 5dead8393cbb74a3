/** Columns without a feature: a constant, and a column that others determine. They are written back to samples. */
import * as v from 'valibot';
import type { ColumnRoom } from './column.ts';
import { FORMS } from './forms.ts';
import { finiteNumber, plainText } from './schemas.ts';

const constantSchema = v.strictObject({ type: v.literal('constant'), name: plainText, text: plainText });
const linearSchema = v.pipe(
  v.strictObject({
    type: v.literal('linear'),
    name: plainText,
    /** name = constant + Σ weights · of */
    of: v.array(plainText),
    weights: v.array(finiteNumber),
    constant: finiteNumber,
    /** The decimal places of the training rows, at most 15. */
    decimals: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(15)),
  }),
  v.check(({ of, weights }) => of.length === weights.length, 'one weight for each column'),
);

export type ConstantColumn = v.InferOutput<typeof constantSchema>;
export type LinearColumn = v.InferOutput<typeof linearSchema>;

export const constantRoom: ColumnRoom<ConstantColumn> = {
  schema: constantSchema,
  words: ({ text }) => `constant, ${text === '' ? 'blank' : text}: not learned, written back`,
  features: () => [],
  codec: ({ text }) => ({
    values: { discrete: [] },
    expected: text,
    // A table to score need not have the column.
    encode: (cell) => ({
      cells: [],
      isNew: cell !== '' && cell !== text && FORMS.decimal.parse(cell) !== Number(text),
    }),
    decode: () => text,
  }),
};

const SHOWN = 3;

export const linearRoom: ColumnRoom<LinearColumn> = {
  schema: linearSchema,
  words({ of }) {
    const shown = of.length > SHOWN ? `${of.slice(0, SHOWN).join(', ')}, … (${of.length})` : of.join(', ');
    return `determined by ${shown}: not learned, written back`;
  },
  features: () => [],
  codec: ({ of, weights, constant, decimals }) => ({
    values: { discrete: [] },
    expected: 'a number',
    encode: () => ({ cells: [] }),
    decode: (_, numberOf) => {
      const sum = of.reduce((total, name, i) => total + (weights[i] ?? 0) * numberOf(name), constant);
      return String(Number(sum.toFixed(decimals)));
    },
  }),
};
