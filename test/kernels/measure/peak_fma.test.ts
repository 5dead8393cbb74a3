import { describe, expect, it } from 'vitest';
import { peakFma } from '../../../src/kernels/measure/peak_fma.ts';
import { expectClose } from '../../support/compare.ts';
import { runBoth } from '../harness.ts';

const F32_BOUND = 1e-5;

describe('peak_fma', () => {
  it.each([
    [1, 1, 1, 1, false, false],
    [63, 3, 4, 2, false, true],
    [65, 1, 2, 3, true, false],
    [130, 2, 3, 1, true, true],
  ])(
    'matches its twin at %i invocations, %i rounds, %i chains, unrolled %i times, vec4 %s, fma() %s',
    async (invocations, rounds, chains, unroll, vec4, fused) => {
      const dispatch = peakFma({ invocations, rounds, chains, unroll, vec4, fused, output: 'output' });
      const { gpu, twin } = await runBoth([dispatch], { output: invocations + 1 });
      expectClose('output', gpu('output'), twin('output'), F32_BOUND);
    },
  );

  it('counts every product and every sum', () => {
    const shape = { chains: 16, unroll: 8, fused: true, output: 'output' };
    expect(peakFma({ ...shape, vec4: false, invocations: 64, rounds: 10 }).flops).toBe(2 * 16 * 8 * 10 * 64);
    expect(peakFma({ ...shape, vec4: true, invocations: 64, rounds: 10 }).flops).toBe(8 * 16 * 8 * 10 * 64);
  });
});
