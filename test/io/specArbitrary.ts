import * as fc from 'fast-check';
import { DOMAINS } from '../../src/model/domain.ts';
import { ACTIVATIONS } from '../../src/model/activation.ts';
import type { BaseSpec } from '../../src/bases/index.ts';
import type { BijectorSpec } from '../../src/bijectors/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import type { NetSpec } from '../../src/nets/net.ts';
import type { Domain } from '../../src/model/domain.ts';
import { randomBlock } from '../support/randomSpecs.ts';

const scale = fc.oneof(
  fc.constant({ map: 'exp' as const }),
  fc.constant({ map: 'sigmoid' as const }),
  fc.constant({ map: 'sigmoid' as const, floor: 1e-3 }),
  fc.record({ map: fc.constant('tanh' as const), bound: fc.double({ min: 0.01, max: 100, noNaN: true }) }),
);

const width = fc.integer({ min: 1, max: 5 });
const netShape = fc.oneof(
  fc.record({ hidden: fc.array(width, { minLength: 1, maxLength: 3 }) }),
  fc.record({ hidden: width.map((each) => [each]), residualBlocks: fc.integer({ min: 1, max: 3 }) }),
);
const net: fc.Arbitrary<NetSpec> = fc
  .record({
    shape: netShape,
    activation: fc.constantFrom(...ACTIVATIONS),
    init: fc.constantFrom('zero_last' as const, 'torch_linear' as const),
  })
  .map(({ shape, ...others }) => ({ ...shape, ...others }));

const coupling = (dim: number): fc.Arbitrary<BijectorSpec> =>
  fc.record(
    {
      type: fc.constant('affine_coupling' as const),
      split: fc.integer({ min: 1, max: dim - 1 }),
      flip: fc.boolean(),
      scale,
      shiftFirst: fc.boolean(),
      conditioner: fc.tuple(net, fc.boolean()).map(([shape, separate]) => ({ ...shape, separate })),
    },
    { requiredKeys: ['type', 'split', 'flip', 'scale', 'conditioner'] },
  );

const additive = (dim: number): fc.Arbitrary<BijectorSpec> =>
  fc.record({
    type: fc.constant('additive_coupling' as const),
    split: fc.integer({ min: 1, max: dim - 1 }),
    flip: fc.boolean(),
    conditioner: net,
  });

const elementwise: fc.Arbitrary<BijectorSpec> = fc.constantFrom(
  { type: 'diagonal_scale' },
  { type: 'actnorm' },
);

const permutation: fc.Arbitrary<BijectorSpec> = fc.record(
  {
    type: fc.constant('permutation' as const),
    init: fc.constantFrom('reverse' as const, 'random' as const),
    signed: fc.boolean(),
  },
  { requiredKeys: ['type', 'init'] },
);

const splineCoupling = (dim: number): fc.Arbitrary<BijectorSpec> =>
  fc.record({
    type: fc.constant('rational_quadratic_coupling' as const),
    split: fc.integer({ min: 1, max: dim - 1 }),
    flip: fc.boolean(),
    bins: fc.integer({ min: 2, max: 5 }),
    bound: fc.double({ min: 0.01, max: 100, noNaN: true }),
    conditioner: net,
  });

const spline = (dim: number): fc.Arbitrary<BijectorSpec> =>
  fc.record(
    {
      type: fc.constant('rational_quadratic_elementwise' as const),
      bins: fc.integer({ min: 2, max: 5 }),
      bound: fc.double({ min: 0.01, max: 100, noNaN: true }),
      block: randomBlock(dim),
    },
    { requiredKeys: ['type', 'bins', 'bound'] },
  );

const linear: fc.Arbitrary<BijectorSpec> = fc.constant({ type: 'invertible_linear' });

const domains = (dim: number): fc.Arbitrary<BijectorSpec[]> =>
  fc
    .array(fc.constantFrom(...DOMAINS), { minLength: dim, maxLength: dim })
    .filter((features) => features.some((domain) => domain !== 'real'))
    .map((features) => [{ type: 'domain', features }]);

const base: fc.Arbitrary<BaseSpec> = fc.oneof(
  fc.constantFrom<BaseSpec>({ type: 'standard_normal' }, { type: 'diagonal_normal' }),
  fc.record({
    type: fc.constant('student_t' as const),
    df: fc.double({ min: 0.1, max: 1000, noNaN: true }),
    learned: fc.boolean(),
  }),
  fc.record({ type: fc.constant('mixture' as const), components: fc.integer({ min: 2, max: 5 }) }),
  fc.record({
    type: fc.constant('uniform' as const),
    bound: fc.double({ min: 0.01, max: 100, noNaN: true }),
  }),
);

const bijector = (dim: number): fc.Arbitrary<BijectorSpec> =>
  dim === 1
    ? fc.oneof(elementwise, spline(dim), permutation)
    : fc.oneof(
        coupling(dim),
        additive(dim),
        splineCoupling(dim),
        elementwise,
        spline(dim),
        permutation,
        linear,
      );

/** A coupling that conditions on the context alone. */
const given: fc.Arbitrary<BijectorSpec> = fc
  .oneof(coupling(2), additive(2), splineCoupling(2))
  .map((drawn): BijectorSpec => ('conditioner' in drawn ? { ...drawn, split: 0, flip: false } : drawn));

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

/** A `standardize` after `start`, with offsets of some features that are not bounded. */
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
