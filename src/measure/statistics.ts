/** Statistics of measured times. */

export interface TimeSummary {
  /** Milliseconds of one run. Rates are computed from the median. */
  medianMs: number;
  /** The shortest, in milliseconds. */
  minMs: number;
  /** The longest, in milliseconds. */
  maxMs: number;
  /** The middle half of the samples lies between these. */
  quartilesMs: [lower: number, upper: number];
  /** Number of measurements. */
  samples: number;
  /** Runs per sample, by which its time was divided. */
  repeats: number;
}

/** @throws {RangeError} when there is no sample */
export function summarize(samplesMs: readonly number[], repeats: number): TimeSummary {
  if (samplesMs.length === 0) throw new RangeError('no sample to summarize');
  const sorted = [...samplesMs].sort((a, b) => a - b);
  return {
    medianMs: quantileOf(sorted, 0.5),
    minMs: quantileOf(sorted, 0),
    maxMs: quantileOf(sorted, 1),
    quartilesMs: [quantileOf(sorted, 0.25), quantileOf(sorted, 0.75)],
    samples: sorted.length,
    repeats,
  };
}

/** The time of each of `parts` equal parts of a run. */
export function partOf({ samples, repeats, ...times }: TimeSummary, parts: number): TimeSummary {
  const { medianMs, minMs, maxMs, quartilesMs } = times;
  const [lower, upper] = quartilesMs;
  return {
    medianMs: medianMs / parts,
    minMs: minMs / parts,
    maxMs: maxMs / parts,
    quartilesMs: [lower / parts, upper / parts],
    samples,
    repeats: repeats * parts,
  };
}

/** The quantile at `share` of the sorted values, interpolated linearly between neighbours. */
export function quantileOf(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (place - Math.floor(place)) * (above - below);
}
