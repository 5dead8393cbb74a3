import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { realnvp } from '../../src/presets/index.ts';
import { PlanBuilder } from '../../src/plan/plan.ts';
import { ReferenceProgram } from '../../src/reference/executor.ts';
import { batchCursor, batchRows, datasetFor, datasetSource, RING_SIZE } from '../../src/passes/batch.ts';
import {
  CONTEXT,
  contextDatasetName,
  datasetName,
  STATE,
  STEP_CURSOR,
  STEP_STATE,
} from '../../src/plan/names.ts';

const FEATURES = 3;

describe('datasetSource', () => {
  it('holds a small data set in one buffer and cuts a large one into whole rows', () => {
    expect(datasetSource(1000, 3).segmentRows).toBeGreaterThanOrEqual(1000);
    expect(datasetSource(1000, 3, 100).segmentRows).toBe(8);
    expect(4 * 7 * datasetSource(1e9, 7).segmentRows).toBeLessThanOrEqual(128 * 2 ** 20);
  });
});

describe('batchRows', () => {
  it('gathers a segmented data set by one dispatch per segment, each row of it in one of them', () => {
    const plan = new PlanBuilder('batch');
    plan.buffer(STATE, FEATURES * 4);
    batchRows(plan, datasetSource(23, FEATURES, 4 * FEATURES * 7), 1, { rows: 4, rowStart: 0 });
    const { dispatches, buffers } = plan.build();
    expect(dispatches.map(({ params }) => [params['segment_start'], params['segment_rows']])).toEqual([
      [0, 7],
      [7, 7],
      [14, 7],
      [21, 2],
    ]);
    const lengths = new Map(buffers.map(({ name, length }) => [name, length]));
    expect([0, 1, 2, 3].map((segment) => lengths.get(datasetName(segment)))).toEqual([21, 21, 21, 6]);
  });

  it('visits every row once per epoch, whatever the batch, the segments and the chunks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(),
        (dataRows, batch, segmentRows, seed) => {
          const visits = drawBatches({ dataRows, batch, segmentRows, seed, steps: dataRows });
          // As many steps as rows make as many whole epochs as a batch has rows.
          expect(visits.length).toBe(dataRows * batch);
          for (let epoch = 0; epoch < batch; epoch++) {
            const rows = visits.slice(epoch * dataRows, (epoch + 1) * dataRows);
            expect([...rows].sort((a, b) => a - b)).toEqual(Array.from({ length: dataRows }, (_, i) => i));
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('gives each row its own context, however rows and contexts are cut', () => {
    const spec = { ...realnvp(2, { couplings: 1 }), contextDim: 3 };
    // Segments of 4 data rows and of 2 context rows.
    const source = datasetFor(spec, 7, 4 * 8);
    const plan = new PlanBuilder('batch');
    plan.buffer(STATE, 2 * 8);
    batchRows(plan, source, 5, { rows: 8, rowStart: 0 });
    const program = new ReferenceProgram(plan.build());
    const number = (name: typeof datasetName, segmentRows: number, width: number): void => {
      for (let segment = 0; segment * segmentRows < 7; segment++) {
        const rows = program.floats(name(segment));
        rows.forEach((_, i) => (rows[i] = segment * segmentRows + Math.floor(i / width)));
      }
    };
    number(datasetName, 4, 2);
    number(contextDatasetName, 2, 3);
    program.buffer(STEP_CURSOR).set(batchCursor(source, 0, 8));
    program.run();
    const state = program.floats(STATE).slice(0, 8);
    expect(new Set(state).size).toBe(7);
    for (let c = 0; c < 3; c++) expect(program.floats(CONTEXT).slice(8 * c, 8 * (c + 1))).toEqual(state);
  });

  it('gives the same rows whether or not the data set is cut', () => {
    const options = { dataRows: 31, batch: 8, seed: 5, steps: 10 };
    expect(drawBatches({ ...options, segmentRows: 4 })).toEqual(drawBatches({ ...options, segmentRows: 31 }));
  });

  it('shuffles by the seed, and anew in each epoch', () => {
    const options = { dataRows: 64, batch: 64, segmentRows: 64, steps: 2 };
    const [first, second] = [drawBatches({ ...options, seed: 1 }), drawBatches({ ...options, seed: 2 })];
    expect(first.slice(0, 64)).not.toEqual(second.slice(0, 64));
    expect(first.slice(0, 64)).not.toEqual(first.slice(64));
  });
});

describe('batchCursor', () => {
  it('is the epoch and the place in it where the batch of a data set begins', () => {
    const source = datasetSource(10, 2);
    expect([0, 1, 2, 3, 4].map((step) => batchCursor(source, step, 4))).toEqual([
      [0, 0],
      [0, 4],
      [0, 8],
      [1, 2],
      [1, 6],
    ]);
  });

  it('is the high and low word of the first point’s index for a toy density', () => {
    const source = { kind: 'toy', shape: 0, noise: 0, stream: 2 } as const;
    expect(batchCursor(source, 3, 512)).toEqual([0, 1536]);
    expect(batchCursor(source, 2 ** 40, 2 ** 12)).toEqual([2 ** 20, 0]);
    expect(batchCursor(source, 2 ** 22, 2 ** 10 + 1)).toEqual([1, 2 ** 22]);
  });

  it('stays exact where step × batch is beyond 2⁵³', () => {
    const [epoch, position] = batchCursor(datasetSource(7, 2), 2 ** 50 + 1, 2 ** 20 + 3);
    const first = (2n ** 50n + 1n) * (2n ** 20n + 3n);
    expect(position).toBe(Number(first % 7n));
    expect(epoch).toBe(Number((first / 7n) % 2n ** 32n));
  });
});

/** The row numbers that the reference gathers in `steps` steps; every feature of row i holds i. */
function drawBatches(options: {
  dataRows: number;
  batch: number;
  segmentRows: number;
  seed: number;
  steps: number;
}): number[] {
  const { dataRows, batch, segmentRows, seed, steps } = options;
  const source = datasetSource(dataRows, FEATURES, 4 * FEATURES * segmentRows);
  const plan = new PlanBuilder('batch');
  plan.buffer(STATE, FEATURES * batch);
  // Two chunks; the second overwrites the first in the state.
  const half = Math.ceil(batch / 2);
  const chunks = [
    { rows: half, rowStart: 0 },
    ...(batch > half ? [{ rows: batch - half, rowStart: half }] : []),
  ];
  const ends = chunks.map((chunk) => {
    batchRows(plan, source, seed, chunk);
    return plan.build().dispatches.length;
  });
  const program = new ReferenceProgram(plan.build());
  for (let segment = 0; segment * segmentRows < dataRows; segment++) {
    const dataset = program.floats(datasetName(segment));
    dataset.forEach((_, i) => (dataset[i] = segment * segmentRows + Math.floor(i / FEATURES)));
  }
  const visits: number[] = [];
  for (let step = 0; step < steps; step++) {
    program.buffer(STEP_STATE)[0] = step;
    program.buffer(STEP_CURSOR).set(batchCursor(source, step, batch), 2 * (step % RING_SIZE));
    chunks.forEach(({ rows }, chunk) => {
      program.run(ends[chunk - 1] ?? 0, ends[chunk]);
      const state = program.floats(STATE);
      for (let row = 0; row < rows; row++) {
        const features = Array.from({ length: FEATURES }, (_, j) => state[j * rows + row]!);
        expect(new Set(features).size).toBe(1);
        visits.push(features[0]!);
      }
    });
  }
  return visits;
}
