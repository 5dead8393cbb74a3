import { describe, expect, it } from 'vitest';
import { rationalQuadratic } from '../../../src/kernels/spline/rational_quadratic.ts';
import type { RationalQuadraticArguments } from '../../../src/kernels/spline/rational_quadratic.ts';

import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { transformBlock } from '../slots.ts';

const F32_BOUND = 1e-5;
const INVERSE_BOUND = 1e-4;

describe('rational_quadratic', () => {
  describe.each([false, true])('inverse: %s', (inverse) => {
    it.each([
      [1, 1, 8],
      [63, 2, 2],
      [64, 3, 5],
      [65, 5, 8],
      [257, 65, 3],
      [1025, 3, 8],
    ])('matches its twin at %i rows, %i transformed features, %i bins', async (rows, features, bins) => {
      // Some rows lie beyond the bound. In narrower bins, float32 resolves a row's position less exactly.
      const { gpu, twin } = await runBoth([rationalQuadratic({ ...args(rows, features, bins), inverse })], {
        raw: ramp(features * (3 * bins - 1) * rows),
        state: ramp(features * rows, 3.5, 5),
        log_scale: features * rows,
      });
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
      expectClose('log_scale', gpu('log_scale'), twin('log_scale'), F32_BOUND);
    });
  });

  it.each([2, 8, 16])('is undone by its inverse at %i bins, with the same log-derivative', async (bins) => {
    const before = ramp(65 * 3, 3.5);
    const run = args(65, 3, bins);
    const { gpu } = await runBoth(
      [rationalQuadratic(run), rationalQuadratic({ ...run, inverse: true, logScale: 'inverse_log_scale' })],
      {
        raw: ramp(3 * (3 * bins - 1) * 65, 1.5),
        state: before,
        log_scale: 195,
        inverse_log_scale: 195,
      },
    );
    expectClose('state', gpu('state'), before, INVERSE_BOUND);
    expectClose('log-derivatives', gpu('inverse_log_scale'), gpu('log_scale'), INVERSE_BOUND);
  });

  it('is the identity where the conditioner gives zeros', async () => {
    const before = ramp(130, 4);
    const { gpu } = await runBoth([rationalQuadratic(args(65, 2, 8))], {
      raw: 2 * 23 * 65,
      state: before,
      log_scale: 130,
    });
    expectClose('state', gpu('state'), before, 1e-6);
    expectClose('log_scale', gpu('log_scale'), new Float32Array(130), 1e-6);
  });

  it('is the identity, to the bit, beyond the bound, and meets it there', async () => {
    const far = [-1e30, -4, 4, 1e30, -3.0000002, 3.0000002];
    const { gpu } = await runBoth([rationalQuadratic(args(8, 1, 8))], {
      raw: ramp(23 * 8, 2),
      state: Float32Array.of(...far, -3, 3),
      log_scale: new Float32Array(8).fill(NaN),
    });
    expect(gpu('state').slice(0, 6)).toEqual(Float32Array.of(...far));
    expect(gpu('log_scale').slice(0, 6)).toEqual(new Float32Array(6));
    expectClose('ends', gpu('state').slice(6), [-3, 3], 1e-6);
    expectClose('log-derivatives of the ends', gpu('log_scale').slice(6), [0, 0], F32_BOUND);
  });

  it('rises and stays finite whatever the raw numbers are', async () => {
    const [rows, bins] = [256, 8];
    for (const scale of [1, 10, 100, 1e4]) {
      const raw = ramp(3 * bins - 1, scale);
      const { gpu } = await runBoth([rationalQuadratic(args(rows, 1, bins))], {
        raw: Float32Array.from({ length: raw.length * rows }, (_, i) => raw[Math.floor(i / rows)]!),
        state: Float32Array.from({ length: rows }, (_, r) => -3 + (6 * r) / (rows - 1)),
        log_scale: rows,
      });
      const z = [...gpu('state')];
      expect(z.every((value, r) => r === 0 || value >= z[r - 1]!)).toBe(true);
      expect([...gpu('log_scale')].every(Number.isFinite)).toBe(true);
    }
  });

  it('has an inverse that is the identity, to the bit, beyond the bound', async () => {
    const far = [-1e30, -4, 4, 1e30];
    const { gpu } = await runBoth([rationalQuadratic({ ...args(4, 1, 8), inverse: true })], {
      raw: ramp(23 * 4, 2),
      state: Float32Array.of(...far),
      log_scale: new Float32Array(4).fill(NaN),
    });
    expect(gpu('state')).toEqual(Float32Array.of(...far));
    expect(gpu('log_scale')).toEqual(new Float32Array(4));
  });

  it('has an inverse that stays finite and within the bound whatever the raw numbers are', async () => {
    const [rows, bins] = [256, 8];
    for (const scale of [10, 100, 1e4]) {
      const { gpu } = await runBoth([rationalQuadratic({ ...args(rows, 1, bins), inverse: true })], {
        raw: ramp((3 * bins - 1) * rows, scale),
        state: Float32Array.from({ length: rows }, (_, r) => -3 + (6 * r) / (rows - 1)),
        log_scale: rows,
      });
      expect([...gpu('state')].every((x) => Math.abs(x) <= 3.00001)).toBe(true);
      expect([...gpu('log_scale')].every(Number.isFinite)).toBe(true);
    }
  });
});

function args(rows: number, features: number, bins: number): RationalQuadraticArguments {
  return {
    rows,
    inverse: false,
    blocks: transformBlock(0, features),
    bins,
    bound: 3,
    raw: 'raw',
    state: 'state',
    logScale: 'log_scale',
  };
}
