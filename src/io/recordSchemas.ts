/** The JSON records in the metadata of a model file: their schemas. */
import * as v from 'valibot';
import { MAX_KEPT } from '../data/heldOut.ts';
import { tableSchema } from '../table/columns.ts';
import { finiteNumber, plainText, wholeNumber } from '../table/schemas.ts';

const distinctTexts = v.check<string[], string>(
  (texts) => new Set(texts).size === texts.length,
  'levels that differ',
);
const settingsSchema = v.pipe(
  v.unknown(),
  v.check((input) => !Array.isArray(input), 'an object'),
  v.record(plainText, v.union([finiteNumber, plainText, v.boolean()])),
);

const contextColumnSchema = v.union([
  v.strictObject({ name: plainText, levels: v.pipe(v.array(plainText), v.minLength(1), distinctTexts) }),
  v.strictObject({
    name: plainText,
    mean: finiteNumber,
    std: v.pipe(finiteNumber, v.gtValue(0)),
    min: v.optional(finiteNumber),
    max: v.optional(finiteNumber),
  }),
]);

const heldOutSchema = v.pipe(
  v.object({
    rows: wholeNumber,
    withoutDensity: v.optional(wholeNumber),
    logProb: v.pipe(
      v.array(finiteNumber),
      v.minLength(1, 'at least 1'),
      v.maxLength(MAX_KEPT, `at most ${MAX_KEPT}`),
      v.check((values) => values.every((value, i) => value >= (values[i - 1] ?? value)), 'ascending numbers'),
    ),
  }),
  v.check(
    ({ rows, withoutDensity = 0, logProb }) => rows - withoutDensity >= logProb.length,
    'rows for all the values',
  ),
);

/** The JSON of `__metadata__.wgflow_training`; other keys are ignored. */
export const trainingRecordSchema = v.object({
  columns: v.optional(v.array(plainText)),
  table: v.optional(tableSchema),
  context: v.optional(v.array(contextColumnSchema)),
  steps: wholeNumber,
  seed: wholeNumber,
  bestValidationNll: v.optional(finiteNumber),
  validation: v.optional(
    v.object({
      rows: wholeNumber,
      heldOut: v.boolean(),
      bestStep: v.optional(wholeNumber),
      gaussianNll: v.optional(finiteNumber),
    }),
  ),
  heldOut: v.optional(heldOutSchema),
  library: plainText,
  dataset: v.optional(plainText),
  preset: v.optional(plainText),
  options: v.optional(settingsSchema),
});

/** The JSON of `__metadata__.wgflow_optimizer`. */
export const optimizerRecordSchema = v.strictObject({
  step: wholeNumber,
  settings: settingsSchema,
  variants: v.optional(settingsSchema),
  algorithm: v.optional(v.literal('sgd')),
  averaged: v.optional(v.literal(true)),
  plateau: v.optional(v.strictObject({ reductions: wholeNumber, scoresSince: wholeNumber })),
  divergence: v.optional(
    v.strictObject({ skipped: wholeNumber, skippedInARow: wholeNumber, returns: wholeNumber }),
  ),
  best: v.optional(
    v.strictObject({
      nll: finiteNumber,
      scoresSince: wholeNumber,
      step: v.optional(wholeNumber),
      lastScored: v.optional(wholeNumber),
    }),
  ),
});
