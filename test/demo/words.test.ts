import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import type { DataSettings } from '../../demo/protocol.ts';
import { PRESETS } from '../../src/index.ts';
import { encodeContext } from '../../src/index.ts';
import { csvText } from '../../demo/page/csvText.ts';
import { codeOfRun } from '../../demo/page/codeOfRun.ts';
import {
  densityName,
  describeDensity,
  describeGrid,
  describeLatent,
  describeLayer,
  describeLogDets,
  describeSamples,
  describeSlice,
  sampleMoments,
} from '../../demo/page/describe.ts';
import {
  bytes,
  count,
  decimal,
  measure,
  milliseconds,
  nats,
  short,
  vector,
} from '../../demo/page/figures.ts';
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
import { freeName } from '../../demo/page/keptModels.ts';
import { pointsAt, swing } from '../../demo/page/recordedFlow.ts';
import { defaultSettings } from '../../demo/page/settings.ts';
import { PRESET_NAMES, startOf } from '../../demo/presets.ts';
import { verdict } from '../../demo/page/verdict.ts';
import type { Standing } from '../../demo/page/verdict.ts';
import recording from '../../demo/assets/recording.json';

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

describe('the code of a run', () => {
  const { model } = defaultSettings();

  it('is about ten lines that name every setting', () => {
    const code = codeOfRun(
      { ...model, scale: 'sigmoid', base: 'student-t' },
      { kind: 'toy', name: 'moons', noise: 0.1, size: 'endless' },
    );
    expect(code.trim().split('\n').length).toBeLessThanOrEqual(12);
    expect(code).toContain(`const data = { toy: 'moons', noise: 0.1 };`);
    expect(code).toContain(
      `realnvp(2, { couplings: 8, hidden: [32, 32], base: { type: 'student_t', df: 5, learned: true } })`,
    );
    expect(code).toContain(`layer.scale = { map: 'sigmoid' }`);
    expect(code).toContain(
      `{ steps: 2000, batch: 512, learningRate: 0.005, schedule: { kind: 'cosine' }, clipNorm: 1, seed: 1 }`,
    );
  });

  it('names what a model has beyond the plain one', () => {
    const data = { kind: 'toy', name: 'moons', size: 'endless' } as const;
    expect(codeOfRun({ ...model, hidden: [24], residualBlocks: 2 }, data)).toContain(
      `realnvp(2, { couplings: 8, hidden: [24], residualBlocks: 2 })`,
    );
    const rows = { kind: 'rows', rows: new Float32Array(8), columns: ['a', 'b'], title: 't' } as const;
    expect(codeOfRun(model, { ...rows, columns: [...rows.columns], domain: 'unit' })).toContain(
      `hidden: [32, 32], domain: 'unit' })`,
    );
  });

  it('tells apart what the data do, by the words that they have', () => {
    const toy = { kind: 'toy', name: 'moons', size: 'endless', apart: true } as const;
    const code = codeOfRun({ ...model, base: 'class' }, toy);
    expect(code).toContain(`import { encodeContext, Flow, realnvp } from 'wgflow'`);
    expect(code).toContain(`contextDim: 2, base: { type: 'class_conditional' } })`);
    expect(code).toContain(`const contextColumns = [{ name: 'moon', levels: ['upper', 'lower'] }];`);
    expect(code).toContain(`seed: 1, contextColumns };`);
    expect(code).toContain(`context: encodeContext(contextColumns, [['lower']])`);
    expect(codeOfRun(model, { ...toy, size: 500, noise: 0.1 })).toContain(
      `const context = toyDensity('moons', { noise: 0.1 }).sampleClasses(0, 2, 0, 500);`,
    );
  });

  it('holds no rows out if training is to go on for all steps', () => {
    const all = { ...model, allSteps: true };
    expect(codeOfRun(all, { kind: 'toy', name: 'moons', size: 500 })).toContain(
      'seed: 1, validation: false };',
    );
    expect(codeOfRun(model, { kind: 'toy', name: 'moons', size: 500 })).not.toContain('validation');
    expect(codeOfRun(all, { kind: 'toy', name: 'moons', size: 'endless' })).not.toContain('validation');
  });

  it('reads labels as the page writes them', async () => {
    const column = { name: 'kind', levels: ['big, round', "it's"] };
    const labels = { column, of: Uint8Array.of(1, 0) };
    const rows = Float32Array.of(1, 2, 3, 4);
    const data: DataSettings = { kind: 'rows', rows, columns: ['a', 'b'], title: 't', labels };
    const code = codeOfRun(model, data).split('\n');
    const [lines, numbers, columns, context] = code.slice(4);
    const text = csvText(data.columns, rows, labels);
    const program = `(async () => { ${[lines, numbers, columns, context].join('\n')} return { data, context }; })()`;
    const read = runInNewContext(program, { readFile: () => text, encodeContext, Float32Array });
    expect(await read).toEqual({ data: rows, context: Float32Array.of(0, 1, 1, 0) });
  });

  it.each<[DataSettings, RegExp]>([
    [{ kind: 'toy', name: 'spirals', size: 1000 }, /toyDensity\('spirals'\)\.sample\(0, 2, 0, 1000\)/],
    [{ kind: 'rows', rows: new Float32Array(9), columns: ['a', 'b', 'c'], title: 't' }, /realnvp\(3, /],
  ])('is JavaScript for each kind of data: %j', (data, pattern) => {
    const code = codeOfRun(model, data);
    expect(code).toMatch(pattern);
    expect(ts.transpileModule(code, { reportDiagnostics: true }).diagnostics).toEqual([]);
  });
});

describe('the settings', () => {
  it('start every family as the library recommends', () => {
    for (const name of PRESET_NAMES) {
      const { learningRate, schedule } = PRESETS[name].training;
      expect(startOf(name).learningRate).toBe(learningRate);
      expect(startOf(name).schedule).toMatch(schedule.kind);
    }
  });
});

describe('numbers and pictures in words', () => {
  it('are short', () => {
    expect([count(1234567), short(1234567), short(102400), short(99.6)]).toEqual([
      '1,234,567',
      '1.23M',
      '102k',
      '99.6',
    ]);
    expect([bytes(3.2e6), bytes(1.5e9), milliseconds(0.42), milliseconds(6.61)]).toEqual([
      '3.2 MB',
      '1.5 GB',
      '420 µs',
      '6.61 ms',
    ]);
    expect([-1.5, -0.001, -Infinity, Infinity, NaN].map(decimal)).toEqual([
      '−1.50',
      '0.00',
      '−∞',
      '∞',
      'not a number',
    ]);
    expect([9839378906977603584, -12345.678, 1e30].map(decimal)).toEqual(['9.84e18', '−12,346', '1.00e30']);
    expect([1.5, -2e6, Infinity, NaN].map(nats)).toEqual([
      '1.50 nats',
      'less than minus a million nats',
      'more than a million nats',
      'not a number',
    ]);
    for (const write of [count, short, bytes, milliseconds, decimal, measure, nats]) {
      for (const value of [NaN, Infinity, 1e18, 1e30]) {
        expect(write(value)).not.toMatch(/NaN|Infinity|\d{8}|,\d{3},\d{3},/);
      }
    }
    expect(measure(5400000.05, 0.54)).toBe('5,400,000.05');
    expect(vector([1, -2.5, 0, 4, 5])).toBe('(1.00, −2.50, 0.00, 4.00, …)');
    expect(vector([5_400_000.237, 1.7e12 + 123_456, 1.5, 1.5], [0.6, 9e4, 2, 0])).toBe(
      '(5,400,000.24, 1,700,000,123,456, 1.50, 1.50)',
    );
    expect(vector([-0.00123, 414985.34, -2e12])).toBe('(−0.0012, 414,985, −2.00e12)');
  });

  it('say where the scrubber is', () => {
    const layers = ['standardize', 'affine_coupling', 'affine_coupling'];
    expect(describeLayer(0, layers).name).toBe('data');
    expect(describeLayer(3, layers).name).toBe('latent');
    expect(describeLayer(1.5, layers)).toEqual({
      name: 'affine coupling',
      words: '50 % through layer 2 of 3: affine coupling.',
    });
    expect(describeLayer(1, layers)).toEqual({
      name: 'after layer 1',
      words: 'After 1 of 3 layers; next: affine coupling.',
    });
  });

  it('give the numbers that a picture shows', () => {
    expect(describeSamples({ mean: [0, 1], std: [1, 2], correlation: -0.5 }, ['a', 'b'])).toBe(
      'a 0.00 ± 1.00, b 1.00 ± 2.00, correlation −0.50.',
    );
    expect(describeSamples({ mean: [5e-4, -22106], std: [0.0021, 414985], correlation: 0 }, ['a', 'b'])).toBe(
      'a 0.0005 ± 0.0021, b −22,106 ± 414,985, correlation 0.00.',
    );
    expect(describeLogDets([0.1, -0.3], ['standardize', 'affine_coupling'])).toMatch(
      /−0.20 in all: standardize 0.10, affine coupling −0.30/,
    );
    expect(describeSamples({ mean: [NaN, 1], std: [1, 2], correlation: 0 }, ['a', 'b'])).toMatch(
      /are not numbers, or too far out: it has diverged/,
    );
    expect(describeDensity(-5.2, 'Moons', 'linear')).toMatch(/a typical point has log p 5\.20\.$/);
    expect(describeDensity(9.8e18, 'Moons', 'linear')).toMatch(/some points have next to none\.$/);
    expect(describeGrid(1)).toMatch(/1 layer /);
    expect(describeGrid(2, 4)).toMatch(/where the other coordinates are 0, after 2 layers/);
    expect(describeLatent(9.8e18)).toMatch(/^Still more than a million nats from a standard Gaussian/);
    expect(describeLatent(NaN)).toMatch(/^The data as the model sees them/);
    expect(describeLatent(0.3)).toBe(
      'Still 0.30 nats from a standard Gaussian. Rings at 1, 2 and 3 standard deviations.',
    );
    expect(describeLatent(0.3, 'mixture')).toBe(
      'Still 0.30 nats from a mixture of Gaussians. Rings at 1, 2 and 3 from the middle.',
    );
  });
});

describe('the density of more than two columns', () => {
  const held = (names: string[]) => names.map((name) => ({ name, mean: 5400000.05, std: 0.54 }));

  it('is said to be a slice, and where it is', () => {
    expect(densityName(held(['c']))).toBe('a slice of log p(x)');
    expect(describeSlice(held(['c', 'd']), false)).toBe(
      ' It is the slice at the mean of the other columns: c 5,400,000.05, d 5,400,000.05.',
    );
    expect(describeSlice(held(['c', 'd', 'e', 'f', 'g', 'h']), true)).toMatch(
      /f 5,400,000\.05, 2 more\. The points are all of the data, in the slice or not\.$/,
    );
  });

  it('of two columns is none', () => {
    expect([densityName([]), describeSlice([], true)]).toEqual(['log p(x), with the data', '']);
  });
});

describe('the moments of samples', () => {
  it('are right far from 0 too', () => {
    const rows = Float64Array.from({ length: 2000 }, (_, i) => 1.7e12 + Math.sin(i));
    const { mean, std } = sampleMoments(rows, 2, [0, 1]);
    expect(mean[0]).toBeCloseTo(1.7e12, 1);
    expect(std[0]).toBeCloseTo(Math.SQRT1_2, 2);
  });
});

describe('the recording', () => {
  it('is of a trained flow: near the entropy, a Gaussian at its end', () => {
    expect(recording.nll).toBeGreaterThan(recording.floor);
    expect(recording.nll).toBeLessThan(recording.floor + 0.05);
    expect(recording.stops).toHaveLength(recording.bijectors.length + 1);
    const latent = pointsAt(recording, recording.bijectors.length);
    const squares = latent.reduce((sum, value) => sum + value * value, 0) / latent.length;
    expect(squares).toBeCloseTo(1, 0);
  });

  it('plays to and fro, and moves on between two stops', () => {
    const layers = recording.bijectors.length;
    expect(swing(0, layers)).toBe(layers);
    const all = Array.from({ length: 400 }, (_, i) => swing(i / 20, layers));
    expect(Math.min(...all)).toBe(0);
    expect(Math.max(...all)).toBe(layers);
    const middle = pointsAt(recording, 1.5)[0]!;
    expect(middle).toBeCloseTo((pointsAt(recording, 1)[0]! + pointsAt(recording, 2)[0]!) / 2, 9);
  });
});

describe('a kept model', () => {
  it('never takes the name of another', () => {
    expect(freeName('moons', [])).toBe('moons.safetensors');
    expect(freeName('moons', ['moons.safetensors', 'moons 2.safetensors'])).toBe('moons 3.safetensors');
  });
});
