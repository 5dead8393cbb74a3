/** A short run of `npm run fuzz`, with fixed seeds. */
import { expect, it } from 'vitest';
import type { Finding } from './kind.ts';
import { CHECKPOINTS, MODELS, SPECS } from './models.ts';
import { fuzz } from './run.ts';
import { CSV, JSON_LINES, NPY, PARQUET } from './tables.ts';

it.each([MODELS, CHECKPOINTS, SPECS, CSV, JSON_LINES, NPY, PARQUET])(
  'random $name are read, or refused in words',
  async (kind) => {
    const findings: Finding[] = [];
    await fuzz(kind, { first: 1, cases: 150, seconds: 60, onFinding: (finding) => findings.push(finding) });
    expect(findings).toEqual([]);
  },
);
