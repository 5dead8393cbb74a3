import { describe, expect, it } from 'vitest';
import { traceRecord } from '../../../src/kernels/data/trace_record.ts';
import { ramp, runBoth } from '../harness.ts';

describe('trace_record', () => {
  it.each([
    [1, 1],
    [63, 2],
    [64, 3],
    [65, 5],
    [257, 65],
  ])('keeps %i rows of %i features at their place, and nothing elsewhere', async (rows, features) => {
    const state = ramp(features * rows, 3);
    const logDet = ramp(rows, 5);
    const record = (place: number): ReturnType<typeof traceRecord> =>
      traceRecord({
        rows,
        features,
        place,
        state: 'state',
        logDet: 'log_det',
        states: 'states',
        logDets: 'log_dets',
      });
    const { gpu, twin } = await runBoth([record(0), record(2)], {
      state,
      log_det: logDet,
      states: new Float32Array(4 * features * rows).fill(NaN),
      log_dets: new Float32Array(3 * rows).fill(NaN),
    });
    const untouched = (length: number): number[] => Array.from({ length }, () => NaN);
    const states = [...state, ...untouched(features * rows), ...state, ...untouched(features * rows)];
    const logDets = [...untouched(rows), ...logDet, ...untouched(rows)];
    for (const found of [gpu, twin]) {
      expect([...found('states')]).toEqual(states);
      expect([...found('log_dets')]).toEqual(logDets);
    }
  });
});
