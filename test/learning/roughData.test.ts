import { describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow/flow.ts';
import { PRESETS } from '../../src/presets/index.ts';
import { testOptions } from '../support/device.ts';
import { farRows, roughTable } from '../support/roughTable.ts';

const ROWS = 300;
const HELD_OUT = 200;
/** Enough for the nets to react to the outliers. */
const STEPS = 40;

describe.each(['nice', 'realnvp', 'glow', 'spline'] as const)('%s on small, rough tables', (preset) => {
  it.each([13, 30, 64])(
    'gives every held-out row of %i columns a finite log-density, and takes it back',
    async (dim) => {
      const { spec, training } = PRESETS[preset];
      using flow = await Flow.create(spec(dim), { ...(await testOptions()), seed: 1 });
      const data = roughTable(ROWS, dim, 1);
      const before = await meanNllOf(flow, data);
      for await (const { nll } of flow.fit(data, { ...training, steps: STEPS, batch: 64, seed: 1 })) {
        expect(Number.isFinite(nll)).toBe(true);
      }
      expect(await meanNllOf(flow, data)).toBeLessThan(before);
      const heldOut = roughTable(HELD_OUT, dim, 2);
      for (const rows of [heldOut, farRows(data, dim)]) {
        const logProb = await flow.logProb(rows);
        expect(logProb.filter((value) => !Number.isFinite(value))).toHaveLength(0);
        const { x } = await flow.inverse((await flow.forward(rows)).z);
        expect(x.every(Number.isFinite)).toBe(true);
      }
    },
  );
});

async function meanNllOf(flow: Flow, rows: Float32Array): Promise<number> {
  const logProb = await flow.logProb(rows);
  return -logProb.reduce((sum, value) => sum + value, 0) / logProb.length;
}
