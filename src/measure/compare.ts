/** Compares two runs: what got faster or slower. */
import { entryKey, entryTitle } from './document.ts';
import type { BenchDocument, BenchEntry } from './document.ts';
import type { TimeSummary } from './statistics.ts';

/** An entry that both runs have. */
export interface Change {
  /** The entry of the first run. */
  before: BenchEntry;
  /** The entry of the second run. */
  after: BenchEntry;
  /** Median time after, as a multiple of the median before. */
  ratio: number;
  /** `same` unless the quartiles of the two runs lie apart and the fastest times differ in the same direction. */
  verdict: 'faster' | 'slower' | 'same';
}

/** Two runs of the benchmark, entry by entry. */
export interface BenchComparison {
  /** In the order of the second run. */
  changes: Change[];
  /** Entries that only the first run has. */
  onlyBefore: BenchEntry[];
  /** Entries that only the second run has. */
  onlyAfter: BenchEntry[];
  /** Facts that make the two runs hard to compare, as sentences. */
  differences: string[];
}

/** Compares two runs of the benchmark, entry by entry. */
export function compareRuns(before: BenchDocument, after: BenchDocument): BenchComparison {
  const earlier = new Map(before.entries.map((entry) => [entryKey(entry), entry]));
  const later = new Set(after.entries.map(entryKey));
  return {
    changes: after.entries.flatMap((entry) => {
      const match = earlier.get(entryKey(entry));
      return match === undefined ? [] : [changeOf(match, entry)];
    }),
    onlyBefore: before.entries.filter((entry) => !later.has(entryKey(entry))),
    onlyAfter: after.entries.filter((entry) => !earlier.has(entryKey(entry))),
    differences: differencesOf(before, after),
  };
}

function changeOf(before: BenchEntry, after: BenchEntry): Change {
  return {
    before,
    after,
    ratio: after.time.medianMs / before.time.medianMs,
    verdict: isBelow(after.time, before.time)
      ? 'faster'
      : isBelow(before.time, after.time)
        ? 'slower'
        : 'same',
  };
}

/**
 * Whether the difference is beyond the noise: the upper quartile is below the other run's lower quartile, and
 * the fastest sample is faster too. A temporary load on the machine does not change the fastest sample.
 */
function isBelow(a: TimeSummary, b: TimeSummary): boolean {
  return a.quartilesMs[1] < b.quartilesMs[0] && a.minMs < b.minMs;
}

function differencesOf(before: BenchDocument, after: BenchDocument): string[] {
  const facts: [string, (run: BenchDocument) => string][] = [
    ['adapter', ({ adapter }) => adapter.description || adapter.device || adapter.vendor],
    ['clock', ({ clock }) => clock],
    ['precision', ({ precision }) => precision],
    ['version of wgflow', ({ wgflow }) => wgflow],
  ];
  const different = facts.flatMap(([what, of]) =>
    of(before) === of(after) ? [] : [`The ${what} differs: ${of(before)}, then ${of(after)}.`],
  );
  const drift = after.peak.fma.rate / before.peak.fma.rate;
  if (different.length === 0 && Math.abs(Math.log(drift)) > Math.log(PEAK_DRIFT)) {
    different.push(
      `The adapter's own peak differs: ${before.peak.fma.rate.toFixed(1)} GFLOP/s, then ` +
        `${after.peak.fma.rate.toFixed(1)}; the machine was busier in one run.`,
    );
  }
  return [...different, ...choiceDifferences(before, after)];
}

/**
 * Plans with other kernels than before. Differences of kernel entries follow from their plans, and the
 * precision is already reported, so both are omitted.
 */
function choiceDifferences(before: BenchDocument, after: BenchDocument): string[] {
  const earlier = new Map(before.entries.map((entry) => [entryKey(entry), entry]));
  return after.entries.flatMap((entry) => {
    const match = earlier.get(entryKey(entry));
    if (entry.kind !== 'plan' || match === undefined) return [];
    const names = Object.keys({ ...match.variants, ...entry.variants }).filter(
      (name) => name !== 'precision' && match.variants[name] !== entry.variants[name],
    );
    if (names.length === 0) return [];
    const texts = [match, entry].map(({ variants }) =>
      names.map((name) => `${name} ${variants[name] ?? 'unknown'}`).join(', '),
    );
    return [`The kernels of ${entryTitle(entry)} differ: ${texts.join(', then ')}.`];
  });
}

/** Peaks of the same adapter should agree within this factor. */
const PEAK_DRIFT = 1.1;
