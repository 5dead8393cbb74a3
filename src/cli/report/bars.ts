/** The bars of a column's chart: shares of equal parts of its range, of values that repeat, and of labels. */
import { bulkOf, sortedFinite } from '../quantiles.ts';
import type { LabelColumn, NumberColumn } from './column.ts';
import { wholeValues } from './columnDifference.ts';
import type { Shares } from './columnDifference.ts';

export interface Bar extends Shares {
  /** The place on the axis of the drawing. */
  from: number;
  to: number;
  /** The value that the bar stands for; absent for a part of a range. */
  text?: string;
}

export interface Bars {
  bars: Bar[];
  /** Numbers along the axis of the drawing, which begins at 0. */
  ticks: { at: number; text: string }[];
  /** Shares beyond the axis. */
  outside: Shares;
}

/** Labels with a bar of their own, at most. */
const MAX_LABELS = 8;

/** A bar for each of the most frequent labels, and one for all others. */
export function labelBars({ levels, data, samples }: LabelColumn): Bar[] {
  const all = levels.map((text, level): Shares & { text: string } => ({
    text: text === '' ? 'blank' : text,
    data: shareOf(data, (value) => value === level),
    samples: shareOf(samples, (value) => value === level),
  }));
  const order = all.toSorted((a, b) => b.data + b.samples - a.data - a.samples);
  const [first, rest] = [order.slice(0, MAX_LABELS), order.slice(MAX_LABELS)];
  if (rest.length > 0) {
    const sum = (of: (shares: Shares) => number): number => rest.reduce((total, one) => total + of(one), 0);
    first.push({
      text: `${rest.length} others`,
      data: sum((one) => one.data),
      samples: sum((one) => one.samples),
    });
  }
  return first.map((bar, index) => ({ ...bar, from: index, to: index + 1 }));
}

/** Parts of a range, at most about this many. */
const PARTS = 30;
/** Width of a single value's bar next to parts of width 1, and of the gap between them. */
const SINGLE = 3;
const GAP = 2;

/** Bars for blanks and for values that repeat, then for the parts of the range of the other numbers. */
export function numberBars(column: NumberColumn): Bars {
  const whole = wholeValues(column);
  const isSingle = whole.length > 0;
  const singles = [...column.atoms, ...whole].sort((a, b) => a - b);
  const hasBlanks = [column.data, column.samples].some((values) => values.some(Number.isNaN));
  const width = isSingle ? 1 : SINGLE;
  const bars: Bar[] = [];
  const add = (text: string, holds: (value: number) => boolean, gap = 0): void => {
    const from = (bars.at(-1)?.to ?? 0) + gap;
    const shares = { data: shareOf(column.data, holds), samples: shareOf(column.samples, holds) };
    bars.push({ text, from, to: from + width, ...shares });
  };
  if (hasBlanks) add('blank', Number.isNaN);
  singles.forEach((single, index) => {
    add(column.format(single), (value) => value === single, index === 0 && hasBlanks ? GAP / 2 : 0);
  });
  const ticks = bars.map(({ from, to, text = '' }) => ({ at: (from + to) / 2, text }));
  if (isSingle) return { bars, ticks: thinned(ticks), outside: { data: 0, samples: 0 } };
  return withParts(column, { bars, ticks });
}

/** Adds the parts of the range of the numbers that have no bar of their own. */
function withParts(column: NumberColumn, { bars, ticks }: Pick<Bars, 'bars' | 'ticks'>): Bars {
  const isAtom = new Set(column.atoms);
  const sorted = sortedFinite(column.data.filter((value) => !isAtom.has(value)));
  if (sorted.length === 0) return { bars, ticks, outside: { data: 0, samples: 0 } };
  const [low, high] = bulkOf(sorted);
  const finest = column.isWhole ? 1 : Math.max(Math.abs(high), Math.abs(low), 2 ** -1000) * 2 ** -40;
  const step = Math.max(roundStep((high - low) / PARTS), finest);
  const start = Math.floor(low / step) * step;
  const count = Math.max(1, Math.floor((high - start) / step) + 1);
  const first = (bars.at(-1)?.to ?? -GAP) + GAP;
  const parts = (values: Float64Array): { shares: number[]; outside: number } => {
    const shares = Array.from({ length: count }, () => 0);
    let outside = 0;
    for (const value of values) {
      if (Number.isNaN(value) || isAtom.has(value)) continue;
      const part = Math.floor((value - start) / step);
      if (part >= 0 && part < count) shares[part] = (shares[part] ?? 0) + 1 / values.length;
      else outside += 1 / values.length;
    }
    return { shares, outside };
  };
  const [data, samples] = [parts(column.data), parts(column.samples)];
  const added = data.shares.map((share, part) => ({
    from: first + part,
    to: first + part + 1,
    data: share,
    samples: samples.shares[part] ?? 0,
  }));
  const edges = Array.from({ length: count + 1 }, (_, edge) => ({
    at: first + edge,
    text: column.format(Number((start + edge * step).toPrecision(12))),
  }));
  return {
    bars: [...bars, ...added],
    // Room for the text of the last single value.
    ticks: [...ticks, ...thinned(bars.length > 0 ? edges.slice(2) : edges)],
    outside: { data: data.outside, samples: samples.outside },
  };
}

/** 1, 2 or 5 times a power of ten, at least `step`. */
function roundStep(step: number): number {
  const unit = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 5, 10].find((one) => one * unit >= step * (1 - 1e-9)) ?? 10;
  return factor * unit;
}

/** Letters that fit along an axis. */
const AXIS_LETTERS = 40;

/** As many of the ticks, at even distances, as fit along the axis. */
function thinned<Tick extends { text: string }>(ticks: readonly Tick[]): Tick[] {
  const longest = Math.max(...ticks.map(({ text }) => text.length), 1);
  const fitting = Math.max(2, Math.floor(AXIS_LETTERS / (longest + 2)));
  const every = Math.ceil(ticks.length / fitting);
  return ticks.filter((_, index) => index % every === 0);
}

function shareOf(values: Float64Array, holds: (value: number) => boolean): number {
  let count = 0;
  for (const value of values) if (holds(value)) count++;
  return values.length === 0 ? 0 : count / values.length;
}
