/** The JSON records in the metadata of a model file: their schemas. */
import * as v from 'valibot';

const wholeNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const finiteNumber = v.pipe(v.number(), v.finite());
/** Text of a file is printed, and a control character could steer a terminal. */
const plainText = v.pipe(
  v.string(),
  v.check((text) => !/\p{Cc}/u.test(text), 'text without control characters'),
);
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
  v.strictObject({ name: plainText, mean: finiteNumber, std: v.pipe(finiteNumber, v.gtValue(0)) }),
]);

/** The JSON of `__metadata__.wgflow_training`; other keys are ignored. */
export const trainingRecordSchema = v.object({
  columns: v.optional(v.array(plainText)),
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
  best: v.optional(
    v.strictObject({
      nll: finiteNumber,
      scoresSince: wholeNumber,
      step: v.optional(wholeNumber),
      lastScored: v.optional(wholeNumber),
    }),
  ),
});
