/** The pictures in words and numbers, for those who do not see them and for those who do. */
import type { BaseSpec } from '../../src/index.ts';
import { decimal, measure } from './figures.ts';

/** Moments of some rows of two columns. */
export interface Moments {
  mean: [number, number];
  std: [number, number];
  correlation: number;
}

/** @param columns which two of `width` columns */
export function momentsOf(
  rows: ArrayLike<number>,
  width: number,
  [a, b]: readonly [number, number],
): Moments {
  const n = Math.floor(rows.length / width);
  let [sumX, sumY, sumXX, sumYY, sumXY] = [0, 0, 0, 0, 0];
  for (let row = 0; row < n; row++) {
    const [x, y] = [rows[row * width + a] ?? 0, rows[row * width + b] ?? 0];
    sumX += x;
    sumY += y;
    sumXX += x * x;
    sumYY += y * y;
    sumXY += x * y;
  }
  const mean: [number, number] = [sumX / n, sumY / n];
  const std: [number, number] = [
    Math.sqrt(Math.max(0, sumXX / n - mean[0] ** 2)),
    Math.sqrt(Math.max(0, sumYY / n - mean[1] ** 2)),
  ];
  const product = std[0] * std[1];
  return { mean, std, correlation: product > 0 ? (sumXY / n - mean[0] * mean[1]) / product : 0 };
}

export function describeSamples(moments: Moments | null, columns: readonly [string, string]): string {
  if (moments === null) return `New points from the model, ${columns.join(' across and ')} up.`;
  const { mean, std, correlation } = moments;
  return `${columns[0]} ${spread(mean[0], std[0])}, ${columns[1]} ${spread(mean[1], std[1])}, correlation ${decimal(correlation)}.`;
}

export function describeDensity(nll: number | null, title: string, colours: 'linear' | 'log'): string {
  const scale = colours === 'log' ? 'log p' : 'p';
  if (nll === null) return `${title}. Stronger colour where ${scale} is higher.`;
  return `${title}. Stronger colour where ${scale} is higher; a typical point has log p ${decimal(-nll)}.`;
}

type Base = BaseSpec['type'];

const BASE_WORDS: Record<Base, string> = {
  standard_normal: 'a standard Gaussian',
  diagonal_normal: 'a Gaussian of learned width',
  student_t: "a Student's t",
  mixture: 'a mixture of Gaussians',
  uniform: 'an even box',
  class_conditional: 'a Gaussian for each class',
};

/** @param gap nats from the best any model can do */
export function describeLatent(gap: number | null, base: Base = 'standard_normal'): string {
  const rings =
    base === 'standard_normal'
      ? 'Rings at 1, 2 and 3 standard deviations.'
      : 'Rings at 1, 2 and 3 from the middle.';
  if (gap === null) return `The data as the model sees them. ${rings}`;
  const words = BASE_WORDS[base];
  if (gap < 0.05) return `All but ${words}: ${decimal(Math.max(0, gap))} nats from it. Rings at 1, 2, 3.`;
  return `Still ${decimal(gap)} nats from ${words}. ${rings}`;
}

export function describeGrid(layers: number): string {
  return `Straight lines of the latent plane after ${layers} ${layers === 1 ? 'layer' : 'layers'} back to data.`;
}

/** Where the scrubber stands; `layer` from 0 to the number of bijectors. */
export function describeLayer(
  layer: number,
  bijectors: readonly string[],
  base: Base = 'standard_normal',
): { name: string; words: string } {
  const total = bijectors.length;
  if (layer <= 0) return { name: 'data', words: `The data themselves, before the first of ${total} layers.` };
  if (layer >= total) {
    const place = base === 'standard_normal' ? 'the Gaussian' : BASE_WORDS[base];
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

/** `affine_coupling` as people say it. */
export function plain(bijector: string): string {
  return bijector.replaceAll('_', ' ');
}

function spread(mean: number, std: number): string {
  return `${measure(mean, std)} ± ${measure(std)}`;
}
