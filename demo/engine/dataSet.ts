/** What there is to learn from, and what of it is shown and held out. */
import { columnStatistics } from '../../src/data/statistics.ts';
import { isInside, requireInside } from '../../src/domain.ts';
import { toyDensity } from '../../src/index.ts';
import type { Domain, LabelColumn, Rows, TrainingData } from '../../src/index.ts';
import { shuffledRow, shuffleKeys, splitSeed, STREAMS } from '../../src/random.ts';
import { toyClasses } from '../classes.ts';
import { oneHot } from '../labels.ts';
import type { DataSettings, RowData, ToyData } from '../protocol.ts';
import { spreadRows } from './pictures/pointSets.ts';

export interface DataSet {
  columns: string[];
  /** Where the values of all columns lie. */
  domain: Domain;
  training: TrainingData;
  /** Rows [N, D] that the GPU holds while training; empty for endless toy points. */
  kept: Rows;
  /** Some rows [n, D] for the pictures. */
  shown: Rows;
  /** Rows [V, D] that no step sees; may be empty. */
  validation: Rows;
  /** Where the data are told apart. */
  classes: Classes | undefined;
  /** Of each column. */
  mean: Float64Array;
  std: Float64Array;
  /** Exact entropy in nats, where it is known; integrating it may take a second. */
  floor: () => number | null;
}

/** The class of each row, one-hot [n, C]. */
export interface Classes {
  column: LabelColumn;
  /** Of the rows that are learned from; undefined for endless toy points, which bring their own. */
  training: Float32Array | undefined;
  shown: Float32Array;
  validation: Float32Array;
}

/** Rows that are shown at most, and that are scored: few enough to be one quick call. */
const MOST_SHOWN = 4000;
const MOST_SCORED = 2048;

const HELD_OUT = 0.1;
/** A tenth of fewer rows says little, and is missed. */
const LEAST_FOR_VALIDATION = 50;
/** The split does not change with the model's seed, so that scores of two runs can be compared. */
const SPLIT_SEED = 0;

/** @throws {DataError | ShapeError} with the library's message, where the data cannot be used */
export function dataSetOf(settings: DataSettings): DataSet {
  return settings.kind === 'toy' ? toyData(settings) : rowData(settings);
}

/** Whether a flow of these domains can be given all rows. */
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
  const scored = [0, STREAMS.toyTest, 0, MOST_SCORED] as const;
  const rest = {
    columns,
    domain: 'real',
    validation: toy.sample(...scored),
    floor: () => (column === undefined ? toy.entropy : toy.classEntropy),
  } as const;
  if (size !== 'endless') {
    const learned = [0, STREAMS.toyTraining, 0, size] as const;
    const classes = column && classesOf(column, toy.sampleClasses(...learned), toy.sampleClasses(...scored));
    return { ...rest, ...setOf(toy.sample(...learned), columns), classes };
  }
  const shown = [0, STREAMS.toyTest, MOST_SCORED, MOST_SHOWN] as const;
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
  // Before the split, so that a message names the row as the visitor counts it.
  columnStatistics(rows, dim, columns);
  requireInside(
    rows,
    columns.map(() => domain),
    { columns },
  );
  const { training, validation } = split(rows, dim);
  const told = labels && split(oneHot(labels), labels.column.levels.length);
  const classes = labels && told && classesOf(labels.column, told.training, told.validation);
  return { ...setOf(training, columns), domain, validation, classes, floor: () => null };
}

function setOf(rows: Rows, columns: string[]): Omit<DataSet, 'domain' | 'validation' | 'classes' | 'floor'> {
  const { mean, std } = columnStatistics(rows, columns.length, columns);
  return {
    columns,
    training: rows,
    kept: rows,
    shown: spreadRows(rows, columns.length, MOST_SHOWN),
    mean,
    std,
  };
}

/** The classes beside the rows that `setOf` shows. */
function classesOf(column: LabelColumn, training: Float32Array, validation: Float32Array): Classes {
  return { column, training, shown: spreadRows(training, column.levels.length, MOST_SHOWN), validation };
}

/** Rows in a random order, the last tenth held out, of which at most MOST_SCORED are scored. */
export function split<Values extends Rows>(
  rows: Values,
  dim: number,
): { training: Values; validation: Values } {
  const total = rows.length / dim;
  const heldOut = total < LEAST_FOR_VALIDATION ? 0 : Math.floor(HELD_OUT * total);
  const keys = shuffleKeys(splitSeed(SPLIT_SEED), 0);
  const mixed = rows.slice() as Values;
  for (let position = 0; position < total; position++) {
    const row = shuffledRow(position, total, keys);
    mixed.set(rows.subarray(row * dim, (row + 1) * dim), position * dim);
  }
  const end = (total - heldOut) * dim;
  return {
    training: mixed.slice(0, end) as Values,
    validation: mixed.slice(end, end + Math.min(heldOut, MOST_SCORED) * dim) as Values,
  };
}
