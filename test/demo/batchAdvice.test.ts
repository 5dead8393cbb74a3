import { describe, expect, it } from 'vitest';
import { batchAdvice, betterBatch } from '../../demo/page/batchAdvice.ts';
import { batchStep, fullFrom } from '../../src/measure/batches.ts';

/** Steps of these times in ms, by batch. */
function filling(times: Record<number, number>) {
  const steps = Object.entries(times).map(([batch, ms]) => batchStep(Number(batch), ms));
  return { steps, fullFrom: fullFrom(steps) };
}

/** Full from 8,192 rows on. */
const GPU = filling({ 512: 0.2, 2048: 0.21, 8192: 0.3, 16_384: 0.58 });

describe('the advice on a batch', () => {
  it.each([
    [
      'says what a step of a larger batch takes',
      GPU,
      512,
      'This adapter is full from 8,192 rows on. A step of that batch takes 1.5 times as long as one of 512 rows, for 16 times the rows.',
      8192,
    ],
    [
      'compares with the nearest smaller batch that was timed',
      GPU,
      4000,
      'This adapter is full from 8,192 rows on. A step of that batch takes 1.4 times as long as one of 2,048 rows, for 4 times the rows.',
      8192,
    ],
    [
      'compares a batch below all with the smallest one',
      GPU,
      64,
      'This adapter is full from 8,192 rows on. A step of that batch takes 1.5 times as long as one of 512 rows, for 16 times the rows.',
      8192,
    ],
    [
      'suggests nothing if the batch fills it',
      GPU,
      8192,
      'This adapter is full from 8,192 rows on: your batch fills it.',
      undefined,
    ],
    [
      'goes back to a smaller batch, if the larger one is slower by the row',
      filling({ 512: 1, 2048: 2, 8192: 16, 16_384: 33 }),
      10_000,
      'This adapter is full at 2,048 rows, and less so at some larger batch. That batch has 2 times as many rows a second as one of 8,192 rows.',
      2048,
    ],
    [
      'says that a smaller batch than the smallest was not timed',
      filling({ 512: 1, 1024: 2, 2048: 4 }),
      64,
      'This adapter is full from 512 rows on, the smallest batch that was timed.',
      512,
    ],
    [
      'does not know the batch, if only the largest one is near the best rate',
      filling({ 512: 1, 1024: 1, 2048: 1 }),
      512,
      'This adapter is not full at 2,048 rows, the largest batch that was timed.',
      undefined,
    ],
  ])('%s', (_, found, batch, words, better) => {
    expect(batchAdvice(found, batch)).toBe(words);
    expect(betterBatch(found, batch)).toBe(better);
  });
});
