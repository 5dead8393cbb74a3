import { afterAll, describe, expect, it } from 'vitest';
import { Flow } from '../../src/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { explain, predict } from '../../src/table.ts';
import { logNormal, normalBelow } from '../kernels/conditional/curves.ts';
import { testGpu } from '../support/device.ts';
import { conditionalOf, gaussianFlow, precisionOf } from './gaussian.ts';

const DIM = 4;
const flows: Flow[] = [];

async function opened(make: (device: GPUDevice) => Promise<Flow>): Promise<Flow> {
  const flow = await make((await testGpu()).device);
  flows.push(flow);
  return flow;
}

afterAll(() => flows.forEach((flow) => flow.dispose()));

describe('explain, on a correlated Gaussian', () => {
  it('has the surprises, p-values and shares of the closed form to 1e-3', async () => {
    const flow = await opened((device) => gaussianFlow(DIM, device));
    const precision = await precisionOf(flow);
    const x = await flow.sample(60, { seed: 5 });
    // Some cells far out, too.
    x[0] = x[0]! + 9;
    x[DIM + 1] = x[DIM + 1]! - 25;
    const { surprise, logPValue, below, error } = await explain(flow, x);
    for (let row = 0; row < 60; row++) {
      for (let i = 0; i < DIM; i++) {
        const at = row * DIM + i;
        const { mean, sd } = conditionalOf(precision, x.subarray(row * DIM, (row + 1) * DIM), i);
        const z = (x[at]! - mean) / sd;
        expect(Math.abs(surprise[at]! + logNormal(x[at]!, mean, sd))).toBeLessThan(
          1e-3 * Math.max(1, (z * z) / 10),
        );
        expect(Math.abs(Math.exp(logPValue[at]!) - 2 * normalBelow(-Math.abs(z)))).toBeLessThan(1e-3);
        expect(Math.abs(below[at]! - normalBelow(z))).toBeLessThan(1e-3);
        expect(error[at]!).toBeLessThan(5e-3);
      }
    }
  });

  it('finds the odd cell of at least 95 of 100 rows', async () => {
    const flow = await opened((device) => gaussianFlow(DIM, device));
    const precision = await precisionOf(flow);
    const x = await flow.sample(100, { seed: 8 });
    for (let row = 0; row < 100; row++) {
      const i = row % DIM;
      const { sd } = conditionalOf(precision, x.subarray(row * DIM, (row + 1) * DIM), i);
      x[row * DIM + i] = x[row * DIM + i]! + (row % 2 === 0 ? 6 : -6) * sd;
    }
    const { logPValue } = await explain(flow, x);
    let found = 0;
    for (let row = 0; row < 100; row++) {
      const cells = logPValue.subarray(row * DIM, (row + 1) * DIM);
      if (cells.indexOf(Math.min(...cells)) === row % DIM) found++;
    }
    expect(found).toBeGreaterThanOrEqual(95);
  });

  it('predicts means and quantiles of the closed form, whatever the row has there', async () => {
    const flow = await opened((device) => gaussianFlow(DIM, device));
    const precision = await precisionOf(flow);
    const x = await flow.sample(30, { seed: 6 });
    const rows = x.slice();
    for (let row = 0; row < 30; row++) rows[row * DIM + 2] = row === 0 ? 50 : 0;
    const { numbers } = await predict(flow, rows, { column: 'x3', quantiles: [0.05, 0.5, 0.95] });
    for (let row = 0; row < 30; row++) {
      const { mean, sd } = conditionalOf(precision, x.subarray(row * DIM, (row + 1) * DIM), 2);
      expect(Math.abs(numbers!.mean[row]! - mean)).toBeLessThan(2e-3 * sd);
      [-1.6448536, 0, 1.6448536].forEach((z, i) => {
        expect(Math.abs(numbers!.quantiles[3 * row + i]! - mean - z * sd)).toBeLessThan(3e-3 * sd);
      });
    }
  });
});

describe('explain, on a mixture', () => {
  it('agrees with numeric integration to 1e-2', async () => {
    const spec = {
      version: 1,
      contextDim: 0,
      dim: 2,
      bijectors: [{ type: 'standardize' }],
      base: { type: 'mixture', components: 3 },
    } as FlowSpec;
    const flow = await opened((device) => Flow.create(spec, { device, seed: 2 }));
    const means = [-3, 0, 0.5, 2.5, 3, -1];
    const sds = [0.4, 0.9, 0.8, 0.3, 0.5, 0.6];
    const weights = [0.2, 0.5, 0.3];
    await flow.setParameters({
      'base.mean': Float32Array.from(means),
      'base.log_scale': Float32Array.from(sds, Math.log),
      'base.logits': Float32Array.from(weights, Math.log),
    });
    const x = await flow.sample(40, { seed: 3 });
    const { surprise, logPValue } = await explain(flow, x);
    const density = (row: number, i: number, value: number): number =>
      weights.reduce((sum, weight, k) => {
        const other = logNormal(x[2 * row + 1 - i]!, means[2 * k + 1 - i]!, sds[2 * k + 1 - i]!);
        return sum + weight * Math.exp(other + logNormal(value, means[2 * k + i]!, sds[2 * k + i]!));
      }, 0);
    for (let row = 0; row < 40; row++) {
      for (const i of [0, 1]) {
        const step = 1e-3;
        const own = density(row, i, x[2 * row + i]!);
        let total = 0;
        let tail = 0;
        for (let value = -9; value < 9; value += step) {
          const at = density(row, i, value) * step;
          total += at;
          if (at <= own * step) tail += at;
        }
        expect(Math.abs(surprise[2 * row + i]! + Math.log(own / total))).toBeLessThan(1e-2);
        expect(Math.abs(Math.exp(logPValue[2 * row + i]!) - tail / total)).toBeLessThan(1e-2);
      }
    }
  });
});
