import { describe, expect, it } from 'vitest';
import { BATCHES, batchStep, fullFrom, fullText, sweepsOf } from '../../src/measure/batches.ts';
import { entry } from './documents.ts';

/** Steps of these batches at these rates, in rows a second. */
const steps = (rates: Record<number, number>) =>
  Object.entries(rates).map(([batch, rate]) => batchStep(Number(batch), (1000 * Number(batch)) / rate));

describe('an adapter is full', () => {
  it.each([
    [
      'from the smallest batch with 90 % of the best rate on',
      { 512: 10, 1024: 80, 2048: 90, 4096: 100 },
      2048,
    ],
    ['at the smallest batch already', { 512: 91, 1024: 99, 2048: 100 }, 512],
    ['where a batch between others is the best', { 512: 50, 1024: 100, 2048: 70, 4096: 95 }, 1024],
    ['at no batch of a run whose largest one is the best by far', { 512: 10, 1024: 20, 2048: 40 }, null],
    ['at no batch if there is only one', { 512: 10 }, null],
  ])('%s', (_, rates, batch) => {
    expect(fullFrom(steps(rates))).toBe(batch);
    expect(fullFrom(steps(rates).toReversed())).toBe(batch);
  });

  it('is not said of no batches', () => expect(fullFrom([])).toBeNull());
});

describe('the sweeps of a run', () => {
  const step = (flow: string, rows: number, ms: number) =>
    entry({
      kind: 'plan',
      name: 'train_step',
      shape: `${flow}, ${rows.toLocaleString('en')} rows`,
      rows,
      samples: [ms],
    });

  it('are the training steps of each flow with several batches', () => {
    const other = entry({ kind: 'plan', name: 'forward', shape: 'S, 8,192 rows', rows: 8192 });
    const [sweep, ...more] = sweepsOf([
      step('a, b', 2048, 2),
      other,
      step('S', 512, 1),
      step('a, b', 512, 1),
      step('a, b', 4096, 4),
    ]);
    expect(more).toEqual([]);
    expect(sweep).toEqual({
      flow: 'a, b',
      steps: [batchStep(512, 1), batchStep(2048, 2), batchStep(4096, 4)],
      fullFrom: 2048,
    });
    expect(fullText(sweep!)).toBe('a, b: the adapter is full from 2,048 rows on.');
    const dips = [...sweep!.steps, batchStep(8192, 16)];
    expect(fullText({ ...sweep!, steps: dips })).toBe(
      'a, b: the adapter is full at 2,048 rows, and less so at some larger batch.',
    );
    expect(fullText({ ...sweep!, fullFrom: null })).toBe(
      'a, b: the adapter is not full at 4,096 rows, the largest batch of this run.',
    );
  });
});

it('goes from 512 to 65,536 rows by powers of two', () => {
  expect(BATCHES).toEqual([512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536]);
});
