import * as fc from 'fast-check';
import { DOMAINS } from '../../src/model/domain.ts';
import type { Domain } from '../../src/model/domain.ts';
import type { Base } from '../../src/bases/base.ts';
import { BASES } from '../../src/bases/index.ts';
import type { BaseSpec } from '../../src/bases/index.ts';
import { BIJECTORS } from '../../src/bijectors/index.ts';
import type { BijectorSpec, BijectorType } from '../../src/bijectors/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import type { NetSpec } from '../../src/nets/net.ts';
import { fits, isAccepted, isForStart, randomBlock } from '../support/randomSpecs.ts';
import { valuesOf } from '../support/schemaArbitrary.ts';

const width = fc.integer({ min: 1, max: 5 });
const netShape = fc.oneof(
  fc.record({ hidden: fc.array(width, { minLength: 1, maxLength: 3 }) }),
  fc.record({ hidden: width.map((each) => [each]), residualBlocks: fc.integer({ min: 1, max: 3 }) }),
);

/** Any bijector that need not start a flow, with any fields that its schema accepts. */
const bijector = (dim: number): fc.Arbitrary<BijectorSpec> =>
  fc
    .constantFrom(
      ...(Object.keys(BIJECTORS) as BijectorType[]).filter((type) => !isForStart(type) && fits(type, dim)),
    )
    .chain((type) => bijectorOfType(type, dim));

const bijectorOfType = (type: BijectorType, dim: number): fc.Arbitrary<BijectorSpec> =>
  valuesOf(BIJECTORS[type].schema, {
    split: fc.integer({ min: Math.min(1, dim - 1), max: Math.max(0, dim - 1) }),
    block: fc.option(randomBlock(dim), { nil: undefined }),
    conditioner: (schema) =>
      fc
        .tuple(
          netShape,
          valuesOf(schema, { hidden: fc.constant([]), residualBlocks: fc.constant(undefined) }),
        )
        .map(([shape, others]) => ({ ...(others as NetSpec), ...shape })),
  }).filter((drawn) => isAccepted(drawn as BijectorSpec, dim)) as fc.Arbitrary<BijectorSpec>;

const domains = (dim: number): fc.Arbitrary<BijectorSpec[]> =>
  fc
    .array(fc.constantFrom(...DOMAINS), { minLength: dim, maxLength: dim })
    .filter((features) => features.some((domain) => domain !== 'real'))
    .map((features) => [{ type: 'domain', features }]);

const base = fc
  .constantFrom(...Object.values<Base>(BASES).filter(({ readsContext }) => readsContext !== true))
  .chain(({ schema }) => valuesOf(schema)) as fc.Arbitrary<BaseSpec>;

/** A coupling that conditions on the context only. */
const given = fc
  .constantFrom<BijectorType>('affine_coupling', 'additive_coupling', 'rational_quadratic_coupling')
  .chain((type) => bijectorOfType(type, 2))
  .map((drawn): BijectorSpec =>
    'conditioner' in drawn && 'split' in drawn ? { ...drawn, split: 0, flip: false } : drawn,
  );

const contextOf = (
  contextDim: number,
  hasMeans: boolean,
  bijectors: readonly BijectorSpec[],
  base: BaseSpec,
): Pick<FlowSpec, 'contextDim' | 'base'> => {
  if (contextDim > 0 && hasMeans) return { contextDim, base: { type: 'class_conditional' } };
  const isRead = bijectors.some((one) => 'conditioner' in one);
  return { contextDim: isRead ? contextDim : 0, base };
};

/** A `standardize` after `start`, with offsets for features that are not bounded. */
const standardizing = (dim: number, start: readonly BijectorSpec[]): fc.Arbitrary<BijectorSpec> => {
  const [first] = start;
  const value = (domain: Domain): fc.Arbitrary<number> =>
    domain === 'real' ? fc.double({ noDefaultInfinity: true, noNaN: true }) : fc.constant(0);
  const domains = first?.type === 'domain' ? first.features : Array<Domain>(dim).fill('real');
  return fc
    .tuple(...domains.map(value))
    .map((offset) =>
      offset.every((number) => number === 0)
        ? { type: 'standardize' as const }
        : { type: 'standardize' as const, offset: offset.map((number) => number + 0) },
    );
};

/** Valid specs small enough to hold thousands of models. */
export const specs: fc.Arbitrary<FlowSpec> = fc.integer({ min: 1, max: 5 }).chain((dim) =>
  fc
    .tuple(
      fc.array(bijector(dim), { maxLength: 3 }),
      fc
        .option(domains(dim), { nil: [] })
        .chain((start) =>
          fc
            .option(standardizing(dim, start), { nil: undefined })
            .map((second) => [...start, ...(second === undefined ? [] : [second])]),
        ),
      base,
      fc.nat({ max: 3 }),
      fc.boolean(),
      fc.array(given, { maxLength: 1 }),
    )
    .map(([others, start, base, contextDim, hasMeans, first]): FlowSpec => {
      const bijectors = contextDim > 0 ? [...first, ...others] : others;
      return {
        version: 1,
        dim,
        ...contextOf(contextDim, hasMeans, bijectors, base),
        bijectors: [...start, ...bijectors],
      };
    }),
);
