import { describe, expect, it } from 'vitest';
import { domainForward } from '../../../src/kernels/elementwise/domain_forward.ts';
import { domainInverse } from '../../../src/kernels/elementwise/domain_inverse.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { domainScales, tensorSlot } from '../slots.ts';

const F32_BOUND = 1e-5;
const INVERSE_BOUND = 1e-4;

const BUFFERS = { parameters: 'parameters', state: 'state', logDet: 'log_det' };

describe.each(['unit', 'positive'] as const)('domain_inverse of a %s feature', (domain) => {
  it.each([
    [1, 1],
    [63, 2],
    [64, 3],
    [65, 5],
    [257, 65],
    [1025, 2],
  ])('matches its twin at %i rows, %i features, and leaves others alone', async (rows, count) => {
    const state = ramp((count + 2) * rows, 12);
    const { scale, parameters } = domainScales(count + 2);
    const { gpu, twin } = await runBoth(
      [domainInverse({ rows, start: 1, count, domain, scale, accumulate: true, ...BUFFERS })],
      { parameters, state, log_det: ramp(rows, 9) },
    );
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
    expect(gpu('state').slice(0, rows)).toEqual(state.slice(0, rows));
    expect(gpu('state').slice((count + 1) * rows)).toEqual(state.slice((count + 1) * rows));
  });

  it('undoes domain_forward, and the two log-dets cancel', async () => {
    const before = ramp(3 * 65, 5);
    const { scale, parameters } = domainScales(3);
    const range = { rows: 65, start: 0, count: 3, domain, scale, ...BUFFERS };
    const { gpu } = await runBoth(
      [domainInverse({ ...range, accumulate: false }), domainForward({ ...range, accumulate: true })],
      { parameters, state: before, log_det: new Float32Array(65).fill(NaN) },
    );
    expectClose('state', gpu('state'), before, INVERSE_BOUND);
    expectClose('log_det', gpu('log_det'), new Float32Array(65), INVERSE_BOUND);
  });

  it('makes no number of what is none', async () => {
    const { scale, parameters } = domainScales(2);
    const { gpu } = await runBoth(
      [domainInverse({ rows: 2, start: 0, count: 2, domain, scale, accumulate: false, ...BUFFERS })],
      { parameters, state: Float32Array.of(NaN, 1, 2, 3), log_det: 2 },
    );
    expect([...gpu('state')].map(Number.isNaN)).toEqual([true, false, false, false]);
    expect([...gpu('log_det')].map(Number.isNaN)).toEqual([true, false]);
  });

  it.each([2 ** -126, 1, 1e6, 2 ** 126])(
    'stays inside the domain, and finite, at a scale of %f',
    async (s) => {
      const scale = tensorSlot('scale', [1], 0);
      const far = Float32Array.of(-1e30, -200, -87.4, -20, 16.7, 20, 200, 1e30);
      const { gpu, twin } = await runBoth(
        [domainInverse({ rows: 8, start: 0, count: 1, domain, scale, accumulate: false, ...BUFFERS })],
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
