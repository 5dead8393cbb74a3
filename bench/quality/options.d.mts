export type Bounds = Record<string, Record<string, number>>;

export interface Options {
  pairs: [preset: string, dataset: string][];
  seeds: number[];
  steps: number;
  adapter: string;
  json: string | undefined;
}

export const HELP: string;
export class UsageError extends Error {}
export function readOptions(
  argv: readonly string[],
  known: { presets: readonly string[]; datasets: readonly string[] },
  bounds: Bounds,
): Options;
