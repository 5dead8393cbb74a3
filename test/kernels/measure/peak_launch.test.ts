import { describe, expect, it } from 'vitest';
import { peakLaunch } from '../../../src/kernels/measure/peak_launch.ts';
import { runBoth } from '../harness.ts';

describe('peak_launch', () => {
  it.each([0, 1, 63, 65])('writes %i ones, and nothing past them', async (elements) => {
    const { gpu, twin } = await runBoth([peakLaunch({ elements, output: 'output' })], {
      output: new Float32Array(70).fill(5),
    });
    const expected = Float32Array.from({ length: 70 }, (_, i) => (i < elements ? 1 : 5));
    expect(gpu('output')).toEqual(expected);
    expect([...twin('output')]).toEqual([...expected]);
  });

  it('is one workgroup without work where it writes nothing', () => {
    expect(peakLaunch({ elements: 0, output: 'a' })).toMatchObject({
      workgroups: [1, 1, 1],
      flops: 0,
      bytes: 0,
    });
  });
});
