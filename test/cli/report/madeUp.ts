/** Made-up columns and findings for tests of the report. */
import type { LabelColumn, NumberColumn } from '../../../src/cli/report/column.ts';
import { shortNumber } from '../../../src/cli/report/column.ts';
import { findingsOf } from '../../../src/cli/report/findings.ts';
import type { Comparison, Findings, RunFindings } from '../../../src/cli/report/findings.ts';
import { normals, uniforms } from '../../../src/random.ts';

export const ROWS = 1000;
export const SAMPLES = 3000;

/** A column of standard normals; `change` maps those of the samples. */
export function numbers(
  name: string,
  changes: Partial<NumberColumn> = {},
  change: (value: number) => number = (value) => value,
): NumberColumn {
  return {
    kind: 'number',
    name,
    data: normals(1, seedOf(name), ROWS),
    samples: normals(2, seedOf(name), SAMPLES).map(change),
    isWhole: false,
    atoms: [],
    format: shortNumber,
    ...changes,
  };
}

/** A column of labels with these shares. */
export function labels(name: string, levels: string[], data: number[], samples = data): LabelColumn {
  const drawn = (seed: number, rows: number, shares: number[]): Float64Array =>
    uniforms(seed, seedOf(name), rows).map((value) => {
      let sum = 0;
      const level = shares.findIndex((share) => value < (sum += share));
      return level < 0 ? shares.length - 1 : level;
    });
  return { kind: 'label', name, levels, data: drawn(1, ROWS, data), samples: drawn(2, SAMPLES, samples) };
}

function seedOf(name: string): number {
  return 100 + Array.from(name).reduce((sum, letter) => (31 * sum + (letter.codePointAt(0) ?? 0)) % 1e6, 0);
}

/** Columns that differ as little as chance makes them, unless the changes say otherwise. */
export function comparison(changes: Partial<Comparison> = {}): Comparison {
  return {
    rows: 'held-out rows',
    columns: [numbers('a'), numbers('b')],
    unsound: 0,
    logProb: { rows: normals(3, 1, ROWS), samples: normals(3, 2, SAMPLES) },
    worst: {
      columns: ['a', 'b'],
      rows: [
        { row: 1234, logProb: -9.5, cells: ['3.2', ''] },
        { row: 7, logProb: -Infinity, cells: ['−4', 'x'] },
      ],
    },
    ...changes,
  };
}

export function findings(changes: Partial<Comparison> = {}, run: Partial<RunFindings> = {}): Findings {
  return findingsOf(comparison(changes), { steps: 100, ...run });
}
