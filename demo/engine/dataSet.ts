/** The training data, with the rows that are shown and held out. */
import { DataError, toyDensity } from '../../src/index.ts';
import type { ContextRows, Domain, LabelColumn, Rows, TrainingData } from '../../src/index.ts';
import {
  columnStatistics,
  drawCells,
  gaussianLogProb,
  gaussianOf,
  heldRows,
  holdOut,
  isInside,
  logMassOf,
  momentsOf,
  readerOf,
  repeated,
  requireInside,
  STREAMS,
  TableCodec,
} from '../../src/page/index.ts';
import { toyClasses } from '../classes.ts';
import { withoutLabelColumn } from '../features.ts';
import { oneHot } from '../labels.ts';
import type { DataSettings, RowData, ToyData } from '../protocol.ts';
import { spreadRows } from './pictures/pointSets.ts';
import { scoreOf } from './score.ts';

export interface DataSet {
  columns: string[];
  /** The domains of the columns; undefined if all are real. */
  domains: readonly Domain[] | undefined;
  training: TrainingData;
  /** All rows in the order of the visitor's table; undefined for toy densities. */
  table?: ContextRows;
  /** How the rows encode a table, if some of its columns are no plain numbers. */
  cells?: CellWidths | undefined;
  /** Rows [N, D] that the GPU holds while training, points of their cells; empty for endless toy points. */
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

/** The cells of rows, next to their values: see src/data/cells.ts. */
export interface CellWidths {
  codec: TableCodec;
  /** [N, D] */
  training: Float32Array;
  /** [V, D] */
  validation: Float32Array;
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

/** Points of each row of cells for a score, and the seed of the points that pictures show. */
export const SCORE_DRAWS = 4;
const POINT_SEED = 0;

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
    domains: undefined,
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

function rowData(settings: RowData): DataSet {
  const { rows, columns, domains, cells, labels } = withoutLabelColumn(settings);
  const dim = columns.length;
  requireColumns(columns, labels?.column.name);
  // Checked before the split, so that a message has the visitor's row number.
  if (cells === undefined) {
    columnStatistics(rows, dim, columns);
    requireInside(rows, domains, { columns });
  }
  const table = {
    data: rows,
    ...(labels && { context: oneHot(labels) }),
    ...(cells && { widths: cells.widths }),
  };
  const total = rows.length / dim;
  const { training, held } = holdOut(table, { rows: total, held: heldRows(total), seed: SPLIT_SEED });
  const heldOut = (held?.data.length ?? 0) / dim;
  const scored = Math.min(heldOut, MAX_SCORED);
  const levels = labels?.column.levels.length ?? 0;
  const validation: ContextRows = {
    data: held?.data.subarray(0, scored * dim) ?? new Float32Array(),
    context: held?.context?.subarray(0, scored * levels) ?? new Float32Array(),
    ...(cells && { widths: held?.widths?.subarray(0, scored * dim) ?? new Float32Array() }),
  };
  const points = pointsOf(training, dim);
  return {
    ...setOf(points, columns),
    training: training.data,
    table,
    domains: domains?.every((domain) => domain === 'real') === true ? undefined : domains,
    validation: validation.data,
    heldOut,
    ...(cells &&
      training.widths &&
      validation.widths && {
        cells: {
          codec: new TableCodec(cells.table),
          training: training.widths,
          validation: validation.widths,
        },
      }),
    classes:
      labels &&
      training.context &&
      classesOf(labels.column, training.context, validation.context ?? new Float32Array()),
    floor: () => null,
    gaussianNll: () => gaussianNllOf({ ...training, data: points }, validation, dim),
  };
}

/** @throws {DataError} if a split leaves one column to learn */
function requireColumns(columns: readonly string[], label: string | undefined): void {
  if (columns.length >= 2) return;
  throw new DataError(
    `found one column to learn, "${columns[0] ?? ''}", next to the labels "${label ?? ''}", expected two or more`,
    {},
    'Leave the labels together.',
  );
}

/** A point of each row of cells; the rows themselves if they are plain numbers. */
function pointsOf({ data, widths }: ContextRows, dim: number): Rows {
  return widths === undefined ? data : drawCells({ values: data, widths }, dim, { seed: POINT_SEED }).values;
}

/**
 * The mean NLL of the held-out rows; null if some column depends on the others, or no row is held out.
 * @param training points
 */
function gaussianNllOf(training: ContextRows, held: ContextRows, dim: number): number | null {
  if (held.data.length === 0) return null;
  const { context } = training;
  const reader = readerOf(training.data, dim, context);
  const gaussian = gaussianOf(momentsOf(reader), reader);
  if (gaussian === undefined) return null;
  const given = context && held.context;
  const { data, widths } = held;
  if (widths === undefined) return scoreOf(gaussianLogProb(gaussian, readerOf(data, dim, given))).nll;
  const draws = SCORE_DRAWS;
  const { values, logVolume } = drawCells({ values: data, widths }, dim, { seed: POINT_SEED, draws });
  const contexts = given && repeated(given, data.length / dim, draws);
  const logProb = gaussianLogProb(gaussian, readerOf(values, dim, contexts));
  return scoreOf(logMassOf(logProb, logVolume, draws)).nll;
}

function setOf(
  rows: Rows,
  columns: string[],
): Omit<DataSet, 'domains' | 'cells' | 'validation' | 'heldOut' | 'classes' | 'floor' | 'gaussianNll'> {
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
