import { describe, expect, it } from 'vitest';
import { domainForward } from '../../../src/kernels/elementwise/domain_forward.ts';
import type { DomainArguments } from '../../../src/kernels/elementwise/domain_forward.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { domainScales, tensorSlot } from '../slots.ts';

const F32_BOUND = 1e-5;

/** From near one border to far from it. */
export const VALUES = {
  unit: (rows: number) => ramp(rows, 8).map((value) => Math.fround(1 / (1 + Math.exp(value)))),
  positive: (rows: number) => ramp(rows, 12).map((value) => Math.exp(value)),
};

describe.each(['unit', 'positive'] as const)('domain_forward of a %s feature', (domain) => {
  it.each([
    [1, 1],
    [63, 2],
    [64, 3],
    [65, 5],
    [257, 65],
    [1025, 2],
  ])('matches its twin at %i rows, %i features, and leaves others alone', async (rows, count) => {
    const state = VALUES[domain]((count + 2) * rows);
    const { scale, parameters } = domainScales(count + 2);
    const { gpu, twin } = await runBoth([dispatch({ rows, start: 1, count, domain, scale })], {
      parameters,
      state,
      log_det: ramp(rows, 9),
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
    expect(gpu('state').slice(0, rows)).toEqual(state.slice(0, rows));
    expect(gpu('state').slice((count + 1) * rows)).toEqual(state.slice((count + 1) * rows));
  });

  it.each([2 ** -126, 1e-3, 1, 1e6, 2 ** 126])(
    'is finite and rises up to the very borders, at a scale of %f',
    async (s) => {
      const high = domain === 'unit' ? [0.5, 1 - 2 ** -12, 1 - 2 ** -24] : [0.5, 100, 3e38];
      const scale = tensorSlot('scale', [1], 0);
      const state = Float32Array.of(2 ** -140, 2 ** -126, 1e-20, 1e-3, 0.1, ...high);
      const { gpu, twin } = await runBoth(
        [dispatch({ rows: 8, start: 0, count: 1, domain, scale, accumulate: false })],
        { parameters: Float32Array.of(s), state, log_det: new Float32Array(8).fill(NaN) },
      );
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
      expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
      const z = [...gpu('state')];
      expect(z.every(Number.isFinite)).toBe(true);
      expect(gpu('log_det').every(Number.isFinite)).toBe(true);
      expect(z[0]).toBe(z[1]);
      // Quotients beyond float32 count as its last numbers.
      const least = domain === 'unit' || s === 1 ? Number.MIN_VALUE : 0;
      for (let r = 2; r < 8; r++) expect(z[r]! - z[r - 1]!).toBeGreaterThanOrEqual(least);
    },
  );
});

function dispatch(
  args: Pick<DomainArguments, 'rows' | 'start' | 'count' | 'domain' | 'scale'> & { accumulate?: boolean },
): ReturnType<typeof domainForward> {
  const buffers = { parameters: 'parameters', state: 'state', logDet: 'log_det' };
  return domainForward({ accumulate: true, ...args, ...buffers });
}
