import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paramLayout } from '../../src/spec/layout.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { ACTIVATIONS } from '../../src/model/activation.ts';
import type {
  AdditiveCouplingSpec,
  AffineCouplingSpec,
  BijectorSpec,
  SplineCouplingSpec,
} from '../../src/bijectors/index.ts';
import type { BaseSpec } from '../../src/bases/index.ts';
import type { NetSpec } from '../../src/nets/net.ts';
import type { ScaleMap } from '../../src/model/scaleMap.ts';
import { derivative, stepFor } from '../support/differences.ts';
import { checkEveryTensor, GRADIENT_BOUND, meanNll, SMALLEST_NORM } from '../support/flowDifferences.ts';
import { givenFlows } from '../support/givenSpecs.ts';
import {
  randomContext,
  randomFlows,
  randomParameters,
  randomRows,
  rowsWithin,
  SMOOTH,
  specOf,
} from '../support/randomSpecs.ts';

const SCALES: ScaleMap[] = [
  { map: 'exp' },
  { map: 'tanh', bound: 1.5 },
  { map: 'sigmoid' },
  { map: 'softclip', bound: 2 },
];

const STEEP: AffineCouplingSpec = {
  type: 'affine_coupling',
  split: 1,
  flip: false,
  scale: { map: 'exp' },
  conditioner: { hidden: [3], activation: 'silu', separate: false, init: 'torch_linear' },
};

describe('the gradients of the f64 twin', () => {
  describe.each(ACTIVATIONS)('with the activation %s', (activation) => {
    it.each([
      ['exp', 'one net', 'no flip'],
      ['exp', 'two nets', 'flip'],
      ['tanh', 'one net', 'flip'],
      ['tanh', 'two nets', 'no flip'],
      ['sigmoid', 'one net', 'no flip'],
      ['softclip', 'two nets', 'flip'],
    ])('are those of central differences: %s, %s, %s', (map, nets, flip) => {
      const scale = SCALES.find((one) => one.map === map)!;
      const coupling: AffineCouplingSpec = {
        type: 'affine_coupling',
        split: 2,
        flip: flip === 'flip',
        scale,
        conditioner: { hidden: [4, 3], activation, separate: nets === 'two nets', init: 'torch_linear' },
      };
      checkEveryTensor(specOf(5, [coupling, { ...coupling, split: 3, flip: !coupling.flip }], true), 3);
    });
  });

  it.each<[string, Partial<AffineCouplingSpec>]>([
    ['one residual block', { conditioner: { ...STEEP.conditioner, residualBlocks: 1 } }],
    ['three, in separate nets', { conditioner: { ...STEEP.conditioner, residualBlocks: 3, separate: true } }],
    ['a floor below the scale', { scale: { map: 'sigmoid', floor: 0.05 } }],
    ['the shift before the scale', { shiftFirst: true }],
  ])('are those of central differences with %s', (_name, change) => {
    const coupling = { ...STEEP, ...change };
    checkEveryTensor(specOf(3, [coupling, { ...coupling, split: 2, flip: true }], true), 3);
  });

  it.each([
    [2, 1],
    [3, 1],
    [3, 2],
    [5, 4],
  ])('are those of central differences at %i features split after %i', (dim, split) => {
    const coupling: AffineCouplingSpec = {
      type: 'affine_coupling',
      split,
      flip: false,
      scale: { map: 'tanh', bound: 3 },
      conditioner: { hidden: [5], activation: 'silu', separate: false, init: 'torch_linear' },
    };
    checkEveryTensor(specOf(dim, [coupling, { ...coupling, flip: true }, coupling]), 4);
  });

  it('are those of central differences for a diagonal scale and actnorm, alone and around a coupling', () => {
    checkEveryTensor(specOf(1, [{ type: 'diagonal_scale' }], true), 3);
    checkEveryTensor(specOf(1, [{ type: 'actnorm' }, { type: 'actnorm' }], true), 3);
    const bounded: AffineCouplingSpec = { ...STEEP, scale: { map: 'tanh', bound: 2 } };
    checkEveryTensor(specOf(3, [{ type: 'actnorm' }, bounded, { type: 'diagonal_scale' }]), 5);
  });

  it('are those of central differences for elementwise splines, alone and around a coupling', () => {
    const spline: BijectorSpec = { type: 'rational_quadratic_elementwise', bins: 4, bound: 1.8 };
    checkEveryTensor(specOf(1, [spline, { type: 'actnorm' }, spline], true), 5);
    const bounded: AffineCouplingSpec = { ...STEEP, scale: { map: 'tanh', bound: 2 } };
    checkEveryTensor(specOf(3, [spline, bounded, { ...spline, bins: 2 }]), 5);
    checkEveryTensor(specOf(3, [{ ...spline, block: { start: 1, count: 1 } }, bounded]), 5);
  });

  it.each([
    [2, 1],
    [5, 3],
  ])('are those of central differences for NICE at %i features split after %i', (dim, split) => {
    const coupling: AdditiveCouplingSpec = {
      type: 'additive_coupling',
      split,
      flip: false,
      conditioner: { hidden: [4, 3], activation: 'silu', init: 'torch_linear' },
    };
    const bijectors: BijectorSpec[] = [
      coupling,
      { type: 'permutation', init: 'random' },
      coupling,
      { ...coupling, flip: true },
      { type: 'permutation', init: 'reverse' },
      { type: 'diagonal_scale' },
    ];
    checkEveryTensor(specOf(dim, bijectors, true), 3);
  });

  it.each([2, 5])('are those of central differences for Glow at %i features', (dim) => {
    const coupling: AffineCouplingSpec = { ...STEEP, scale: { map: 'sigmoid' } };
    const bijectors: BijectorSpec[] = [
      { type: 'actnorm' },
      { type: 'invertible_linear' },
      coupling,
      { type: 'actnorm' },
      { type: 'invertible_linear' },
    ];
    checkEveryTensor(specOf(dim, bijectors, true), 3);
  });

  it.each([
    [2, 1, 2],
    [3, 2, 8],
    [5, 2, 3],
  ])(
    'are those of central differences for splines at %i features split after %i, %i bins',
    (dim, split, bins) => {
      const coupling: SplineCouplingSpec = {
        type: 'rational_quadratic_coupling',
        split,
        flip: false,
        bins,
        bound: 1.8,
        conditioner: { hidden: [4, 3], activation: 'silu', init: 'torch_linear' },
      };
      checkEveryTensor(specOf(dim, [coupling, { ...coupling, flip: true }, coupling], true), 5);
    },
  );

  it.each([
    [2, 1],
    [5, 7],
  ])('are those of central differences at %i features given %i of context', (dim, contextDim) => {
    const bounded: AffineCouplingSpec = { ...STEEP, scale: { map: 'tanh', bound: 2 } };
    const { activation, init } = STEEP.conditioner;
    const bijectors: BijectorSpec[] = [
      { ...bounded, conditioner: { ...bounded.conditioner, separate: true } },
      {
        type: 'additive_coupling',
        split: dim - 1,
        flip: true,
        conditioner: { hidden: [3, 2], activation, init },
      },
      { ...bounded, flip: true },
    ];
    const base = { type: 'class_conditional' } as const;
    checkEveryTensor({ ...specOf(dim, bijectors, true), contextDim, base }, 4);
  });

  it.each([1, 3])('are those of central differences at %i features given the context alone', (dim) => {
    const { activation, init } = STEEP.conditioner;
    const [plain, residual]: NetSpec[] = [
      { hidden: [4, 3], activation, init },
      { hidden: [3], residualBlocks: 2, activation, init },
    ];
    const given = { split: 0, flip: false };
    const bijectors: BijectorSpec[] = [
      { type: 'rational_quadratic_coupling', ...given, bins: 4, bound: 1.8, conditioner: plain! },
      { type: 'additive_coupling', ...given, conditioner: residual! },
      { type: 'actnorm' },
      { ...STEEP, split: 0, scale: { map: 'tanh', bound: 2 } },
      { ...STEEP, split: 0, shiftFirst: true, conditioner: { ...STEEP.conditioner, separate: true } },
    ];
    checkEveryTensor({ ...specOf(dim, bijectors, true), contextDim: 2 }, 5);
  });

  it.each<BaseSpec>([
    { type: 'diagonal_normal' },
    { type: 'mixture', components: 3 },
    { type: 'student_t', df: 3, learned: true },
  ])('are those of central differences for the base %j', (base) => {
    const bounded: AffineCouplingSpec = { ...STEEP, scale: { map: 'tanh', bound: 2 } };
    checkEveryTensor({ ...specOf(3, [{ type: 'actnorm' }, bounded]), base }, 5);
  });

  it('are the slopes along random directions of random flows', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          { weight: 3, arbitrary: randomFlows({ activations: SMOOTH, maxContext: 8 }) },
          { weight: 1, arbitrary: givenFlows({ activations: SMOOTH }) },
        ),
        fc.nat(),
        ({ spec, parameters }, seed) => {
          const flow = new ReferenceFlow(spec, parameters);
          const x = rowsWithin(spec, 2, seed % 1000);
          const { gradients } = flow.gradients(x, randomContext(spec, 2));
          const before = flow.parameters.slice();
          for (const { name, offset, length } of flow.model.layout.tensors) {
            const gradient = gradients[name];
            if (gradient === undefined) continue;
            const direction = unit(randomRows(length, 1, seed % 997));
            const slope = derivative((step) => {
              direction.forEach((d, i) => (flow.parameters[offset + i] = before[offset + i]! + step * d));
              return meanNll(flow, x);
            }, stepFor(spec));
            flow.parameters.set(before);
            const expected = direction.reduce((sum, d, i) => sum + d * gradient[i]!, 0);
            const scale = Math.max(Math.hypot(...gradient), SMALLEST_NORM);
            expect(Math.abs(slope - expected) / scale, name).toBeLessThanOrEqual(GRADIENT_BOUND);
          }
        },
      ),
      { numRuns: 40, seed: 1 },
    );
  });

  it('come with the mean NLL of logProb', () => {
    fc.assert(
      fc.property(randomFlows({ maxContext: 8 }), ({ spec, parameters }) => {
        const flow = new ReferenceFlow(spec, parameters);
        const x = rowsWithin(spec, 3);
        const nll = meanNll(flow, x);
        expect(Math.abs(flow.gradients(x, randomContext(spec, 3)).nll - nll)).toBeLessThanOrEqual(
          1e-12 * (1 + Math.abs(nll)),
        );
      }),
      { numRuns: 20, seed: 2 },
    );
  });

  it('are those of the mean: the gradient of a batch is the mean of its rows’ gradients', () => {
    const [flow] = fc.sample(
      randomFlows({ maxDim: 5 }).map(({ spec, parameters }) => new ReferenceFlow(spec, parameters)),
      { numRuns: 1, seed: 3 },
    );
    const { dim } = flow!.model.spec;
    const x = rowsWithin(flow!.model.spec, 3);
    const whole = flow!.gradients(x).gradients;
    const rows = [0, 1, 2].map((row) => flow!.gradients(x.slice(row * dim, (row + 1) * dim)).gradients);
    for (const [name, gradient] of Object.entries(whole)) {
      gradient.forEach((value, i) => {
        const mean = rows.reduce((sum, one) => sum + one[name]![i]!, 0) / 3;
        expect(value).toBeCloseTo(mean, 12);
      });
    }
  });

  it('are finite for any number of rows where a row of zeros would overflow', () => {
    const spec = specOf(2, [STEEP, { ...STEEP, flip: true }, STEEP], true);
    const { tensors } = paramLayout(spec);
    const parameters = randomParameters(spec, 5);
    const mean = tensors.find(({ name }) => name === 'bijectors.0.mean')!;
    parameters.fill(1e6, mean.offset, mean.offset + mean.length);
    const flow = new ReferenceFlow(spec, parameters);
    expect(flow.forward([0, 0]).z.every(Number.isFinite)).toBe(false);
    for (const rows of [1, 2, 3, 4, 5]) {
      const { gradients } = flow.gradients(randomRows(rows, 2).map((value) => 1e6 + value));
      expect(Object.values(gradients).every((gradient) => gradient.every(Number.isFinite))).toBe(true);
    }
  });

  it('leave standardisation out, which has nothing to train', () => {
    const spec = specOf(2, [], true);
    const flow = new ReferenceFlow(spec, randomParameters(spec, 5));
    expect(flow.gradients(randomRows(2, 2)).gradients).toEqual({});
  });
});

function unit(values: Float64Array): Float64Array {
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm);
}
