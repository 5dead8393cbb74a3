import { describe, expect, it } from 'vitest';
import { realnvp } from '../../src/presets/index.ts';
import { planCost } from '../../src/plan/plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { datasetSource } from '../../src/passes/batch.ts';
import { forwardPlan, inversePlan } from '../../src/passes/forward.ts';
import { trainPlan } from '../../src/passes/train.ts';
import { modelOf, withoutWhitening } from '../support/randomSpecs.ts';

const BATCH = 512;
const COUPLINGS = 6;
const MODEL = modelOf(withoutWhitening(realnvp(8, { couplings: COUPLINGS, hidden: [64, 64] })));

const weights = MODEL.layout.tensors
  .filter(({ name }) => name.endsWith('.weight'))
  .reduce((sum, { length }) => sum + length, 0);
const biases = MODEL.layout.tensors
  .filter(({ name }) => name.endsWith('.bias'))
  .reduce((sum, { length }) => sum + length, 0);

describe('the cost of a plan', () => {
  it('is 2 · weights · rows for a map in either direction, and little else', () => {
    for (const plan of [forwardPlan(MODEL, BATCH), inversePlan(MODEL, BATCH)]) {
      expect(flopsOf(plan, 'dense_forward')).toBe(2 * weights * BATCH);
      expect(planCost(plan).flops / (2 * weights * BATCH)).toBeLessThan(1.02);
    }
  });

  it('is 6 · weights · batch for a training step, and 2 · weights · batch for what is rebuilt', () => {
    const plan = trainPlan(MODEL, {
      source: datasetSource(10_000, 8),
      batch: BATCH,
      seed: 1,
      optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 0 },
    });
    // Every coupling except the last, whose nets have just run.
    const rebuilt = (weights * (COUPLINGS - 1)) / COUPLINGS;
    expect(flopsOf(plan, 'dense_forward')).toBe(2 * (weights + rebuilt) * BATCH);
    expect(flopsOf(plan, 'dense_backward_input')).toBe(2 * weights * BATCH);
    expect(flopsOf(plan, 'dense_backward_weight')).toBe(2 * weights * BATCH + biases * BATCH);
    const ratio = planCost(plan).flops / ((6 * weights + 2 * rebuilt) * BATCH);
    expect(ratio).toBeGreaterThan(1);
    expect(ratio).toBeLessThan(1.05);
  });

  it('is the sum over its dispatches', () => {
    const plan = forwardPlan(MODEL, BATCH);
    const { dispatches, flops, bytes } = planCost(plan);
    expect(dispatches).toBe(plan.dispatches.length);
    expect(flops).toBe(plan.dispatches.reduce((sum, dispatch) => sum + dispatch.flops, 0));
    expect(bytes).toBe(plan.dispatches.reduce((sum, dispatch) => sum + dispatch.bytes, 0));
  });

  it('reads each weight and moves each row at least once', () => {
    const plan = forwardPlan(MODEL, BATCH);
    expect(planCost(plan).bytes).toBeGreaterThan(4 * (weights + biases + 2 * 8 * BATCH));
  });
});

function flopsOf({ dispatches }: Plan, stem: string): number {
  return dispatches.filter(({ kernel }) => kernel.stem === stem).reduce((sum, { flops }) => sum + flops, 0);
}
