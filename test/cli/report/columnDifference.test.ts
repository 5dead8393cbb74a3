import { describe, expect, it } from 'vitest';
import { columnDifference } from '../../../src/cli/report/columnDifference.ts';
import { labels, numbers, ROWS, SAMPLES } from './madeUp.ts';

describe('the difference of a column of numbers', () => {
  it('is within its bound for samples of the same distribution, and wider the more columns there are', () => {
    const { measure, distance, bound, value } = columnDifference(numbers('a'), 1);
    expect(measure).toBe('KS');
    expect(distance).toBeLessThan(bound);
    expect(bound).toBeCloseTo(Math.sqrt((Math.log(200) / 2) * (1 / ROWS + 1 / SAMPLES)));
    expect(value).toBeUndefined();
    expect(columnDifference(numbers('a'), 100).bound).toBeGreaterThan(bound);
  });

  it('names the number up to which the shares differ most', () => {
    const column = numbers('a', {}, (value) => value + 0.5);
    const { distance, bound, upTo, value } = columnDifference(column, 1);
    expect(distance).toBeGreaterThan(3 * bound);
    expect(value).toBeUndefined();
    expect(Number(upTo?.text.replace('−', '-'))).toBeCloseTo(0.25, 0);
    expect((upTo?.data ?? 0) - (upTo?.samples ?? 0)).toBeCloseTo(distance);
  });

  it('names a blank, a value that repeats or a whole number if its share differs', () => {
    const few = (share: number, fill: number): [Float64Array, Float64Array] => [
      numbers('a').data.map((value, i) => (i % 10 < 2 ? fill : value)),
      numbers('a').samples.map((value, i) => (i % 10 < 10 * share ? fill : value)),
    ];
    const [data, samples] = few(0.4, NaN);
    const blank = columnDifference(numbers('a', { data, samples }), 1);
    expect(blank.value?.text).toBe('');
    expect(blank.value?.data).toBeCloseTo(0.2);
    expect(blank.value?.samples).toBeCloseTo(0.4);
    const [rain, drawn] = few(0, 5);
    const atom = columnDifference(numbers('rain', { data: rain, samples: drawn, atoms: [5] }), 1);
    expect(atom.value).toEqual({ text: '5', data: 0.2, samples: 0 });
    const whole = columnDifference(
      numbers('visits', {
        isWhole: true,
        data: Float64Array.from({ length: 1000 }, (_, i) => i % 4),
        samples: Float64Array.from({ length: 1000 }, (_, i) => (i % 8 === 0 ? 1 : i % 4)),
      }),
      1,
    );
    expect(whole.value?.data).toBeCloseTo(0.25);
    expect(['0', '1']).toContain(whole.value?.text);
  });

  it('is of all cells if all are blank, or infinite', () => {
    const blanks = { data: Float64Array.of(NaN, NaN), samples: Float64Array.of(NaN, 1) };
    expect(columnDifference(numbers('a', blanks), 1).distance).toBe(0.5);
    const infinite = { data: Float64Array.of(1, 2), samples: Float64Array.of(Infinity, Infinity) };
    expect(columnDifference(numbers('a', infinite), 1).distance).toBe(1);
  });
});

describe('the difference of a column of labels', () => {
  it('is the total variation, and names the label that differs most', () => {
    const same = columnDifference(labels('city', ['Rome', 'Oslo', ''], [0.5, 0.3, 0.2]), 1);
    expect(same.measure).toBe('TV');
    expect(same.distance).toBeLessThan(same.bound);
    const other = columnDifference(labels('city', ['Rome', 'Oslo', ''], [0.5, 0.3, 0.2], [0.2, 0.4, 0.4]), 1);
    expect(other.distance).toBeCloseTo(0.3, 1);
    expect(other.distance).toBeGreaterThan(other.bound);
    expect(other.value?.text).toBe('Rome');
  });
});
