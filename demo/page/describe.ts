/** Describes the pictures in words and numbers, for everyone including those who do not see them. */
import { baseWords } from '../bases.ts';
import type { BaseType } from '../bases.ts';
import { count, decimal, measure, nats } from './figures.ts';

/** Beyond this mean log-density, in nats, a few points dominate that the model almost excludes. */
const FAR_OUT = 1e6;

/** Moments of rows of two columns. */
export interface Moments {
  mean: [number, number];
  std: [number, number];
  correlation: number;
}

/** @param columns which two of `width` columns */
export function sampleMoments(
  rows: ArrayLike<number>,
  width: number,
  [a, b]: readonly [number, number],
): Moments {
  const n = Math.floor(rows.length / width);
  const meanOf = (value: (x: number, y: number) => number): number => {
    let sum = 0;
    for (let row = 0; row < n; row++) sum += value(rows[row * width + a] ?? 0, rows[row * width + b] ?? 0);
    return sum / n;
  };
  const mean: [number, number] = [meanOf((x) => x), meanOf((_, y) => y)];
  // Around the mean: squares of numbers that are far from 0 leave no digits for the spread.
  const std: [number, number] = [
    Math.sqrt(meanOf((x) => (x - mean[0]) ** 2)),
    Math.sqrt(meanOf((_, y) => (y - mean[1]) ** 2)),
  ];
  const product = std[0] * std[1];
  const covariance = meanOf((x, y) => (x - mean[0]) * (y - mean[1]));
  return { mean, std, correlation: product > 0 ? covariance / product : 0 };
}

export function describeSamples(moments: Moments | null, columns: readonly [string, string]): string {
  if (moments === null) return `New points from the model, ${columns.join(' across and ')} up.`;
  const { mean, std, correlation } = moments;
  if (![...mean, ...std, correlation].every(Number.isFinite)) {
    return 'Some points drawn from the model are not numbers, or too far out: it has diverged.';
  }
  return `${columns[0]} ${spread(mean[0], std[0])}, ${columns[1]} ${spread(mean[1], std[1])}, correlation ${decimal(correlation)}.`;
}

/** A column that is not shown, and the mean and standard deviation of its data. */
export interface HeldColumn {
  name: string;
  mean: number;
  std: number;
  /** The cell at the mean, if it is no number. */
  text?: string;
}

/** The most held columns that are listed by name. */
const MAX_NAMED = 4;

/** The words next to the density's title. */
export function densityName(others: readonly HeldColumn[]): string {
  return others.length === 0 ? 'log p(x), with the data' : 'a slice of log p(x)';
}

/** Explains that the density of more than two columns is a slice, not the density of the two alone. */
export function describeSlice(others: readonly HeldColumn[], showData: boolean): string {
  if (others.length === 0) return '';
  const named = others
    .slice(0, MAX_NAMED)
    .map(({ name, mean, std, text }) => `${name} ${text ?? measure(mean, std)}`);
  const rest = others.length - named.length;
  const columns = [...named, ...(rest === 0 ? [] : [`${count(rest)} more`])];
  const points = showData ? ' The points are all of the data, in the slice or not.' : '';
  return ` It is the slice at the mean of the other columns: ${columns.join(', ')}.${points}`;
}

export function describeDensity(nll: number | null, title: string, colours: 'linear' | 'log'): string {
  const scale = colours === 'log' ? 'log p' : 'p';
  if (nll === null) return `${title}. Stronger colour where ${scale} is higher.`;
  const typical =
    Math.abs(nll) < FAR_OUT ? `a typical point has log p ${decimal(-nll)}` : 'some points have next to none';
  return `${title}. Stronger colour where ${scale} is higher; ${typical}.`;
}

/** @param gap nats above the floor */
export function describeLatent(gap: number | null, base: BaseType = 'standard_normal'): string {
  const { words, rings: unit = 'from the middle' } = baseWords(base);
  const rings = `Rings at 1, 2 and 3 ${unit}.`;
  if (gap === null || !Number.isFinite(gap)) return `The data as the model sees them. ${rings}`;
  if (gap < 0.05) return `All but ${words}: ${decimal(Math.max(0, gap))} nats from it. Rings at 1, 2, 3.`;
  return `Still ${nats(gap)} from ${words}. ${rings}`;
}

/** @param columns count of the data's columns; the lattice is a plane among more than two */
export function describeGrid(layers: number, columns = 2): string {
  const others = columns > 2 ? ', where the other coordinates are 0,' : '';
  return `Straight lines of the latent plane${others} after ${layers} ${layers === 1 ? 'layer' : 'layers'} back to data.`;
}

/** The scrubber's position in words; `layer` from 0 to the number of bijectors. */
export function describeLayer(
  layer: number,
  bijectors: readonly string[],
  base: BaseType = 'standard_normal',
): { name: string; words: string } {
  const total = bijectors.length;
  if (layer <= 0) return { name: 'data', words: `The data themselves, before the first of ${total} layers.` };
  if (layer >= total) {
    const { words, place = words } = baseWords(base);
    return { name: 'latent', words: `After all ${total} layers: where ${place} is.` };
  }
  const inside = Math.floor(layer);
  const name = plain(bijectors[inside] ?? '');
  if (inside === layer) {
    return { name: `after layer ${inside}`, words: `After ${inside} of ${total} layers; next: ${name}.` };
  }
  const share = Math.round(100 * (layer - inside));
  return { name, words: `${share} % through layer ${inside + 1} of ${total}: ${name}.` };
}

export function describeLogDets(logDets: readonly number[], bijectors: readonly string[]): string {
  const total = logDets.reduce((sum, value) => sum + value, 0);
  const parts = logDets.map((value, i) => `${plain(bijectors[i] ?? `layer ${i + 1}`)} ${decimal(value)}`);
  return `Log-determinants in nats, ${decimal(total)} in all: ${parts.join(', ')}.`;
}

/** A bijector's type without underscores. */
export function plain(bijector: string): string {
  return bijector.replaceAll('_', ' ');
}

function spread(mean: number, std: number): string {
  return `${measure(mean, std)} ± ${measure(std)}`;
}
