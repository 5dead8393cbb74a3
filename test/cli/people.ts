/** The command line with a table of people and a model of it. */
import { expect } from 'vitest';
import type { CliFolder, CliResult } from '../support/cliFolder.ts';

type Runner = CliFolder & { run: (args: string) => Promise<CliResult> };

/** A model so small that starting the process takes longer than training it. */
export const TINY = '--couplings 2 --hidden 4 --batch 16 --steps 12 --tuning fixed';
export const COLUMNS = ['height', 'weight', 'age'];

export const PEOPLE = Array.from({ length: 90 }, (_, i) => {
  const height = 170 + 9 * Math.sin(12.9898 * i) + 7 * Math.cos(4.1 * i);
  return [height, 0.9 * height - 80 + 6 * Math.sin(78.233 * i), 40 + 15 * Math.cos(37.7 * i)].map(
    Math.fround,
  );
});

/** Writes people.csv, no_header.csv with the same rows, and people.model. */
export async function peopleFolder<Cli extends Runner>(cli: Cli): Promise<Cli> {
  const lines = PEOPLE.map((row) => row.join(','));
  cli.write('people.csv', [COLUMNS.join(','), ...lines, ''].join('\n'));
  cli.write('no_header.csv', lines.join('\n'));
  await expectDone(cli, `train people.csv ${TINY} --preset realnvp --out people.model`);
  return cli;
}

/** The result of a run that must succeed. */
export async function expectDone(cli: Runner, args: string): Promise<CliResult> {
  const result = await cli.run(args);
  expect(result.code, `wgflow ${args}: ${result.stderr}`).toBe(0);
  return result;
}

export function expectNoTemporaryFiles(cli: CliFolder): void {
  expect(cli.files().filter((name) => name.endsWith('.tmp'))).toEqual([]);
}
