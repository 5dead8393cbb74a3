import { describe, expect, it } from 'vitest';
import { labelBars, numberBars } from '../../../src/cli/report/bars.ts';
import { labels, numbers } from './madeUp.ts';

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

describe('the bars of a column of numbers', () => {
  it('share the same parts, begin at round numbers, and hold all rows but those beyond the axis', () => {
    const { bars, ticks, outside } = numberBars(numbers('a', {}, (value) => 3 * value));
    expect(bars.length).toBeGreaterThan(10);
    expect(bars.length).toBeLessThanOrEqual(32);
    expect(sum(bars.map(({ data }) => data)) + outside.data).toBeCloseTo(1);
    expect(sum(bars.map(({ samples }) => samples)) + outside.samples).toBeCloseTo(1);
    expect(outside.samples).toBeGreaterThan(0.1);
    for (const { text } of ticks) expect(text).toMatch(/^−?\d(\.\d)?$/);
  });

  it('are one for the blank, and one for each value that repeats, before the parts', () => {
    const data = numbers('a').data.map((value, i) =>
      i % 4 === 0 ? NaN : i % 4 === 1 ? 0 : 1 + Math.abs(value),
    );
    const { bars, ticks } = numberBars(numbers('a', { data, atoms: [0] }));
    expect(bars.slice(0, 3).map(({ text }) => text)).toEqual(['blank', '0', undefined]);
    expect(bars[0]?.data).toBe(0.25);
    expect(bars[1]?.data).toBe(0.25);
    expect(ticks.slice(0, 2).map(({ text }) => text)).toEqual(['blank', '0']);
    expect(bars[2]?.from).toBeGreaterThan(bars[1]?.to ?? Infinity);
  });

  it('are one for each whole number of a short range, and parts of a long one', () => {
    const whole = (range: number) =>
      numbers('n', {
        isWhole: true,
        data: Float64Array.from({ length: 900 }, (_, i) => i % range),
        samples: Float64Array.from({ length: 900 }, (_, i) => i % range),
      });
    expect(numberBars(whole(7)).bars.map(({ text }) => text)).toEqual(['0', '1', '2', '3', '4', '5', '6']);
    const { bars } = numberBars(whole(90));
    expect(bars.every(({ text }) => text === undefined)).toBe(true);
    expect(bars.length).toBeLessThanOrEqual(32);
  });

  it.each([
    ['one value', Float64Array.of(3, 3, 3)],
    ['no value', new Float64Array()],
    ['only blanks', Float64Array.of(NaN, NaN)],
    ['values far apart', Float64Array.of(-1e300, 1e300)],
    ['values next to each other', Float64Array.of(1e15, 1e15 + 1, 1e15 + 2)],
  ])('are drawn for %s', (_, data) => {
    const { bars } = numberBars(numbers('a', { data, samples: data }));
    for (const { from, to, data: share } of bars) {
      expect(to).toBeGreaterThan(from);
      expect(share).toBeLessThanOrEqual(1);
    }
    expect(bars.length).toBeLessThan(60);
  });
});

describe('the bars of a column of labels', () => {
  it('are the most frequent first, and one for all that are left', () => {
    const levels = Array.from({ length: 20 }, (_, i) => `level ${i}`);
    const shares = levels.map((_, i) => (20 - i) / 210);
    const bars = labelBars(labels('code', levels, shares));
    expect(bars).toHaveLength(9);
    expect(bars[0]?.text).toBe('level 0');
    expect(bars.at(-1)?.text).toBe('12 others');
    expect(sum(bars.map(({ data }) => data))).toBeCloseTo(1);
    expect(labelBars(labels('x', ['', 'y'], [0.9, 0.1]))[0]?.text).toBe('blank');
  });
});
