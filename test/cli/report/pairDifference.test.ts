import { describe, expect, it } from 'vitest';
import type { ReportColumn } from '../../../src/cli/report/column.ts';
import { pairDifferences } from '../../../src/cli/report/pairDifference.ts';
import { labels, numbers } from './madeUp.ts';

/** A column that depends on `other`, in the samples by `strength`. */
function dependent(name: string, other: ReportColumn, strength: number): ReportColumn {
  const own = numbers(name);
  const mix = (values: Float64Array, of: Float64Array, share: number) =>
    values.map((value, i) => share * (of[i] ?? 0) + Math.sqrt(1 - share ** 2) * value);
  return {
    ...own,
    data: mix(own.data, other.data, 0.8),
    samples: mix(own.samples, other.samples, strength),
  };
}

describe('the difference of dependence of a pair', () => {
  it('is within its bound if both samples depend alike, whatever the columns are', () => {
    const a = numbers('a');
    const columns = [a, dependent('b', a, 0.8), labels('c', ['x', 'y', 'z'], [0.5, 0.3, 0.2]), numbers('d')];
    const pairs = pairDifferences(columns);
    expect(pairs).toHaveLength(6);
    for (const { distance, bound } of pairs) expect(distance).toBeLessThan(bound);
  });

  it('is beyond its bound if the dependence is lost, first of all pairs, with the correlations of both', () => {
    const a = numbers('a');
    const [worst, next] = pairDifferences([numbers('d'), a, dependent('b', a, 0.3), numbers('e')]);
    expect(worst?.pair).toEqual([1, 2]);
    expect(worst?.distance).toBeGreaterThan(worst?.bound ?? Infinity);
    expect(worst?.strength.measure).toBe('rank correlation');
    expect(worst?.strength.data).toBeCloseTo(0.79, 1);
    expect(worst?.strength.samples).toBeCloseTo(0.29, 1);
    expect(next?.distance).toBeLessThan(next?.bound ?? 0);
  });

  it('finds a dependence without correlation, and does not mistake another distribution for one', () => {
    const a = numbers('a');
    const square = { ...numbers('b'), data: a.data.map((value) => value ** 2) };
    const [lost] = pairDifferences([a, square]);
    expect(lost?.distance).toBeGreaterThan(2 * (lost?.bound ?? Infinity));
    expect(Math.abs(lost?.strength.data ?? 1)).toBeLessThan(0.1);
    const [shifted] = pairDifferences([numbers('a', {}, (value) => value + 1), numbers('d')]);
    expect(shifted?.distance).toBeLessThan(shifted?.bound ?? 0);
  });

  it('is of labels by their table, and says how strong they depend by Cramér’s V', () => {
    const c = labels('c', ['x', 'y'], [0.5, 0.5]);
    const same: ReportColumn = { ...labels('d', ['x', 'y'], [0.5, 0.5]), data: c.data };
    const [pair] = pairDifferences([c, same]);
    expect(pair?.strength.measure).toBe('Cramér’s V');
    expect(pair?.strength.data).toBeCloseTo(1);
    expect(pair?.strength.samples).toBeLessThan(0.1);
    expect(pair?.distance).toBeCloseTo(0.5, 1);
  });

  it('alarms by chance in about one of 100 reports of numbers and labels that depend on each other', () => {
    let alarms = 0;
    for (let report = 0; report < 100; report++) {
      const [a, b] = [numbers(`a${report}`), numbers(`b${report}`)];
      const noise = labels(`c${report}`, ['x', 'y'], [0.5, 0.5]);
      const above = (side: 'data' | 'samples') =>
        noise[side].map((level, i) => (level - 0.5 + (b[side][i] ?? 0) > 0 ? 1 : 0));
      const c: ReportColumn = { ...noise, data: above('data'), samples: above('samples') };
      const rare = labels(`d${report}`, ['x', 'y'], [0.97, 0.03]);
      const columns = [a, dependent(`e${report}`, a, 0.8), b, c, rare];
      if (pairDifferences(columns).some(({ distance, bound }) => distance > bound)) alarms++;
    }
    // One is expected; five or more of 100 have a probability of 0.3 %.
    expect(alarms).toBeLessThanOrEqual(4);
  });

  it('of columns of one value, of blanks, or of no rows is no difference', () => {
    const one = numbers('a', { data: new Float64Array(50).fill(3), samples: new Float64Array(50).fill(3) });
    const blank = numbers('b', {
      data: new Float64Array(50).fill(NaN),
      samples: new Float64Array(50).fill(NaN),
    });
    const [pair] = pairDifferences([one, blank]);
    expect(pair).toMatchObject({ distance: 0, strength: { data: 0, samples: 0 } });
    expect(pair?.bound).toBeGreaterThan(0);
    expect(pairDifferences([one])).toEqual([]);
  });
});
