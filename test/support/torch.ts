/** Models in PyTorch, where a Python has it: flow.py runs them in one process. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pythonWith } from './python.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const python = pythonWith('torch');

export const hasTorch = python !== undefined;

/** See torch_cases.py. Rows are lists of numbers. */
export interface TorchCase {
  /** A model file of the folder. */
  model: string;
  x?: number[][];
  z?: number[][];
  context?: number[][];
  sample?: { n: number; seed: number; temperature?: number };
  /** Rows of a table by column, to be scored. */
  rows?: Record<string, string>[];
  draw?: { n: number; seed: number; given?: Record<string, string> };
  gradients?: boolean;
  tune?: { steps: number; file: string };
  double?: boolean;
}

export interface TorchResult {
  log_prob: number[];
  z: number[];
  log_det: number[];
  x: number[];
  inverse_log_det: number[];
  sample: number[];
  row_log_prob: number[];
  rows: Record<string, string | number | null>[];
  gradients: Record<string, number[]>;
  losses: number[];
}

/** The results of cases whose models are in the folder; each has what its case asks for. */
export function runTorch(folder: string, cases: readonly TorchCase[]): TorchResult[] {
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
  for (const name of ['flow.py', 'table.py'])
    copyFileSync(join(ROOT, 'src/io/torch', name), join(folder, name));
  runPython([join(ROOT, 'test/support/torch_cases.py'), folder]);
  // Python writes infinities as JavaScript does, but not as JSON does.
  const text = readFileSync(join(folder, 'results.json'), 'utf8').replaceAll(/-?Infinity|NaN/g, '"$&"');
  return JSON.parse(text, (_, value: unknown) =>
    value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value,
  ) as TorchResult[];
}

/** Runs a Python that has torch. @returns what it printed */
export function runPython(args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr } = spawnSync(python ?? 'python3', args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', OMP_NUM_THREADS: '1' },
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** Row-major values as rows. */
export function rowsOf(values: ArrayLike<number>, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, row) =>
    Array.from({ length: width }, (__, j) => values[row * width + j] ?? NaN),
  );
}
