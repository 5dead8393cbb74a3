import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BaseSpec } from '../../src/bases/index.ts';
import type { BijectorSpec } from '../../src/bijectors/index.ts';
import type { NetSpec } from '../../src/nets/net.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { derivative, stepFor } from '../support/differences.ts';
import { givenFlows } from '../support/givenSpecs.ts';
import {
  randomContext,
  randomFlows,
  randomParameters,
  rowsWithin,
  SMOOTH,
  specOf,
} from '../support/randomSpecs.ts';

const GRADIENT_BOUND = 1e-6;

/** Smaller norms are replaced by this in comparisons, because the differences round by 1e-11. */
const SMALLEST_NORM = 1e-4;

const NET: NetSpec = { hidden: [4, 3], activation: 'silu', init: 'torch_linear' };
const SPLINE = { bins: 4, bound: 1.8 };
const HALVES = { split: 1, flip: false };

const BIJECTORS: BijectorSpec[] = [
  { type: 'domain', features: ['positive', 'unit', 'real'] },
  { type: 'standardize' },
  { type: 'actnorm' },
  { type: 'diagonal_scale' },
  { type: 'permutation', init: 'random' },
  { type: 'invertible_linear' },
  {
    type: 'affine_coupling',
    ...HALVES,
    scale: { map: 'tanh', bound: 2 },
    conditioner: { ...NET, separate: true },
  },
  {
    type: 'affine_coupling',
    ...HALVES,
    scale: { map: 'exp' },
    shiftFirst: true,
    conditioner: { ...NET, separate: false },
  },
  {
    type: 'additive_coupling',
    split: 2,
    flip: true,
    conditioner: { ...NET, hidden: [3], residualBlocks: 2 },
  },
  { type: 'rational_quadratic_coupling', ...HALVES, ...SPLINE, conditioner: NET },
  { type: 'rational_quadratic_elementwise', ...SPLINE },
];

describe('the gradient of log p with respect to x of the f64 twin', () => {
  it.each(BIJECTORS.map((bijector) => [bijector.type, bijector] as const))(
    'is that of central differences for the bijector %s, alone and before a coupling',
    (_type, bijector) => {
      checkRows(specOf(3, [bijector]));
      checkRows(specOf(3, [bijector, BIJECTORS[6]!, { type: 'actnorm' }]));
    },
  );

  it.each<BaseSpec>([
    { type: 'class_conditional' },
    { type: 'diagonal_normal' },
    { type: 'mixture', components: 3 },
    { type: 'student_t', df: 3, learned: true },
    { type: 'uniform', bound: 40 },
  ])('is that of central differences for the base %j, given a context', (base) => {
    const spec = { ...specOf(3, [BIJECTORS[0]!, BIJECTORS[1]!, BIJECTORS[6]!]), contextDim: 2, base };
    checkRows(spec);
  });

  it('is that of central differences for random flows', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          { weight: 3, arbitrary: randomFlows({ maxDim: 6, activations: SMOOTH, maxContext: 8 }) },
          { weight: 1, arbitrary: givenFlows({ activations: SMOOTH }) },
        ),
        fc.integer({ min: 1, max: 999 }),
        ({ spec, parameters }, seed) => checkRows(spec, parameters, seed),
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  it('is 0 where there is no density', () => {
    const spec: FlowSpec = { ...specOf(2, [{ type: 'actnorm' }]), base: { type: 'uniform', bound: 1 } };
    const flow = new ReferenceFlow(spec, new Float32Array(5));
    const { logProb, gradient } = flow.logProbGradient([0.5, -0.5, 2, 0]);
    expect([...logProb]).toEqual([-2 * Math.log(2), -Infinity]);
    expect([...gradient]).toEqual([0, 0, 0, 0]);
  });

  it('takes any number of rows, each on its own', () => {
    const spec = specOf(3, [BIJECTORS[1]!, BIJECTORS[6]!]);
    const flow = new ReferenceFlow(spec, randomParameters(spec, 5));
    const x = rowsWithin(spec, 5);
    const whole = flow.logProbGradient(x).gradient;
    for (let row = 0; row < 5; row++) {
      const range = [3 * row, 3 * row + 3] as const;
      expect(flow.logProbGradient(x.slice(...range)).gradient).toEqual(whole.slice(...range));
    }
    expect(flow.logProbGradient([])).toEqual({ logProb: new Float64Array(0), gradient: new Float64Array(0) });
  });
});

/** Compares each row's gradient with differences of `logProb`. */
function checkRows(spec: FlowSpec, parameters = randomParameters(spec, 11), seed = 1): void {
  const { dim } = spec;
  const rows = 3;
  const flow = new ReferenceFlow(spec, parameters);
  const x = rowsWithin(spec, rows, seed);
  const context = randomContext(spec, rows);
  const { logProb, gradient } = flow.logProbGradient(x, context);
  expect(logProb).toEqual(flow.logProb(x, context));
  // A bounded feature near its border needs a step that suits its distance.
  const differences = x.map((value, i) => {
    const steps = stepFor(spec) * Math.min(1, Math.abs(value), Math.abs(1 - value) || 1);
    return derivative((step) => {
      const moved = x.slice();
      moved[i] = value + step;
      return flow.logProb(moved, context)[Math.floor(i / dim)]!;
    }, steps);
  });
  for (let row = 0; row < rows; row++) {
    const [start, end] = [row * dim, (row + 1) * dim];
    const error = Math.hypot(
      ...differences.slice(start, end).map((value, j) => value - gradient[start + j]!),
    );
    const norm = Math.max(Math.hypot(...differences.slice(start, end)), SMALLEST_NORM);
    expect(error / norm, `row ${row}: ${differences.join(', ')}, ${gradient.join(', ')}`).toBeLessThanOrEqual(
      GRADIENT_BOUND,
    );
  }
}
