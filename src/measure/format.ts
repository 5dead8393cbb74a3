/** Figures of a run in words: for tables, charts and pages. */
import type { BenchEntry } from './document.ts';

/** Half the interquartile range, as a share of the median. */
export function spread({ time }: BenchEntry): string {
  const [lower, upper] = time.quartilesMs;
  return `± ${((50 * (upper - lower)) / time.medianMs).toFixed(0)} %`;
}

export function milliseconds(ms: number): string {
  return ms >= 100 ? Math.round(ms).toLocaleString('en') : ms >= 0.01 ? ms.toPrecision(3) : ms.toFixed(4);
}

/** The time of a dispatch: `2.31 µs`. */
export function microseconds(ms: number): string {
  const value = 1000 * ms;
  return `${value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)} µs`;
}

/** Zero work has no rate. */
const NONE = '–';

export function rate(value: number): string {
  if (value === 0) return NONE;
  if (value < 0.001) return '< 0.001';
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(value < 0.1 ? 2 : 3);
}

export function percent(share: number): string {
  if (share === 0) return NONE;
  return share >= 0.0995 ? `${Math.round(100 * share)} %` : `${(100 * share).toFixed(1)} %`;
}

/** The flow and the pass, and the rows if other entries have these too: `S log prob, 10K`. */
export function planName(entry: BenchEntry, entries: readonly BenchEntry[]): string {
  const short = ({ name, shape }: BenchEntry): string =>
    `${shape.replace(/,.*/, '')} ${name.replaceAll('_', ' ')}`;
  const alike = entries
    .filter(({ kind }) => kind === 'plan')
    .filter((other) => short(other) === short(entry));
  if (alike.length < 2) return short(entry);
  const rows = entry.rows.toLocaleString('en', { notation: 'compact', maximumSignificantDigits: 9 });
  return `${short(entry)}, ${rows}`;
}
