import { describe, expect, it } from 'vitest';
import { timeBatches } from '../../src/measure/timeBatches.ts';
import { realnvp } from '../../src/presets/index.ts';
import { testGpu } from '../support/device.ts';

const spec = realnvp(2, { couplings: 2, hidden: [4], contextDim: 2 });

describe('timing batches', () => {
  it('gives the rate of each, and frees everything', async () => {
    const { device, buffers } = await testGpu();
    const { live } = buffers.counts;
    const { steps, fullFrom } = await timeBatches(device, spec, [16, 4096]);
    expect(buffers.counts.live).toBe(live);
    expect(steps.map(({ batch }) => batch)).toEqual([16, 4096]);
    for (const { batch, ms, rowsPerSecond } of steps) expect(rowsPerSecond * ms).toBeCloseTo(1000 * batch);
    // A row of 16 takes longer than one of 4,096, so only the largest batch is near the best rate.
    expect(fullFrom).toBeNull();
  });

  it('stops when its signal says so, and frees everything', async () => {
    const { device, buffers } = await testGpu();
    const { live } = buffers.counts;
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    await expect(timeBatches(device, spec, [16], abort.signal)).rejects.toThrow('enough');
    expect(buffers.counts.live).toBe(live);
  });
});
