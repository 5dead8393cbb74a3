import { describe, expect, it, onTestFinished } from 'vitest';
import type { BijectorSpec } from '../../src/bijectors/index.ts';
import { NonFiniteError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import { encodeModel } from '../../src/io/modelFile.ts';
import { chunkRowsFor } from '../../src/passes/index.ts';
import { glow, glowImage, nice, realnvpImage, realnvp, spline } from '../../src/presets/index.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { expectClose, expectNormClose } from '../support/compare.ts';
import { testGpu, testOptions } from '../support/device.ts';
import {
  modelOf,
  randomContext,
  rowsWithin,
  scaledParameters,
  specOf,
  withActivation,
} from '../support/randomSpecs.ts';

const VALUE_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

const SMALL = { couplings: 4, hidden: [16, 16] };

/** Steeper splines stretch rows so much that the rounding of x alone moves the gradient of some by 1e-4. */
const GENTLE = 0.5;

async function loaded(spec: FlowSpec): Promise<{ flow: Flow; twin: ReferenceFlow }> {
  const parameters = scaledParameters(spec, 7, GENTLE);
  const flow = await Flow.load(encodeModel({ spec, parameters }), await testOptions());
  onTestFinished(() => flow.dispose());
  return { flow, twin: new ReferenceFlow(spec, parameters) };
}

describe('the gradient of log p with respect to x', () => {
  const domains: BijectorSpec = { type: 'domain', features: ['positive', 'unit', 'real'] };
  it.each<[string, FlowSpec]>([
    ['realnvp', withActivation(realnvp(2, SMALL), 'silu')],
    ['realnvp given a context', withActivation(realnvp(3, { ...SMALL, contextDim: 2 }), 'silu')],
    ['nice', withActivation(nice(5, SMALL), 'silu')],
    ['glow', withActivation(glow(4, SMALL), 'silu')],
    ['spline', withActivation(spline(3, SMALL), 'silu')],
    [
      'domains',
      specOf(3, [
        domains,
        { type: 'standardize' },
        ...withActivation(realnvp(3, SMALL), 'silu').bijectors.slice(1),
      ]),
    ],
    ['a mixture', { ...withActivation(realnvp(2, SMALL), 'silu'), base: { type: 'mixture', components: 3 } }],
    [
      "Student's t",
      { ...withActivation(realnvp(2, SMALL), 'silu'), base: { type: 'student_t', df: 3, learned: true } },
    ],
    [
      'means from the context',
      {
        ...withActivation(realnvp(3, { ...SMALL, contextDim: 2 }), 'silu'),
        base: { type: 'class_conditional' },
      },
    ],
    ['images', withActivation(glowImage([1, 4, 4], { depth: 2, width: 6 }), 'silu')],
    [
      'images of a label',
      withActivation(realnvpImage([3, 4, 4], { depth: 1, width: 6, contextDim: 2 }), 'silu'),
    ],
    ['one feature', specOf(1, [{ type: 'standardize' }, { type: 'actnorm' }])],
  ])('is that of the f64 twin: %s', async (_, spec) => {
    const { flow, twin } = await loaded(spec);
    for (const count of [1, 65, 257]) {
      const x = Float32Array.from(rowsWithin(spec, count));
      const context = randomContext(spec, count);
      const { logProb, gradient } = await flow.logProbGradient(x, context && { context });
      const wanted = twin.logProbGradient(x, context);
      expectClose('logProb', logProb, wanted.logProb, VALUE_BOUND);
      expectNormClose('gradient', gradient, wanted.gradient, GRADIENT_BOUND);
    }
  });

  it('is in the units of data with a large offset', async () => {
    const bijectors = withActivation(realnvp(2, SMALL), 'silu').bijectors.slice(1);
    const spec = specOf(2, [{ type: 'standardize', offset: [5e6, 0] }, ...bijectors]);
    const { flow, twin } = await loaded(spec);
    const x = rowsWithin(spec, 9).map((value, i) => (i % 2 === 0 ? 5e6 + value : value));
    const wanted = twin.logProbGradient(x);
    expectNormClose('gradient', (await flow.logProbGradient(x)).gradient, wanted.gradient, GRADIENT_BOUND);
  });

  it('is −∞ and 0 where a uniform base has no density', async () => {
    const spec: FlowSpec = {
      ...specOf(2, [{ type: 'diagonal_scale' }]),
      base: { type: 'uniform', bound: 3 },
    };
    using flow = await Flow.create(spec, await testOptions());
    const { logProb, gradient } = await flow.logProbGradient(Float32Array.of(1, 2, 4, 0, 0, -3.5));
    expectClose('inside', logProb.subarray(0, 1), [-2 * Math.log(6)], VALUE_BOUND);
    expect([...logProb.subarray(1)]).toEqual([-Infinity, -Infinity]);
    expect([...gradient]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('has the same bits for a row in any company, over several chunks', async () => {
    const spec = withActivation(realnvp(2, { couplings: 2, hidden: [512] }), 'silu');
    const { flow } = await loaded(spec);
    const { software } = (await testGpu()).adapter;
    const chunk = chunkRowsFor(modelOf(spec), 'logProbGradient', software);
    const x = Float32Array.from(rowsWithin(spec, chunk + 3));
    const { gradient } = await flow.logProbGradient(x);
    for (const row of [0, chunk - 1, chunk, chunk + 2]) {
      const alone = await flow.logProbGradient(x.subarray(2 * row, 2 * row + 2));
      expect(alone.gradient).toEqual(gradient.subarray(2 * row, 2 * row + 2));
    }
    const none = await flow.logProbGradient(new Float32Array(0));
    expect(none).toEqual({ logProb: new Float32Array(0), gradient: new Float32Array(0) });
  });

  it('is an error that names the rows where it is not finite, but not those of log-density −∞', async () => {
    const spec = specOf(1, [{ type: 'diagonal_scale' }]);
    const parameters = new Float32Array(modelOf(spec).layout.length).fill(60, 0, 1);
    using flow = await Flow.load(encodeModel({ spec, parameters }), await testOptions());
    const error = await flow.logProbGradient(Float32Array.of(0, 1e-11, 1)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NonFiniteError);
    const { rows, result } = error as NonFiniteError<{ logProb: Float32Array; gradient: Float32Array }>;
    expect(rows).toEqual([2]);
    expect(result?.logProb[2]).toBe(-Infinity);
    expect(result?.gradient[2]).toBe(0);
  });
});
