/** The rows that `train` learns from, out of a file or a toy density. */
import path from 'node:path';
import { allRows, readCsv } from '../data/csv.ts';
import { columnStatistics } from '../data/statistics.ts';
import { toyDensity } from '../data/toy.ts';
import type { ToyDensity, ToyName } from '../data/toy.ts';
import { DataError, ShapeError } from '../errors.ts';
import { shuffledRow, shuffleKeys, splitSeed } from '../random.ts';
import type { TrainingData } from '../trainer.ts';
import type { Domain } from '../spec.ts';
import { insideDomains } from './domains.ts';
import { rowsByName } from './modelInput.ts';

export interface TrainingSet {
  title: string;
  columns: string[];
  data: TrainingData;
  validation?: Float32Array;
  /** The density itself, for toy sets: its entropy is the floor of any model's NLL. */
  toy?: ToyDensity;
}

export interface TrainingSetOptions {
  toy?: ToyName;
  noise?: number;
  columns?: string[];
  /** A file, or a fraction of the rows. */
  val?: string;
  seed: number;
  /** The columns of the model that goes on learning, looked for where `columns` are not given. */
  modelColumns: string[] | undefined;
  /** The domains of these columns, where some are bounded. */
  domainsFor: (columns: readonly string[]) => readonly Domain[] | undefined;
  signal: AbortSignal;
}

/** @throws {DataError | ShapeError} when the rows cannot be learned from */
export async function readTrainingSet(
  file: string | undefined,
  options: TrainingSetOptions,
): Promise<TrainingSet> {
  const { toy: name } = options;
  if (name === undefined) return readTable(file ?? '', options);
  const toy = toyDensity(name, { noise: options.noise });
  return { title: name, columns: ['x1', 'x2'], data: { toy: name, noise: toy.noise }, toy };
}

async function readTable(file: string, options: TrainingSetOptions): Promise<TrainingSet> {
  const { columns: asked, modelColumns, domainsFor, signal } = options;
  const chunks =
    asked === undefined && modelColumns !== undefined
      ? rowsByName(file, modelColumns)
      : readCsv(file, { columns: asked });
  // The names of the model's columns, where the file has none of its own.
  const domainsHere = (columns: readonly string[]) => domainsFor(asked ?? modelColumns ?? columns);
  const { columns: found, values } = await allRows(insideDomains(chunks, file, domainsHere), signal);
  const columns = asked ?? modelColumns ?? found;
  const { data, validation } = await heldOut(values, columns, options);
  // Of the rows that are left: a column may be constant without those held out.
  withFile(file, () => columnStatistics(data, columns.length, columns, domainsFor(columns)));
  return { title: path.basename(file), columns, data, ...(validation === undefined ? {} : { validation }) };
}

/** Rows for validation: those of the file `--val`, or a fraction of the table drawn by the seed. */
async function heldOut(
  values: Float32Array,
  columns: string[],
  { val, seed, domainsFor, signal }: TrainingSetOptions,
): Promise<{ data: Float32Array; validation?: Float32Array }> {
  if (val === undefined) return { data: values };
  const fraction = Number(val);
  if (Number.isNaN(fraction)) {
    const rows = insideDomains(rowsByName(val, columns), val, () => domainsFor(columns));
    return { data: values, validation: (await allRows(rows, signal)).values };
  }
  const dim = columns.length;
  const rows = values.length / dim;
  const held = Math.round(fraction * rows);
  if (!(fraction > 0 && fraction < 1) || held < 1 || rows - held < 2) {
    throw new ShapeError(
      '--val',
      val,
      `a CSV file, or a fraction of the ${rows} rows between 0 and 1 that holds out at least 1 and leaves at least 2`,
    );
  }
  const validation = new Float32Array(held * dim);
  const data = new Float32Array((rows - held) * dim);
  const keys = shuffleKeys(splitSeed(seed), HOLD_OUT_EPOCH);
  for (let i = 0; i < rows; i++) {
    const row = shuffledRow(i, rows, keys);
    const source = values.subarray(row * dim, (row + 1) * dim);
    if (i < held) validation.set(source, i * dim);
    else data.set(source, (i - held) * dim);
  }
  return { data, validation };
}

/** An epoch that no training reaches, so that the split shares no shuffle with one. */
const HOLD_OUT_EPOCH = 2 ** 32 - 1;

/** Adds the file to a DataError that does not know it. */
function withFile(file: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (error instanceof DataError && error.file === undefined) throw error.inFile(file);
    throw error;
  }
}
