/** Describes the pictures in words and numbers, for everyone including those who do not see them. */
import { baseWords } from '../../bases.ts';
import type { BaseType } from '../../bases.ts';
import { count, decimal, measure, nats } from '../figures.ts';
import { say } from './sentence.ts';
import type { Sentences } from './sentence.ts';

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

/** What the density's picture shows, as far as its words depend on it. */
export interface DensityFacts {
  title: string;
  colours: 'linear' | 'log';
  showData: boolean;
  /** The shown class and its column, if the classes are split. */
  part: { column: string; level: string } | null;
  /** Held-out NLL over all classes, nats. */
  nll: number | null;
  /** The shown pair of columns. */
  pair: readonly [string, string];
  /** The other columns; none for data of two. */
  others: readonly HeldColumn[];
  /** How the other columns are left out. */
  kind: 'marginal' | 'slice';
}

/** The words next to the density's title: what the colours are. */
export const DENSITY_NAMES: Sentences<DensityFacts> = {
  slice: (facts) => isMore(facts) && facts.kind === 'slice' && `a slice of ${symbol(facts, 'x')}`,
  marginal: (facts) => isMore(facts) && symbol(facts, facts.pair.join(', ')),
  withData: (facts) => facts.showData && `${symbol(facts, 'x')}, with the data`,
  whole: (facts) => symbol(facts, 'x'),
};

export const DENSITY_COLOURS: Sentences<DensityFacts> = {
  log: ({ colours }) => colours === 'log' && 'Stronger colour where log p is higher',
  linear: () => 'Stronger colour where p is higher',
};

/** The log-density of a point, as the end of the sentence about the colours. */
export const TYPICAL_POINTS: Sentences<DensityFacts> = {
  unknown: ({ nll }) => nll === null && '.',
  farOut: ({ nll }) => Math.abs(nll ?? 0) >= FAR_OUT && '; some points have next to none.',
  ofAllClasses: ({ nll, part }) =>
    part !== null && `; over every ${part.column}, a typical point has log p ${decimal(-(nll ?? NaN))}.`,
  typical: ({ nll }) => `; a typical point has log p ${decimal(-(nll ?? NaN))}.`,
};

/** How a density of more than two columns becomes a picture. */
export const OTHER_COLUMNS: Sentences<DensityFacts> = {
  none: (facts) => !isMore(facts) && '',
  marginal: ({ kind, pair }) =>
    kind === 'marginal' &&
    ` It is the density of ${pair.join(' and ')} alone, whatever the other columns are: samples of the model, counted and smoothed.`,
  sliceWithData: (facts) =>
    facts.showData && `${sliceWords(facts)} The points are all of the data, in the slice or not.`,
  slice: (facts) => sliceWords(facts),
};

export function describeDensity(facts: DensityFacts): string {
  return `${facts.title}. ${say(DENSITY_COLOURS, facts)}${say(TYPICAL_POINTS, facts)}${say(OTHER_COLUMNS, facts)}`;
}

function isMore({ others }: DensityFacts): boolean {
  return others.length > 0;
}

/** p or log p of some columns, given the shown class. */
function symbol({ colours, part }: DensityFacts, of: string): string {
  const given = part === null ? '' : ` | ${part.column} = ${part.level}`;
  return `${colours === 'log' ? 'log p' : 'p'}(${of}${given})`;
}

function sliceWords({ others }: DensityFacts): string {
  const named = others
    .slice(0, MAX_NAMED)
    .map(({ name, mean, std, text }) => `${name} ${text ?? measure(mean, std)}`);
  const rest = others.length - named.length;
  const columns = [...named, ...(rest === 0 ? [] : [`${count(rest)} more`])];
  return ` It is the slice at the mean of the other columns: ${columns.join(', ')}.`;
}

/** The samples' moments in the shown pair; null until some were drawn, or if the pair is not of numbers. */
export interface SampleFacts {
  moments: Moments | null;
  pair: readonly [string, string];
}

export const SAMPLES: Sentences<SampleFacts> = {
  unseen: ({ moments, pair }) =>
    moments === null && `New points from the model, ${pair.join(' across and ')} up.`,
  diverged: ({ moments }) =>
    moments !== null &&
    ![...moments.mean, ...moments.std, moments.correlation].every(Number.isFinite) &&
    'Some points drawn from the model are not numbers, or too far out: it has diverged.',
  moments: ({ moments, pair: [across, up] }) => {
    if (moments === null) return false;
    const { mean, std, correlation } = moments;
    return `${across} ${spread(mean[0], std[0])}, ${up} ${spread(mean[1], std[1])}, correlation ${decimal(correlation)}.`;
  },
};

export interface LatentFacts {
  /** Nats above the floor, if known. */
  gap: number | null;
  base: BaseType;
}

export const LATENT: Sentences<LatentFacts> = {
  unknown: ({ gap, base }) =>
    (gap === null || !Number.isFinite(gap)) && `The data as the model sees them. ${ringsOf(base)}`,
  allBut: ({ gap, base }) =>
    gap !== null &&
    gap < 0.05 &&
    `All but ${baseWords(base).words}: ${decimal(Math.max(0, gap))} nats from it. Rings at 1, 2, 3.`,
  still: ({ gap, base }) => `Still ${nats(gap ?? NaN)} from ${baseWords(base).words}. ${ringsOf(base)}`,
};

function ringsOf(base: BaseType): string {
  return `Rings at 1, 2 and 3 ${baseWords(base).rings ?? 'from the middle'}.`;
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
