/** The training data, with the rows that are shown and held out. */
import { toyDensity } from '../../src/index.ts';
import type { Domain, LabelColumn, Rows, TrainingData } from '../../src/index.ts';
import {
  columnStatistics,
  gaussianLogProb,
  gaussianOf,
  heldRows,
  holdOut,
  isInside,
  momentsOf,
  readerOf,
  requireInside,
  STREAMS,
} from '../../src/page.ts';
import type { ContextRows } from '../../src/page.ts';
import { toyClasses } from '../classes.ts';
import { oneHot } from '../labels.ts';
import type { DataSettings, RowData, ToyData } from '../protocol.ts';
import { spreadRows } from './pictures/pointSets.ts';
import { scoreOf } from './score.ts';

export interface DataSet {
  columns: string[];
  /** The domain of all columns. */
  domain: Domain;
  training: TrainingData;
  /** Rows [N, D] that the GPU holds while training; empty for endless toy points. */
  kept: Rows;
  /** Some rows [n, D] for the pictures. */
  shown: Rows;
  /** Rows [V, D] that no step sees; may be empty. */
  validation: Rows;
  /** Held-out rows of a table, of which `validation` holds some; 0 for toy densities. */
  heldOut: number;
  /** The classes, if they are split. */
  classes: Classes | undefined;
  /** One per column. */
  mean: Float64Array;
  std: Float64Array;
  /** Exact entropy in nats, if known; the integration may take a second. */
  floor: () => number | null;
  /** Mean NLL in nats of a table's held-out rows under a Gaussian fitted to the others; null without a fit. */
  gaussianNll: () => number | null;
}

/** The class of each row, one-hot [n, C]. */
export interface Classes {
  column: LabelColumn;
  /** Classes of the training rows; undefined for endless toy points, which bring their own. */
  training: Float32Array | undefined;
  shown: Float32Array;
  validation: Float32Array;
}

/** The most rows that are shown, and that are scored: few enough for one quick call. */
const MAX_SHOWN = 4000;
const MAX_SCORED = 2048;

/** The split does not change with the model's seed, so that scores of two runs can be compared. */
const SPLIT_SEED = 0;

/** @throws {DataError | ShapeError} with the library's message, if the data cannot be used */
export function dataSetOf(settings: DataSettings): DataSet {
  return settings.kind === 'toy' ? toyData(settings) : rowData(settings);
}

/** Whether all rows lie in these domains. */
export function fitsDomains(
  { kept, shown, validation }: DataSet,
  domains: readonly Domain[] | undefined,
): boolean {
  if (domains === undefined) return true;
  const isMapped = (value: number, index: number): boolean =>
    isInside(value, domains[index % domains.length] ?? 'real');
  return [kept, shown, validation].every((rows) => rows.every(isMapped));
}

function toyData({ name, noise, size, apart = false }: ToyData): DataSet {
  const toy = toyDensity(name, { noise });
  const columns = toy.mean.map((_, j) => `x${j + 1}`);
  const column = apart ? toyClasses(name) : undefined;
  const scored = [0, STREAMS.toyTest, 0, MAX_SCORED] as const;
  const rest = {
    columns,
    domain: 'real',
    validation: toy.sample(...scored),
    heldOut: 0,
    floor: () => (column === undefined ? toy.entropy : toy.classEntropy),
    gaussianNll: () => null,
  } as const;
  if (size !== 'endless') {
    const learned = [0, STREAMS.toyTraining, 0, size] as const;
    const classes = column && classesOf(column, toy.sampleClasses(...learned), toy.sampleClasses(...scored));
    return { ...rest, ...setOf(toy.sample(...learned), columns), classes };
  }
  const shown = [0, STREAMS.toyTest, MAX_SCORED, MAX_SHOWN] as const;
  return {
    ...rest,
    training: { toy: name, noise: toy.noise },
    kept: new Float32Array(),
    shown: toy.sample(...shown),
    classes: column && {
      column,
      training: undefined,
      shown: toy.sampleClasses(...shown),
      validation: toy.sampleClasses(...scored),
    },
    mean: new Float64Array(toy.dim),
    std: new Float64Array(toy.dim).fill(1),
  };
}

function rowData({ rows, columns, domain = 'real', labels }: RowData): DataSet {
  const dim = columns.length;
  // Checked before the split, so that a message has the visitor's row number.
  columnStatistics(rows, dim, columns);
  requireInside(
    rows,
    columns.map(() => domain),
    { columns },
  );
  const table = { data: rows, ...(labels && { context: oneHot(labels) }) };
  const total = rows.length / dim;
  const { training, held } = holdOut(table, { rows: total, held: heldRows(total), seed: SPLIT_SEED });
  const heldOut = (held?.data.length ?? 0) / dim;
  const scored = Math.min(heldOut, MAX_SCORED);
  const validation = held?.data.subarray(0, scored * dim) ?? new Float32Array();
  const levels = labels?.column.levels.length ?? 0;
  const given = held?.context?.subarray(0, scored * levels) ?? new Float32Array();
  return {
    ...setOf(training.data, columns),
    domain,
    validation,
    heldOut,
    classes: labels && training.context && classesOf(labels.column, training.context, given),
    floor: () => null,
    gaussianNll: () => gaussianNllOf(training, { data: validation, context: given }, dim),
  };
}

/** Null if some column depends on the others, or no row is held out. */
function gaussianNllOf(training: ContextRows, held: ContextRows, dim: number): number | null {
  if (held.data.length === 0) return null;
  const { context } = training;
  const reader = readerOf(training.data, dim, context);
  const gaussian = gaussianOf(momentsOf(reader), reader);
  const heldReader = readerOf(held.data, dim, context && held.context);
  return gaussian === undefined ? null : scoreOf(gaussianLogProb(gaussian, heldReader)).nll;
}

function setOf(
  rows: Rows,
  columns: string[],
): Omit<DataSet, 'domain' | 'validation' | 'heldOut' | 'classes' | 'floor' | 'gaussianNll'> {
  const { mean, std } = columnStatistics(rows, columns.length, columns);
  return {
    columns,
    training: rows,
    kept: rows,
    shown: spreadRows(rows, columns.length, MAX_SHOWN),
    mean,
    std,
  };
}

/** The classes of the rows that `setOf` shows. */
function classesOf(column: LabelColumn, training: Float32Array, validation: Float32Array): Classes {
  return { column, training, shown: spreadRows(training, column.levels.length, MAX_SHOWN), validation };
}
