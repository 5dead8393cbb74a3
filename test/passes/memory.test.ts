import { describe, expect, it } from 'vitest';
import { vanilla } from '../../src/presets/index.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { paddedRows } from '../../src/plan/shape.ts';
import { gradientsPlan } from '../../src/passes/backward.ts';
import { datasetSource } from '../../src/passes/batch.ts';
import { logProbPlan } from '../../src/passes/forward.ts';
import {
  D_STATE,
  FIRST_MOMENT,
  GRADIENTS,
  LOG_DET,
  NLL,
  PARAMETERS,
  PARTIAL_SUMS,
  SECOND_MOMENT,
  D_OUTPUTS,
  STATE,
} from '../../src/plan/names.ts';
import { samplePlan } from '../../src/passes/sample.ts';
import { trainPlan } from '../../src/passes/train.ts';
import { fixedVariants } from '../../src/plan/variants.ts';
import { chunkRowsOf } from '../../src/passes/workspace.ts';
import { LAVAPIPE } from '../support/adapters.ts';
import { modelOf } from '../support/randomSpecs.ts';

/** The size that WebGPU guarantees for one storage binding. */
const GUARANTEED_BINDING = 128 * 2 ** 20;

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 0 };

describe('the memory of a plan', () => {
  it('does not grow with the number of couplings, but for what holds one value per parameter', () => {
    const workspace = (couplings: number): Map<string, number> => {
      const model = modelOf(vanilla(4, { couplings, hidden: [32, 16] }));
      const plan = trainPlan(model, { source: datasetSource(1000, 4), batch: 256, seed: 1, optimizer: ADAM });
      return lengthsOf(plan, [PARAMETERS, GRADIENTS, FIRST_MOMENT, SECOND_MOMENT, PARTIAL_SUMS]);
    };
    expect(workspace(64)).toEqual(workspace(8));
    expect(workspace(8).size).toBeGreaterThan(10);
  });

  it('holds one value per parameter four times in training and once in use', () => {
    const model = modelOf(vanilla(4, { couplings: 20 }));
    const training = trainPlan(model, { source: datasetSource(10, 4), batch: 8, seed: 1, optimizer: ADAM });
    const perParameter = (plan: Plan): string[] =>
      plan.buffers.filter(({ length }) => length >= model.layout.trainableLength).map(({ name }) => name);
    expect(perParameter(training).sort()).toEqual(
      [FIRST_MOMENT, GRADIENTS, PARAMETERS, SECOND_MOMENT].sort(),
    );
    expect(perParameter(logProbPlan(model, 8))).toEqual([PARAMETERS]);
  });

  it.each([
    [2, [8]],
    [2, [512]],
    [3, [128, 128]],
    [65, [64, 64]],
    [784, [1024]],
    [7, [4096]],
  ])('keeps every binding within the guaranteed 128 MiB at %i features, hidden %j', (dim, hidden) => {
    const model = modelOf(vanilla(dim, { couplings: 2, hidden }));
    const rows = chunkRowsOf(model);
    const plans = [
      gradientsPlan(model, rows, 10 * rows),
      samplePlan(model, { rowStart: 0, rows, seed: 1, temperature: 1 }),
      trainPlan(model, { source: datasetSource(10, dim), batch: 1_000_000, seed: 1, optimizer: ADAM }),
    ];
    for (const { label, buffers } of plans) {
      for (const { name, length } of buffers) {
        expect(4 * length, `${label}: ${name}`).toBeLessThanOrEqual(GUARANTEED_BINDING);
      }
    }
  });

  it.each([
    [2, [8]],
    [2, [128, 128]],
    [2, [128, 128, 128]],
    [4, [128, 1]],
    [4, [64]],
    [4, [1]],
  ])('keeps the tape of every segment within it too, at %i features, hidden %j', (dim, hidden) => {
    const model = modelOf(vanilla(dim, { couplings: 40, hidden }));
    const rows = chunkRowsOf(model);
    for (const segment of [8, 32] as const) {
      const { buffers } = gradientsPlan(model, rows, 10 * rows, { ...fixedVariants(LAVAPIPE), segment });
      expect(buffers.map(({ name }) => name)).toContain(D_OUTPUTS);
      for (const { name, length } of buffers) {
        expect(4 * length, `${segment}: ${name}`).toBeLessThanOrEqual(GUARANTEED_BINDING);
      }
    }
  });

  it('is dim × rows for the state and its gradient, rows for what is per row, in padded rows', () => {
    const model = modelOf(vanilla(5, { couplings: 2, hidden: [8] }));
    for (const rows of [1, 4, 63, 64, 65]) {
      const lengths = lengthsOf(gradientsPlan(model, rows, rows), []);
      expect(lengths.get(STATE)).toBe(5 * paddedRows(rows));
      expect(lengths.get(D_STATE)).toBe(5 * paddedRows(rows));
      expect(lengths.get(LOG_DET)).toBe(paddedRows(rows));
      expect(lengths.get(NLL)).toBeGreaterThanOrEqual(rows);
    }
  });
});

describe('chunkRowsOf', () => {
  it('is a multiple of 64, smaller for wider models, and does not depend on their depth', () => {
    const rowsAt = (width: number, couplings = 2): number =>
      chunkRowsOf(modelOf(vanilla(2, { couplings, hidden: [width] })));
    const widths = [1, 64, 100, 512, 4096];
    const rows = widths.map((width) => rowsAt(width));
    expect(rows.every((count) => count >= 64 && count % 64 === 0)).toBe(true);
    expect(rows).toEqual([...rows].sort((a, b) => b - a));
    expect(rowsAt(4096)).toBeLessThan(rowsAt(1));
    expect(rowsAt(512, 16)).toBe(rowsAt(512, 2));
  });
});

function lengthsOf({ buffers }: Plan, without: string[]): Map<string, number> {
  return new Map(
    buffers.filter(({ name }) => !without.includes(name)).map(({ name, length }) => [name, length]),
  );
}
