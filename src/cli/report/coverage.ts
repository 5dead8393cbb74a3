/** Whether the rows are as likely under the model as its own samples are. */
import { ksDistance, ksNoise } from '../../data/twoSamples.ts';
import { FALSE_ALARM } from './columnDifference.ts';

/**
 * The region of the model with content c holds the share c of its samples, the most likely ones. A right model's region
 * holds the same share of the rows.
 */
export interface Coverage {
  /** The share of the rows in the region of each content, at even distances from 0 to 1. */
  curve: { content: number; rows: number }[];
  /** The largest difference between the shares, and the one that chance exceeds in one of 100 reports. */
  distance: number;
  bound: number;
  /** The share of the rows in the region that holds 90 % of the samples. */
  in90: number;
  /** The region whose shares differ most. */
  farthest: { content: number; rows: number };
  /** Rows that are less likely than all samples, and the count of samples. */
  below: number;
  rows: number;
  samples: number;
}

const POINTS = 100;

/** @param rows log p of each row, and below of each sample, in nats; −∞ for a row without density */
export function coverageOf(rows: ArrayLike<number>, samples: ArrayLike<number>): Coverage {
  const [found, drawn] = [Float64Array.from(rows).sort(), Float64Array.from(samples).sort()];
  const { length } = drawn;
  const inside = (content: number): number => {
    const threshold = drawn[Math.floor((1 - content) * length)] ?? Infinity;
    return content === 1 ? 1 : 1 - countBelow(found, threshold) / found.length;
  };
  const curve = Array.from({ length: POINTS + 1 }, (_, i) => ({
    content: i / POINTS,
    rows: inside(i / POINTS),
  }));
  const gap = (at: { content: number; rows: number }): number => Math.abs(at.rows - at.content);
  return {
    curve,
    farthest: curve.reduce((most, at) => (gap(at) > gap(most) ? at : most)),
    distance: ksDistance(found, drawn),
    bound: ksNoise(found.length, length, FALSE_ALARM),
    in90: inside(0.9),
    below: countBelow(found, drawn[0] ?? -Infinity),
    rows: found.length,
    samples: length,
  };
}

function countBelow(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
