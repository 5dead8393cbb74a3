/** Random flows with couplings that condition on the context only. */
import * as fc from 'fast-check';
import { ACTIVATIONS } from '../../src/model/activation.ts';
import type { BijectorSpec } from '../../src/bijectors/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { randomBijector, randomParameters, randomSpecs } from './randomSpecs.ts';
import type { RandomFlow, SpecRange } from './randomSpecs.ts';

/** One or two such couplings, first and last, around up to two bijectors of any kind on 1 to 5 features. */
export function givenSpecs({
  activations = ACTIVATIONS,
}: Pick<SpecRange, 'activations'> = {}): fc.Arbitrary<FlowSpec> {
  const given = fc
    .constantFrom(
      'affine_coupling' as const,
      'additive_coupling' as const,
      'rational_quadratic_coupling' as const,
    )
    // Drawn with two features for its blocks, which are then removed.
    .chain((type) => randomBijector(type, 2, activations))
    .map((drawn): BijectorSpec =>
      'conditioner' in drawn && 'split' in drawn ? { ...drawn, split: 0, flip: false } : drawn,
    );
  return fc
    .tuple(
      randomSpecs({ maxDim: 5, maxBijectors: 2, activations }),
      given,
      fc.option(given),
      fc.integer({ min: 1, max: 8 }),
    )
    .map(([spec, first, last, contextDim]) => {
      const isStart = ({ type }: BijectorSpec): boolean => type === 'domain' || type === 'standardize';
      return {
        ...spec,
        contextDim,
        bijectors: [
          ...spec.bijectors.filter(isStart),
          first,
          ...spec.bijectors.filter((bijector) => !isStart(bijector)),
          ...(last === null ? [] : [last]),
        ],
      };
    });
}

/** Such specs with parameters. */
export function givenFlows(range: Pick<SpecRange, 'activations'> = {}): fc.Arbitrary<RandomFlow> {
  return fc
    .tuple(givenSpecs(range), fc.integer({ min: 0, max: 2 ** 31 }))
    .map(([spec, seed]) => ({ spec, parameters: randomParameters(spec, seed) }));
}
