/** What a kind of fuzzing is, and what counts as a finding. */
import { WgflowError } from '../../src/errors.ts';
import type { Random } from './random.ts';

export interface Kind {
  name: string;
  /** A case that takes longer is a finding. */
  maxMs?: number;
  /** Runs a random case. @returns what is wrong with its result; undefined if nothing is */
  run: (random: Random) => Promise<string | undefined> | string | undefined;
  /** Makes what all cases share. */
  begin?: () => Promise<unknown>;
  /** Frees it. */
  end?: () => void;
}

export interface Finding {
  kind: string;
  seed: number;
  problem: string;
}

/** A case that takes longer is a finding, by default. */
const CASE_MS = 10_000;
/** The same for cases that may have to compile kernels on a software adapter. */
export const COMPILING_CASE_MS = 60_000;

/**
 * Runs one case. It may succeed, or throw a WgflowError with a message of one line.
 * @returns the problem with it; undefined if there is none
 */
export async function problemOf({ run, maxMs = CASE_MS }: Kind, random: Random): Promise<string | undefined> {
  const begun = performance.now();
  const problem = await outcomeOf(() => run(random));
  const ms = performance.now() - begun;
  return problem ?? (ms > maxMs ? `took ${(ms / 1000).toFixed(1)} s` : undefined);
}

async function outcomeOf(run: () => ReturnType<Kind['run']>): Promise<string | undefined> {
  try {
    return await run();
  } catch (error) {
    return errorProblem(error);
  }
}

const MAX_MESSAGE = 4000;

/** What is wrong with an error; undefined for one that a user can read. */
export function errorProblem(error: unknown): string | undefined {
  if (!(error instanceof WgflowError)) {
    return error instanceof Error ? (error.stack ?? error.message) : `threw ${String(error)}`;
  }
  const { message } = error;
  if (/\n/.test(message)) return `a message of several lines: ${JSON.stringify(message)}`;
  if (message.length > MAX_MESSAGE)
    return `a message of ${message.length} characters: ${message.slice(0, 200)}`;
  if (/expected undefined|\[object Object\]/.test(message)) return `an unclear message: ${message}`;
  return undefined;
}
