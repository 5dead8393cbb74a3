import { describe, expect, it } from 'vitest';
import {
  describeDensity,
  describeGrid,
  describeLayer,
  describeLogDets,
  LATENT,
  SAMPLES,
  sampleMoments,
} from '../../demo/page/words/pictures.ts';
import { say } from '../../demo/page/words/sentence.ts';
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
import { freeName } from '../../demo/page/keptModels.ts';
import { packed, pointsAt, swing, unpacked } from '../../demo/page/recordedFlow.ts';
import recordingFile from '../../demo/assets/recording.json';

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
    expect(describeLogDets([0.1, -0.3], ['standardize', 'affine_coupling'])).toMatch(
      /−0.20 in all: standardize 0.10, affine coupling −0.30/,
    );
    expect(describeGrid(1)).toMatch(/1 layer /);
    expect(describeGrid(2, 4)).toMatch(/where the other coordinates are 0, after 2 layers/);
    expect(
      say(SAMPLES, {
        moments: { mean: [5e-4, -22106], std: [0.0021, 414985], correlation: 0 },
        pair: ['a', 'b'],
      }),
    ).toBe('a 0.0005 ± 0.0021, b −22,106 ± 414,985, correlation 0.00.');
    expect(say(LATENT, { gap: 9.8e18, base: 'standard_normal' })).toMatch(
      /^Still more than a million nats from a standard Gaussian/,
    );
    expect(say(LATENT, { gap: NaN, base: 'standard_normal' })).toMatch(/^The data as the model sees them/);
  });
});

describe('a slice of a density of many columns', () => {
  it('names a few columns and counts the rest', () => {
    const others = ['c', 'd', 'e', 'f', 'g', 'h'].map((name) => ({ name, mean: 5400000.05, std: 0.54 }));
    const facts = {
      title: 'T',
      colours: 'log',
      showData: true,
      part: null,
      nll: 5.2,
      pair: ['a', 'b'],
    } as const;
    expect(describeDensity({ ...facts, others, kind: 'slice' })).toBe(
      'T. Stronger colour where log p is higher; a typical point has log p −5.20. It is the slice at the mean of the other columns: c 5,400,000.05, d 5,400,000.05, e 5,400,000.05, f 5,400,000.05, 2 more. The points are all of the data, in the slice or not.',
    );
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
  const recording = unpacked(recordingFile);

  it('is packed as differences', () => {
    expect(packed(recording)).toEqual(recordingFile);
    expect(recording.lattice.points).toHaveLength(2 * recording.lattice.side ** 2);
  });

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
