/** The calibration of a column's conditional. */
import * as Plot from '@observablehq/plot';
import { svg } from '../svgChart.ts';

const BINS = 20;
const SIZE = { width: 360, height: 96, marginLeft: 44, marginRight: 12, marginTop: 8, marginBottom: 24 };
/** Of a standard normal: 99 % lie within. */
const NORMAL_99 = 2.576;

/** The counts of uniform probabilities in equal parts of (0, 1), and the range of 99 % of such counts. */
export function pitCounts(pit: readonly number[]): { counts: number[]; low: number; high: number } {
  const counts = Array.from({ length: BINS }, () => 0);
  for (const value of pit) {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(value * BINS)));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const mean = pit.length / BINS;
  const reach = NORMAL_99 * Math.sqrt(mean * (1 - 1 / BINS));
  return { counts, low: Math.max(0, mean - reach), high: mean + reach };
}

/** The histogram of the column's PIT over its 99 % band, with a line of words. */
export function pitChart(name: string, pit: readonly number[]): string {
  const { counts, low, high } = pitCounts(pit);
  const outside = counts.filter((count) => count < low || count > high).length;
  const words = `${outside} of ${BINS} bars outside the 99 % band.`;
  const chart = svg({
    ...SIZE,
    label: `Histogram of the probability of a value below the cell's own, given the other cells, of ${name}: level if the model is calibrated. ${words}`,
    x: { domain: [0, 1] },
    y: { domain: [0, 1.1 * Math.max(high, ...counts)], axis: null },
    marks: [
      Plot.rect([[0]], { x1: 0, x2: 1, y1: low, y2: high, fill: 'var(--ink)', fillOpacity: 0.1 }),
      Plot.rect(counts, {
        x1: (_: number, i: number) => i / BINS,
        x2: (_: number, i: number) => (i + 1) / BINS,
        y1: 0,
        y2: (count: number) => count,
        insetLeft: 0.5,
        insetRight: 0.5,
        fill: (count: number) => (count < low || count > high ? 'var(--model)' : 'var(--muted)'),
        fillOpacity: 0.6,
      }),
      Plot.axisX({ ticks: [0, 0.5, 1], tickSize: 0, tickPadding: 6, label: null }),
    ],
  });
  return `<p class="measure">Given the other columns <span>${words}</span></p>${chart}`;
}
