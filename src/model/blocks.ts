/** Ranges of adjacent features. */

export interface FeatureBlock {
  /** The first feature, from 0. */
  start: number;
  /** Number of features. */
  count: number;
}

/** The two column ranges of a coupling. */
export interface CouplingBlocks {
  conditionStart: number;
  conditionCount: number;
  transformStart: number;
  transformCount: number;
}

export function couplingBlocks(
  dim: number,
  { split, flip }: { split: number; flip: boolean },
): CouplingBlocks {
  const first: FeatureBlock = { start: 0, count: split };
  const second: FeatureBlock = { start: split, count: dim - split };
  const [condition, transform] = flip ? [second, first] : [first, second];
  return {
    conditionStart: condition.start,
    conditionCount: condition.count,
    transformStart: transform.start,
    transformCount: transform.count,
  };
}
