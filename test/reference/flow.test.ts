import type { TensorSlot } from '../../src/model/tensors.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paramLayout } from '../../src/spec/layout.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { ACTIVATIONS } from '../../src/model/activation.ts';
import { couplingBlocks } from '../../src/model/blocks.ts';
import type { AffineCouplingSpec } from '../../src/bijectors/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { expectClose } from '../support/compare.ts';
import { SHORT_STEP, stepFor } from '../support/differences.ts';
import { checkLogDet } from '../support/flowDifferences.ts';
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

const COUPLING: AffineCouplingSpec = {
  type: 'affine_coupling',
  split: 1,
  flip: false,
  scale: { map: 'exp' },
  conditioner: { hidden: [3], activation: 'tanh', separate: false, init: 'torch_linear' },
};

describe('the f64 twin of a flow', () => {
  it('bends the features of a block as splines of all features do, and leaves the others alone', () => {
    const splines = { type: 'rational_quadratic_elementwise', bins: 4, bound: 3 } as const;
    const all = specOf(4, [splines]);
    const parameters = randomParameters(all, 3);
    const each = parameters.length / 4;
    const block = { start: 1, count: 2 };
    const some = new ReferenceFlow(specOf(4, [{ ...splines, block }]), parameters.slice(each, 3 * each));
    const x = [-1.5, 0.4, 1.2, 2];
    const { z } = some.forward(x);
    const [, second, third] = new ReferenceFlow(all, parameters).forward(x).z;
    expect([...z]).toEqual([-1.5, second, third, 2]);
    expect(second).not.toBeCloseTo(0.4, 3);
    expectClose('x', some.inverse(z).x, x, 1e-12);
  });

  it('maps by z₂ = x₂ exp(s) + t with (s, t) from x₁', () => {
    const conditioner = { ...COUPLING.conditioner, hidden: [1], activation: 'leaky_relu' as const };
    const spec = specOf(2, [{ ...COUPLING, conditioner }]);
    // h = leaky_relu(2 x₁ − 1), s = 0.5 h + 0.1, t = −3 h + 0.2
    const flow = new ReferenceFlow(spec, [2, -1, 0.5, -3, 0.1, 0.2]);
    const rows = [
      [1, 4],
      [-1, 4],
    ] as const;
    const { z, logDet } = flow.forward(rows.flat());
    rows.forEach(([x1, x2], row) => {
      const a = 2 * x1 - 1;
      const h = a > 0 ? a : 0.01 * a;
      const s = 0.5 * h + 0.1;
      expect(z[2 * row]).toBe(x1);
      expect(z[2 * row + 1]).toBeCloseTo(x2 * Math.exp(s) - 3 * h + 0.2, 14);
      expect(logDet[row]).toBeCloseTo(s, 14);
    });
  });

  it('swaps the roles of the blocks with `flip`, and no feature changes place', () => {
    fc.assert(
      fc.property(
        randomFlows({ minDim: 2, maxBijectors: 1, types: ['affine_coupling'] }),
        ({ spec, parameters }) => {
          const coupling = spec.bijectors.find((bijector) => bijector.type === 'affine_coupling')!;
          const single = { ...spec, bijectors: [coupling] };
          const flow = new ReferenceFlow(single, parameters.subarray(0, paramLayout(single).length));
          const x = randomRows(1, spec.dim);
          const { z } = flow.forward(x);
          const { conditionStart, conditionCount } = couplingBlocks(spec.dim, coupling);
          x.forEach((value, feature) => {
            const kept = feature >= conditionStart && feature < conditionStart + conditionCount;
            expect(z[feature] === value).toBe(kept);
          });
        },
      ),
      { numRuns: 30, seed: 1 },
    );
  });

  it('standardises by (x − mean) / std with log-det −Σ log std', () => {
    const flow = new ReferenceFlow(specOf(2, [], true), [1, -2, 2, 0.5]);
    const { z, logDet } = flow.forward([3, -1]);
    expect([...z]).toEqual([1, 2]);
    expect(logDet[0]).toBeCloseTo(0, 15);
    expect(flow.logProb([3, -1])[0]).toBeCloseTo(-Math.log(2 * Math.PI) - 2.5, 14);
  });

  it('scales by exp(log_scale) with log-det Σ log_scale', () => {
    const flow = new ReferenceFlow(specOf(2, [{ type: 'diagonal_scale' }]), [Math.log(2), Math.log(0.25)]);
    const { z, logDet } = flow.forward([3, -8]);
    expectClose('z', z, [6, -2], 1e-15);
    expect(logDet[0]).toBeCloseTo(Math.log(0.5), 15);
  });

  it('shifts by z₂ = x₂ + t with t from x₁, and keeps volumes', () => {
    const conditioner = { hidden: [1], activation: 'leaky_relu' as const, init: 'torch_linear' as const };
    const spec = specOf(2, [{ type: 'additive_coupling', split: 1, flip: true, conditioner }]);
    // t = −3 (2 x₂ − 1) + 0.2, as the second feature conditions the first
    const flow = new ReferenceFlow(spec, [2, -1, -3, 0.2]);
    const { z, logDet } = flow.forward([5, 4]);
    expectClose('z', z, [5 - 3 * 7 + 0.2, 4], 1e-15);
    expect(logDet).toEqual(Float64Array.of(0));
  });

  it('permutes by z[j] = x[permutation[j]], and keeps volumes', () => {
    const flow = new ReferenceFlow(specOf(3, [{ type: 'permutation', init: 'random' }]), [2, 0, 1]);
    expect(flow.forward([10, 20, 30])).toEqual({
      z: Float64Array.of(30, 10, 20),
      logDet: Float64Array.of(0),
    });
    expect(flow.inverse([30, 10, 20]).x).toEqual(Float64Array.of(10, 20, 30));
  });

  it('mixes by P L (U + diag) x with log-det Σ log_diagonal', () => {
    // lower, upper, log_diagonal, permutation
    const flow = new ReferenceFlow(specOf(2, [{ type: 'invertible_linear' }]), [3, 5, Math.log(2), 0, 1, 0]);
    const { z, logDet } = flow.forward([1, 10]);
    expectClose('z', z, [6 + 160, 2 + 50], 1e-14);
    expect(logDet[0]).toBeCloseTo(Math.log(2), 15);
  });

  it('reads [x₁; c] in the first layer of a coupling, and moves its base by M c', () => {
    const conditioner = { hidden: [1], activation: 'identity' as const, init: 'torch_linear' as const };
    const spec: FlowSpec = {
      ...specOf(2, [{ type: 'additive_coupling', split: 1, flip: false, conditioner }]),
      contextDim: 2,
      base: { type: 'class_conditional' },
    };
    // t = 5 (x₁ + 2 c₁ + 3 c₂ + 4) + 6; the base's mean is M c with M = [[0.1, 0.2], [0.3, 0.4]]
    const flow = new ReferenceFlow(spec, {
      'bijectors.0.conditioner.0.weight': [1, 2, 3],
      'bijectors.0.conditioner.0.bias': [4],
      'bijectors.0.conditioner.1.weight': [5],
      'bijectors.0.conditioner.1.bias': [6],
      'base.mean': [0.1, 0.2, 0.3, 0.4],
    });
    const z2 = 20 + 5 * (10 + 2 - 3 + 4) + 6;
    expectClose('z', flow.forward([10, 20], [1, -1]).z, [10, z2], 1e-15);
    const squares = (10 + 0.1) ** 2 + (z2 + 0.1) ** 2;
    expectClose('log p', flow.logProb([10, 20], [1, -1]), [-Math.log(2 * Math.PI) - squares / 2], 1e-14);
    expect(() => flow.logProb([10, 20], [1])).toThrow(
      /context: found 1 values, expected 2 values for each of the 1/,
    );
  });

  it('has the log-det 0 where there is no bijector', () => {
    const flow = new ReferenceFlow(specOf(2, []), []);
    expect(flow.forward([3, -8])).toEqual({ z: Float64Array.of(3, -8), logDet: Float64Array.of(0) });
    expect(flow.inverse([3, -8]).logDet).toEqual(Float64Array.of(0));
  });

  it('undoes forward by inverse, with opposite log-dets, for random flows', () => {
    fc.assert(
      fc.property(randomFlows({ maxContext: 8 }), ({ spec, parameters }) => {
        const flow = new ReferenceFlow(spec, parameters);
        const x = rowsWithin(spec, 5);
        const context = randomContext(spec, 5);
        const { z, logDet } = flow.forward(x, context);
        const back = flow.inverse(z, context);
        expectClose('inverse(forward(x))', back.x, x, 1e-9);
        expectClose(
          'log-det of the inverse',
          back.logDet,
          logDet.map((value) => -value),
          1e-9,
        );
      }),
      { numRuns: 100, seed: 2 },
    );
  });

  it('undoes inverse by forward for random flows', () => {
    fc.assert(
      fc.property(randomFlows(), ({ spec, parameters }) => {
        const flow = new ReferenceFlow(spec, parameters);
        const z = randomRows(5, spec.dim);
        expectClose('forward(inverse(z))', flow.forward(flow.inverse(z).x).z, z, 1e-9);
      }),
      { numRuns: 50, seed: 3 },
    );
  });

  it('does both where couplings condition on the context alone', () => {
    fc.assert(
      fc.property(givenFlows({ activations: SMOOTH }), ({ spec, parameters }) => {
        const flow = new ReferenceFlow(spec, parameters);
        const x = rowsWithin(spec, 5);
        const context = randomContext(spec, 5);
        const back = flow.inverse(flow.forward(x, context).z, context);
        expectClose('inverse(forward(x))', back.x, x, 1e-9);
        checkLogDet(spec, parameters, stepFor(spec));
      }),
      { numRuns: 20, seed: 6 },
    );
  });

  it('has the log-det of its numeric Jacobian, for random smooth flows of up to 65 features', () => {
    fc.assert(
      fc.property(randomFlows({ activations: SMOOTH, maxContext: 8 }), ({ spec, parameters }) =>
        checkLogDet(spec, parameters, stepFor(spec)),
      ),
      { numRuns: 60, seed: 4 },
    );
  });

  it.each(ACTIVATIONS)('has the log-det of its numeric Jacobian with the activation %s', (activation) => {
    for (const [dim, split] of [
      [3, 1],
      [5, 2],
    ] as const) {
      for (const separate of [true, false]) {
        const conditioner = { ...COUPLING.conditioner, hidden: [4, 3], activation, separate };
        const coupling = { ...COUPLING, split, conditioner };
        const bounded = { ...coupling, flip: true, scale: { map: 'tanh' as const, bound: 1.5 } };
        const spec = specOf(dim, [coupling, bounded, coupling], true);
        checkLogDet(spec, randomParameters(spec, 7), SHORT_STEP);
      }
    }
  });

  it('has log p(x) = log N(z; M c, I) + logDet, with M = 0 where the base has none', () => {
    const bases = [{ type: 'standard_normal' } as const];
    fc.assert(
      fc.property(randomFlows({ maxContext: 8, bases }), ({ spec, parameters }) => {
        const flow = new ReferenceFlow(spec, parameters);
        const x = rowsWithin(spec, 3);
        const context = randomContext(spec, 3);
        const { z, logDet } = flow.forward(x, context);
        const expected = logDet.map((value, row) => {
          const latent = z.slice(row * spec.dim, (row + 1) * spec.dim);
          const mean = baseMeanOf(flow, context?.slice(row * spec.contextDim, (row + 1) * spec.contextDim));
          return latent.reduce(
            (sum, one, j) => sum - 0.5 * ((one - mean[j]!) ** 2 + Math.log(2 * Math.PI)),
            value,
          );
        });
        expectClose('log p', flow.logProb(x, context), expected, 1e-12);
      }),
      { numRuns: 30, seed: 5 },
    );
  });

  it.each([
    ['tanh', false, 1e-6],
    ['silu', true, 1e-6],
    // Kinks cost the trapezoidal rule its exponential convergence.
    ['leaky_relu', false, 1e-4],
  ] as const)('has a density that integrates to 1: %s, standardize %s', (activation, standardize, bound) => {
    const conditioner = { ...COUPLING.conditioner, activation };
    const couplings: AffineCouplingSpec[] = [
      // Bounded log-scales: otherwise the tails leave the grid if the conditioner is unbounded.
      { ...COUPLING, conditioner, scale: activation === 'tanh' ? { map: 'exp' } : { map: 'tanh', bound: 1 } },
      { ...COUPLING, conditioner, flip: true, scale: { map: 'tanh', bound: 1 } },
    ];
    const spec = specOf(2, couplings, standardize);
    const flow = new ReferenceFlow(
      spec,
      randomParameters(spec, 13).map((value) => 0.8 * value),
    );
    const [step, points] = [0.15, 241];
    const x = new Float64Array(2 * points * points);
    for (let i = 0; i < points * points; i++) {
      x[2 * i] = step * ((i % points) - (points - 1) / 2);
      x[2 * i + 1] = step * (Math.floor(i / points) - (points - 1) / 2);
    }
    const total = flow.logProb(x).reduce((sum, logProb) => sum + Math.exp(logProb) * step * step, 0);
    expect(Math.abs(total - 1)).toBeLessThanOrEqual(bound);
  });
});

/** M c, by the definition. */
function baseMeanOf({ model, parameters }: ReferenceFlow, context: ArrayLike<number> = []): number[] {
  const { spec, layout } = model;
  const { mean } = layout.base.tensors as { mean?: TensorSlot };
  return Array.from({ length: spec.dim }, (_, j) =>
    spec.base.type === 'class_conditional'
      ? Array.from(context).reduce(
          (sum, c, i) => sum + c * parameters[mean!.offset + j * context.length + i]!,
          0,
        )
      : 0,
  );
}
