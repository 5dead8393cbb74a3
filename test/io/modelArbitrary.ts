import * as fc from 'fast-check';
import type { ContextColumn } from '../../src/model/context.ts';
import type { Model, TrainingRecord } from '../../src/io/modelFile.ts';
import { paramLayout } from '../../src/spec/layout.ts';
import { domainsOf } from '../../src/spec/offset.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { specs } from './specArbitrary.ts';

const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
const positive = fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(1e-30) });
const floats = (length: number, value = finite) =>
  fc.array(value, { minLength: length, maxLength: length }).map((values) => Float32Array.from(values));

const settings = fc.dictionary(
  fc.stringMatching(/^[a-z][a-zA-Z]{0,5}_?$/).filter((key) => !(key in {})),
  fc.oneof(
    fc.integer(),
    fc.string(),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: 1e-9 }),
  ),
  { noNullPrototype: true },
);

/** Context columns with as many features as the spec has. */
const contextColumnsOf = ({ contextDim }: FlowSpec): fc.Arbitrary<ContextColumn[]> =>
  fc
    .nat({ max: contextDim })
    .map((numbers) => [
      ...Array.from({ length: numbers }, (_, i) => ({ name: `n${i}`, mean: i - 0.5, std: 0.25 + i })),
      ...(numbers === contextDim
        ? []
        : [
            { name: 'label', levels: Array.from({ length: contextDim - numbers }, (_, i) => `level "${i}"`) },
          ]),
    ]);

const trainingOf = (spec: FlowSpec): fc.Arbitrary<TrainingRecord> =>
  fc.record(
    {
      columns: fc.array(fc.string({ unit: 'grapheme' }), { minLength: spec.dim, maxLength: spec.dim }),
      context: contextColumnsOf(spec),
      steps: fc.nat(),
      seed: fc.maxSafeNat(),
      bestValidationNll: fc.double({ noNaN: true, noDefaultInfinity: true, max: -1e-9 }),
      heldOut: fc
        .array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 9 })
        .map((logProb) => ({ rows: 12, withoutDensity: 3, logProb: logProb.toSorted((a, b) => a - b) })),
      library: fc.constant('wgflow 0.1.0'),
      dataset: fc.string(),
      preset: fc.string(),
      options: settings,
    },
    { requiredKeys: ['steps', 'seed', 'library'] },
  );

export const models: fc.Arbitrary<Model> = specs.chain((spec) => {
  const { trainableLength, length } = paramLayout(spec);
  return fc
    .record(
      {
        trained: floats(trainableLength),
        statistics: floats(length - trainableLength, positive),
        training: trainingOf(spec),
        optimizer: fc.record(
          {
            step: fc.nat(),
            firstMoment: floats(trainableLength),
            secondMoment: floats(trainableLength, positive),
            settings,
            variants: settings,
            trained: floats(trainableLength),
            plateau: fc.record({ reductions: fc.nat(), scoresSince: fc.nat() }),
          },
          { requiredKeys: ['step', 'firstMoment', 'settings'] },
        ),
      },
      { requiredKeys: ['trained', 'statistics'] },
    )
    .map(({ trained, statistics, optimizer, ...rest }) => {
      const parameters = new Float32Array(length);
      parameters.set(trained);
      parameters.set(statistics, trainableLength);
      const [firstMoment, secondMoment] = [optimizer?.firstMoment, optimizer?.secondMoment];
      for (const flat of [parameters, firstMoment, secondMoment, optimizer?.trained])
        if (flat) clearGaps(flat, spec);
      for (const { name, offset, length: count } of paramLayout(spec).tensors) {
        for (let j = 0; j < count; j++) {
          if (name.endsWith('.initialised')) parameters[offset + j] = 1;
          if (name.endsWith('.permutation')) parameters[offset + j] = count - 1 - j;
          if (name.endsWith('.signs')) parameters[offset + j] = j % 2 === 0 ? -1 : 1;
          const isDomain = name.endsWith('.scale') && count === spec.dim;
          if (isDomain && domainsOf(spec)?.[j] !== 'positive') parameters[offset + j] = 1;
        }
      }
      return { spec, parameters, ...rest, ...(optimizer ? { optimizer } : {}) };
    });
});

/** Zeroes the gaps between tensors, which a file does not store. */
export function clearGaps(flat: Float32Array, spec: FlowSpec): Float32Array {
  const kept = flat.slice();
  flat.fill(0);
  for (const { offset, length } of paramLayout(spec).tensors) {
    if (offset < flat.length) flat.set(kept.subarray(offset, offset + length), offset);
  }
  return flat;
}
