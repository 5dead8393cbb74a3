/** Figures of a run in words: for tables, charts and pages. */
import type { BenchEntry } from './document.ts';

/** Half the interquartile range, as a share of the median. */
export function spread({ time }: BenchEntry): string {
  const [lower, upper] = time.quartilesMs;
  return `± ${((50 * (upper - lower)) / time.medianMs).toFixed(0)} %`;
}

/** Milliseconds as text, for tables. */
export function milliseconds(ms: number): string {
  return ms >= 100 ? Math.round(ms).toLocaleString('en') : ms >= 0.01 ? ms.toPrecision(3) : ms.toFixed(4);
}

/** A short time with its unit: `2.31 µs`, `4.17 ms`. */
export function duration(ms: number): string {
  return ms < 1 ? `${roundedTo3(1000 * ms)} µs` : `${milliseconds(ms)} ms`;
}

function roundedTo3(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}

/** A count in three digits: `1.35 M`. */
export function amount(value: number): string {
  const power = Math.min(4, Math.floor(Math.log10(Math.max(1, value)) / 3 + 1e-9));
  const scaled = value / 1000 ** power;
  return [
    power === 0 ? String(Math.round(scaled)) : roundedTo3(scaled),
    ...['', 'k', 'M', 'G', 'T'].slice(power, power + 1),
  ]
    .join(' ')
    .trim();
}

/** Zero work has no rate. */
const NONE = '–';

/** A rate as text, for tables. */
export function rate(value: number): string {
  if (value === 0) return NONE;
  if (value < 0.001) return '< 0.001';
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(value < 0.1 ? 2 : 3);
}

/** A share between 0 and 1 as a text in per cent. */
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
