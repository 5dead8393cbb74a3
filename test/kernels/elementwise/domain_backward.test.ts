import { describe, expect, it } from 'vitest';
import { domainBackward } from '../../../src/kernels/elementwise/domain_backward.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth, runTwin } from '../harness.ts';
import { domainScales } from '../slots.ts';

const INVERSE_BOUND = 1e-4;

/** Relative to slopes of up to 1e7. An image of 12 is rounded by 1e-6, and so is e to its power. */
const SLOPE_BOUND = 1e-5;

describe.each(['unit', 'positive'] as const)('domain_backward of a %s feature', (domain) => {
  const dispatch = (rows: number, count: number, validRows = rows): ReturnType<typeof domainBackward> => {
    const { scale } = domainScales(count + 2);
    const buffers = { parameters: 'parameters', state: 'state', dState: 'd_state' };
    return domainBackward({ rows, validRows, start: 1, count, domain, scale, dLogDet: -1, ...buffers });
  };

  it.each([
    [1, 1],
    [63, 2],
    [64, 3],
    [65, 5],
    [257, 65],
    [1025, 2],
  ])('matches its twin at %i rows, %i features, and leaves others alone', async (rows, count) => {
    const elements = (count + 2) * rows;
    const { parameters } = domainScales(count + 2);
    const state = ramp(elements, 12);
    // Large enough that the two terms do not cancel.
    const dState = ramp(elements, 3, 5).map((value) => 2 + Math.abs(value));
    const { gpu, twin } = await runBoth([dispatch(rows, count)], { parameters, state, d_state: dState });
    expectClose('state', gpu('state'), twin('state'), INVERSE_BOUND);
    expectClose('d_state', gpu('d_state'), twin('d_state'), SLOPE_BOUND);
    expect(gpu('d_state').slice(0, rows)).toEqual(dState.slice(0, rows));
    expect(gpu('d_state').slice((count + 1) * rows)).toEqual(dState.slice((count + 1) * rows));
  });

  it('is finite from the one end of the images to the other', async () => {
    const images = Float32Array.of(-1e3, -87.3, -20, 0, 20, 1e3);
    const contents = { parameters: new Float32Array(7).fill(1), state: images, d_state: 6 };
    const launch = {
      ...dispatch(6, 1),
      params: { ...dispatch(6, 1).params, feature_start: 0, scale_offset: 0 },
    };
    const { gpu } = await runBoth([launch], contents);
    expect(gpu('d_state').every(Number.isFinite)).toBe(true);
    expect(gpu('state').every((value) => value > 0)).toBe(true);
  });

  it('gives padded rows no gradient', () => {
    const contents = { parameters: new Float32Array(7).fill(1), state: ramp(24, 3), d_state: 24 };
    const dX = runTwin([dispatch(8, 1, 5)], contents)('d_state').slice(8, 16);
    expect(dX.slice(0, 5).every((value) => value !== 0)).toBe(true);
    expect(Array.from(dX.slice(5))).toEqual([0, 0, 0]);
  });
});
