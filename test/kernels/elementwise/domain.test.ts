import { describe, expect, it } from 'vitest';
import type { Dispatch } from '../../../src/plan/kernel.ts';
import { domain as mapDomain } from '../../../src/kernels/elementwise/domain.ts';
import type { DomainArguments } from '../../../src/kernels/elementwise/domain.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { domainScales, tensorSlot } from '../slots.ts';

const F32_BOUND = 1e-5;
const INVERSE_BOUND = 1e-4;

/** From near one border to far from it. */
const VALUES = {
  unit: (rows: number) => ramp(rows, 8).map((value) => Math.fround(1 / (1 + Math.exp(value)))),
  positive: (rows: number) => ramp(rows, 12).map((value) => Math.exp(value)),
};

describe.each(['unit', 'positive'] as const)('domain of a %s feature', (domain) => {
  describe.each([false, true])('inverse: %s', (inverse) => {
    it.each([
      [1, 1],
      [63, 2],
      [64, 3],
      [65, 5],
      [257, 65],
      [1025, 2],
    ])('matches its twin at %i rows, %i features, and leaves others alone', async (rows, count) => {
      const elements = (count + 2) * rows;
      const state = inverse ? ramp(elements, 12) : VALUES[domain](elements);
      const { scale, parameters } = domainScales(count + 2);
      const launch = dispatch({ inverse, rows, start: 1, count, domain, scale, accumulate: true });
      const { gpu, twin } = await runBoth([launch], { parameters, state, log_det: ramp(rows, 9) });
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
      expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
      expect(gpu('state').slice(0, rows)).toEqual(state.slice(0, rows));
      expect(gpu('state').slice((count + 1) * rows)).toEqual(state.slice((count + 1) * rows));
    });
  });

  it.each([2 ** -126, 1e-3, 1, 1e6, 2 ** 126])(
    'is finite and rises up to the very borders, at a scale of %f',
    async (s) => {
      const high = domain === 'unit' ? [0.5, 1 - 2 ** -12, 1 - 2 ** -24] : [0.5, 100, 3e38];
      const scale = tensorSlot('scale', [1], 0);
      const state = Float32Array.of(2 ** -140, 2 ** -126, 1e-20, 1e-3, 0.1, ...high);
      const { gpu, twin } = await runBoth(
        [dispatch({ inverse: false, rows: 8, start: 0, count: 1, domain, scale })],
        { parameters: Float32Array.of(s), state, log_det: new Float32Array(8).fill(NaN) },
      );
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
      expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
      const z = [...gpu('state')];
      expect(z.every(Number.isFinite)).toBe(true);
      expect(gpu('log_det').every(Number.isFinite)).toBe(true);
      expect(z[0]).toBe(z[1]);
      // Quotients beyond float32 count as its smallest or largest numbers.
      const least = domain === 'unit' || s === 1 ? Number.MIN_VALUE : 0;
      for (let r = 2; r < 8; r++) expect(z[r]! - z[r - 1]!).toBeGreaterThanOrEqual(least);
    },
  );

  it('is undone by its inverse, and the two log-dets cancel', async () => {
    const before = ramp(3 * 65, 5);
    const { scale, parameters } = domainScales(3);
    const range = { rows: 65, start: 0, count: 3, domain, scale };
    const { gpu } = await runBoth(
      [dispatch({ ...range, inverse: true }), dispatch({ ...range, inverse: false, accumulate: true })],
      { parameters, state: before, log_det: new Float32Array(65).fill(NaN) },
    );
    expectClose('state', gpu('state'), before, INVERSE_BOUND);
    expectClose('log_det', gpu('log_det'), new Float32Array(65), INVERSE_BOUND);
  });

  it('makes no number of what is none', async () => {
    const { scale, parameters } = domainScales(2);
    const { gpu } = await runBoth([dispatch({ inverse: true, rows: 2, start: 0, count: 2, domain, scale })], {
      parameters,
      state: Float32Array.of(NaN, 1, 2, 3),
      log_det: 2,
    });
    expect([...gpu('state')].map(Number.isNaN)).toEqual([true, false, false, false]);
    expect([...gpu('log_det')].map(Number.isNaN)).toEqual([true, false]);
  });

  it.each([2 ** -126, 1, 1e6, 2 ** 126])(
    'stays inside the domain, and finite, at a scale of %f',
    async (s) => {
      const scale = tensorSlot('scale', [1], 0);
      const far = Float32Array.of(-1e30, -200, -87.4, -20, 16.7, 20, 200, 1e30);
      const { gpu, twin } = await runBoth(
        [dispatch({ inverse: true, rows: 8, start: 0, count: 1, domain, scale })],
        { parameters: Float32Array.of(s), state: far, log_det: 8 },
      );
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
      expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
      for (const x of gpu('state')) {
        expect(x).toBeGreaterThan(0);
        expect(x).toBeLessThan(domain === 'unit' ? 1 : Infinity);
      }
    },
  );
});

function dispatch(
  args: Omit<DomainArguments, 'accumulate' | 'parameters' | 'state' | 'logDet'> & { accumulate?: boolean },
): Dispatch {
  return mapDomain({
    accumulate: false,
    ...args,
    parameters: 'parameters',
    state: 'state',
    logDet: 'log_det',
  });
}
