import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EMPTY_CURVE,
  lossRange,
  riseOf,
  ticks,
  trainingLine,
  withLosses,
  withScore,
} from '../../demo/page/lossCurve.ts';
import type { LossCurve } from '../../demo/page/lossCurve.ts';
import { verdict } from '../../demo/page/words/verdict.ts';
import type { Standing } from '../../demo/page/words/verdict.ts';

describe('the verdict', () => {
  const standing = {
    step: 1000,
    training: 1.16,
    validation: 1.151,
    validationError: 0.02,
    floor: 1.131,
    gaussianNll: null,
    given: null,
    isBounded: false,
    hasDiverged: false,
    keepsBest: false,
    isResting: false,
    rise: null,
    isFinite: false,
    start: 2.8,
    origin: null,
  } satisfies Standing;

  it.each([
    [{ ...standing, step: 0 }, 'Nothing trained yet.'],
    [standing, '0.02 nats above the best any model can do: all but done.'],
    [
      { ...standing, given: 'moon' },
      '0.02 nats above the best any model that is told the moon can do: all but done.',
    ],
    [{ ...standing, validation: 1.133 }, 'At the floor: 0.005 nats or less above the best any model can do.'],
    [{ ...standing, validation: 1.9 }, '0.77 nats above the best any model can do: much to learn yet.'],
    [
      { ...standing, floor: null, validation: null, training: 2.1 },
      '2.10 nats. 2.0 times as probable per point as at the start; nobody knows the floor of your data.',
    ],
    [
      { ...standing, floor: null, validation: null, training: -6.14, start: 100 },
      '−6.14 nats. 10^46 times as probable per point as at the start; nobody knows the floor of your data.',
    ],
    [
      { ...standing, validation: Infinity, isBounded: true },
      'Some held-out points lie where its density is zero: the base ends before they do.',
    ],
    [
      { ...standing, validation: Infinity },
      'Some held-out points lie where its density is zero: their density is too small for a number.',
    ],
    [
      { ...standing, step: 0, origin: 'a.safetensors was trained for 700 steps before.' },
      'a.safetensors was trained for 700 steps before.',
    ],
  ] as [Standing, string][])('of %j', (given, words) => expect(verdict(given)).toBe(words));

  it.each([
    [{ validation: NaN }, /is not a number: the model has diverged/],
    [{ validation: -Infinity }, /is not a number: the model has diverged/],
    [{ hasDiverged: true }, /^Training has diverged: its loss is not a number\. Reset/],
    [
      { training: 9.8e18, validation: 9.8e18 },
      /^More than a million nats worse .*training has diverged\. Reset/,
    ],
    [{ validation: 9839378906977603584 }, /^More than a million nats worse .*held-out points/],
    [{ validation: 9.8e18, start: null }, /^More than a million nats above .*almost zero/],
    [
      { floor: null, training: 40, validation: null },
      /^37\.20 nats worse than at the start: training has div/,
    ],
    [{ floor: null, training: -2, validation: 481 }, /^478\.20 nats worse .* on held-out points/],
    [
      { floor: null, training: -1e12, validation: null },
      /^Less than minus a million nats\. More than a million/,
    ],
    [
      { floor: null, training: 1, validation: null, start: 1e30 },
      /^1\.00 nats\. More than a million nats better/,
    ],
    [{ validation: 0.63 }, /^0\.50 nats below the best any model can do, which cannot be/],
    [{ validation: -1e20 }, /^More than a million nats below the best any model can do, which cannot be/],
    [{ validation: 1.101 }, /^At the floor: .*0\.03 nats better by chance/],
  ])('says what is far off, or not a number, as what it is: %j', (change: Partial<Standing>, words) => {
    const sentence = verdict({ ...standing, ...change });
    expect(sentence).toMatch(words);
    expect(sentence).not.toMatch(/NaN|Infinity|\d{8}|\de\d/);
  });

  it('has a sentence of no monstrous number for every standing', () => {
    const number = fc.oneof(
      fc.constantFrom(null, NaN, Infinity, -Infinity, 0, -0, 1e18, -1e18, 1e38, -1e38, 1e308),
      fc.float({ noNaN: true }),
    );
    const loss = number.filter((value) => value === null || Number.isFinite(value));
    const any = fc.record({ training: loss, validation: number, validationError: loss, start: loss });
    fc.assert(
      fc.property(any, fc.constantFrom(null, 1.131, -40), fc.boolean(), (losses, floor, isBounded) => {
        const sentence = verdict({ ...standing, ...losses, floor, isBounded });
        expect(sentence).toMatch(/^[A-Z\d−].*\.$/);
        expect(sentence).not.toMatch(/NaN|Infinity|undefined|null|−0\.00|\d{8}|\de\d/);
      }),
    );
  });

  it('says that a model learns its points by heart only from several scores, beyond their error', () => {
    const scored = (curve: LossCurve, nlls: number[], from = 0, error = 0.1): LossCurve =>
      nlls.reduce((last, nll, i) => withScore(last, { step: from + 100 * (i + 1), nll, error }), curve);
    const words = (curve: LossCurve, change: Partial<Standing> = {}): string =>
      verdict({
        ...standing,
        floor: null,
        isFinite: true,
        training: 0.5,
        validation: curve.lastScore!.nll,
        rise: riseOf(curve),
        ...change,
      });
    let curve = scored(EMPTY_CURVE, [2, 1.5, 1.2, 2.2]);
    expect(words(curve)).not.toMatch(/by heart/);
    curve = scored(curve, [1.25, 1.6, 1.28, 1.6, 1.7], 400);
    expect(words(curve)).not.toMatch(/by heart/);
    // The same model, scored again.
    curve = withScore(curve, { step: 900, nll: 1.7, error: 0.1 });
    expect(words(curve)).not.toMatch(/by heart/);
    curve = withScore(curve, { step: 1000, nll: 1.9, error: 0.1 });
    expect(words(curve)).toMatch(
      /best at step 300, and is 0\.70 nats worse in the last 3 scores: it has begun to learn yours by heart\./,
    );
    expect(words(curve, { isFinite: false })).not.toMatch(/by heart/);
    // The best parameters are back once training rests.
    expect(words(curve, { keepsBest: true })).toMatch(/by heart/);
    expect(words(curve, { keepsBest: true, isResting: true })).not.toMatch(/by heart/);
    curve = withScore(curve, { step: 1100, nll: 1.15, error: 0.1 });
    expect(words(curve)).not.toMatch(/by heart/);

    const noisy = scored(EMPTY_CURVE, [1.2, 1.3, 1.4, 1.5, 1.5], 0, 0.4);
    expect(words(noisy)).not.toMatch(/by heart/);
    const unsure = scored(EMPTY_CURVE, [1.2, 2.3, 2.4, 2.5, 2.5], 0, NaN);
    expect(words(unsure)).not.toMatch(/by heart/);
  });

  it.each([
    [2.0, {}, '1.10 nats on rows held out: 0.90 nats better than a Gaussian fitted to the same rows.'],
    [1.1, {}, '1.10 nats on rows held out: still no better than a Gaussian fitted to the same rows.'],
    [0.2, {}, '1.10 nats on rows held out: still 0.90 nats worse than a Gaussian fitted to the same rows.'],
    [
      0.2,
      { isResting: true },
      '1.10 nats on rows held out: 0.90 nats worse than a Gaussian fitted to the same rows. Train on, or give it more rows or fewer columns.',
    ],
  ])('sets rows beside a Gaussian of %d nats, and warns at the end: %j', (gaussianNll, change, words) => {
    const rows = { ...standing, floor: null, isFinite: true, validation: 1.1, gaussianNll };
    expect(verdict({ ...rows, ...change })).toBe(words);
  });

  it('is of the last score even if it is no finite number', () => {
    const good = withScore(EMPTY_CURVE, { step: 100, nll: 1.2, error: 0.1 });
    const curve = withScore(good, { step: 200, nll: NaN, error: NaN });
    expect(curve.lastScore?.nll).toBeNaN();
    expect(curve.validation).toEqual([{ step: 100, nll: 1.2 }]);
  });
});

describe('the curve of a long run', () => {
  it('keeps its means in bounded memory', () => {
    let curve = EMPTY_CURVE;
    const losses = Float32Array.from({ length: 10_000 }, (_, i) => 1 + Math.exp(-i / 1000));
    for (let start = 0; start < losses.length; start += 64) {
      curve = withLosses(curve, losses.subarray(start, start + 64));
    }
    const training = trainingLine(curve);
    expect(training.length).toBeLessThanOrEqual(400);
    expect(training.length).toBeGreaterThan(150);
    const mean = training.reduce((sum, { nll }) => sum + nll, 0) / training.length;
    expect(mean).toBeCloseTo(losses.reduce((sum, nll) => sum + nll, 0) / losses.length, 2);
    expect(curve.smoothed).toBeCloseTo(1, 2);
    expect(curve.first).toBe(2);
  });

  it('has a loss at most once for each step, at its step, whatever is repeated or unknown', () => {
    let curve = withLosses(EMPTY_CURVE, [5, 4, 3], 3);
    // The device was lost, and training goes on from step 1.
    curve = withLosses(curve, [4, 3, 2], 4);
    // A pause: nothing reported the losses of steps 5 and 6.
    curve = withLosses(curve, [NaN, NaN], 6);
    curve = withLosses(curve, [1], 8);
    expect(trainingLine(curve)).toEqual([
      { step: 0.5, nll: 5 },
      { step: 1.5, nll: 4 },
      { step: 2.5, nll: 3 },
      { step: 3.5, nll: 2 },
      { step: 7.5, nll: 1 },
    ]);
    expect(curve.steps).toBe(8);
  });

  it('is not pressed flat by a few spikes', () => {
    const losses = Array.from({ length: 200 }, (_, i) => (i % 20 === 7 ? 1000 : -5 - i / 100));
    const [low, high] = lossRange(losses, null);
    expect(low).toBeLessThan(-6.9);
    expect(high).toBeLessThan(10);
  });

  it('has a range with the floor and the curve inside, and round ticks', () => {
    const [low, high] = lossRange([3, 2, 1.5, 1.2], 1.131);
    expect(low).toBeLessThan(1.131);
    expect(high).toBeGreaterThan(1.6);
    expect(ticks([0.9, 3.1])).toEqual([1, 2, 3]);
    expect(ticks([1.1, 1.3]).length).toBeGreaterThanOrEqual(3);
    expect(lossRange([], null)).toEqual([0, 3]);
  });

  it('has a range, and few ticks, for losses of any size', () => {
    for (const losses of [[1e18], [1e18, 3e18], [-1e30, 2], [NaN, 4], [3e38, -3e38], [0, 0]]) {
      const range = lossRange(losses, null);
      expect(range[1]).toBeGreaterThan(range[0]);
      expect(ticks(range).length, String(losses)).toBeGreaterThan(0);
      expect(ticks(range).length, String(losses)).toBeLessThan(9);
    }
  });
});
