/** Runs the cases of a kind: for a time, or the one of a seed. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { problemOf } from './kind.ts';
import type { Finding, Kind } from './kind.ts';
import { Random } from './random.ts';

export interface FuzzRun {
  /** The seeds are first, first + 1, and so on. */
  first: number;
  /** Cases, at most. */
  cases: number;
  /** No case begins later. */
  seconds: number;
  /** A file for the seed of the case under way, for who watches. */
  placeFile?: string;
  onFinding: (finding: Finding) => void;
}

/** The number of cases that ran. */
export async function fuzz(
  kind: Kind,
  { first, cases, seconds, placeFile, onFinding }: FuzzRun,
): Promise<number> {
  await kind.begin?.();
  const until = performance.now() + 1000 * seconds;
  const place = placeFile === undefined ? undefined : openSync(placeFile, 'w');
  let done = 0;
  try {
    for (; done < cases && performance.now() < until; done++) {
      const seed = first + done;
      if (place !== undefined) writeSync(place, String(seed).padEnd(20), 0);
      const problem = await problemOf(kind, new Random(seed));
      if (problem !== undefined) onFinding({ kind: kind.name, seed, problem });
    }
  } finally {
    if (place !== undefined) closeSync(place);
    kind.end?.();
  }
  return done;
}
