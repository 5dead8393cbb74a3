import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vanilla } from '../../src/presets/index.ts';
import { columnsOf, copyToRows, RowRunner } from '../../src/gpu/rows.ts';
import type { Chunk, RowJob } from '../../src/gpu/rows.ts';
import { initialParameters } from '../../src/spec/init.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { paddedRows } from '../../src/plan/shape.ts';
import { logProbPlan } from '../../src/passes/forward.ts';
import { LOG_PROB, PARAMETERS, STATE } from '../../src/plan/names.ts';
import { testGpu } from '../support/device.ts';
import { modelOf } from '../support/randomSpecs.ts';

describe('rows of a chunk as columns', () => {
  it('are each feature’s values one after the other, padded by the last row', () => {
    const rows = Float32Array.of(9, 9, 1, 2, 3, 4, 5, 6, 9, 9);
    const columns = columnsOf(rows, 2, { start: 1, count: 3 });
    expect(columns).toEqual(Float32Array.of(1, 3, 5, 5, 2, 4, 6, 6));
  });

  it('come back to their places, and nothing else changes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 3 }),
        (features, count, start) => {
          const rows = Float32Array.from({ length: features * (start + count + 2) }, (_, i) => i + 1);
          const columns = columnsOf(rows, features, { start, count });
          expect(columns.length).toBe(features * paddedRows(count));
          const target = new Float32Array(rows.length);
          copyToRows(columns, features, { start, count }, target);
          const inside = (i: number): boolean => i >= start * features && i < (start + count) * features;
          expect(target).toEqual(rows.map((value, i) => (inside(i) ? value : 0)));
        },
      ),
    );
  });
});

describe('RowRunner', () => {
  const model = modelOf(vanilla(2, { couplings: 2, hidden: [4] }));
  const rows = 5 * 64 + 3;
  const x = Float32Array.from({ length: 2 * rows }, (_, i) => Math.sin(i));

  async function withRunner(work: (score: Score) => Promise<void>): Promise<void> {
    const context = await testGpu();
    const { live } = context.buffers.counts;
    {
      using parameters = context.buffers.storage(PARAMETERS, model.layout.length);
      context.buffers.write(parameters, initialParameters(model.spec, 1));
      using runner = new RowRunner(context, new Map([[PARAMETERS, parameters]]));
      await work(async (chunkRows, options) => {
        const logProb = new Float32Array(rows);
        const job: RowJob = {
          kind: 'log_prob',
          rows,
          chunkRows,
          planOf: ({ count }) => logProbPlan(model, count),
          inputs: [{ buffer: STATE, features: 2, rows: x }],
          outputs: [{ buffer: LOG_PROB, features: 1, rows: logProb }],
          ...options,
        };
        await runner.run(() => Promise.resolve(job));
        return logProb;
      });
    }
    expect(context.buffers.counts.live).toBe(live);
  }

  it('puts the rows of every chunk in their place, however many are under way', () =>
    withRunner(async (score) => {
      const whole = await score(rows);
      expect(new Set(whole).size).toBeGreaterThan(rows / 2);
      expect(await score(64)).toEqual(whole);
    }));

  it('gives a shared row to all, and passes over what the plan does not read', () =>
    withRunner(async (score) => {
      const one = await score(64, {
        inputs: [{ buffer: STATE, features: 2, rows: x.subarray(0, 2), shared: true }],
      });
      const [first] = await score(rows);
      expect(new Set(one)).toEqual(new Set([first]));
      const unread = { buffer: 'context', features: 3, rows: new Float32Array(3 * rows) };
      const both = await score(64, { inputs: [{ buffer: STATE, features: 2, rows: x }, unread] });
      expect(both).toEqual(await score(rows));
    }));

  it('can be used again after a job that stopped with a chunk under way', () =>
    withRunner(async (score) => {
      const abort = new AbortController();
      let chunks = 0;
      const planOf = ({ count }: Chunk): Plan => {
        if (++chunks === 3) abort.abort(new Error('enough'));
        return logProbPlan(model, count);
      };
      await expect(score(64, { planOf, signal: abort.signal })).rejects.toThrow('enough');
      expect(chunks).toBe(3);
      const failing = (): Plan => {
        if (++chunks === 6) throw new Error('no plan');
        return logProbPlan(model, 64);
      };
      await expect(score(64, { planOf: failing })).rejects.toThrow('no plan');
      expect(await score(64)).toEqual(await score(rows));
    }));
});

/** Scores the rows in chunks of that size. */
type Score = (chunkRows: number, options?: Partial<RowJob>) => Promise<Float32Array>;
