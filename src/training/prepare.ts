/** Checks the arguments of `fit`, and makes everything of a run that needs no GPU. */
import type { Rows } from '../calls/callerArrays.ts';
import { drawCells } from '../data/cells.ts';
import type { ContextRows } from '../data/holdOut.ts';
import { requireUnrounded } from '../data/offset.ts';
import type { Shift } from '../data/offset.ts';
import { roughRows } from '../data/roughRows.ts';
import { columnNamesOf } from '../data/statistics.ts';
import { ShapeError } from '../errors.ts';
import type { TrainingRecord } from '../io/modelFile.ts';
import type { BatchSource } from '../passes/batch.ts';
import { dataStart } from '../spec/dataStart.ts';
import { requireFreezable } from './freeze.ts';
import { noiseFactor } from './noise.ts';
import { isStream, isToy } from './options.ts';
import type { FitOptions, TrainingData } from './options.ts';
import type { TrainingSettings } from './settingTable.ts';
import { requireRecordable } from './recorded.ts';
import { runRows } from './rows.ts';
import type { RunRows, ValidationRows } from './rows.ts';
import { settingsOf } from './settings.ts';
import { streamedRows } from './streamedRows.ts';
import { resumedFrom } from './trainee.ts';
import type { Checkpoint, Trainee, TrainingState } from './trainee.ts';

/** A run that is checked, before it reaches the GPU. */
export interface PreparedRun {
  options: FitOptions;
  settings: TrainingSettings;
  /** The state that the run continues. */
  resumed: Checkpoint | undefined;
  rows: RunRows;
  /** Where batches come from. */
  source: BatchSource;
  /** The factor of the noise on each row; undefined for none. */
  noise: Float32Array | undefined;
  /** What the training rows set in a fresh flow. */
  start: ReturnType<typeof dataStart> | undefined;
  shift: Shift | undefined;
  warnings: string[];
}

export async function prepareRun(
  trainee: Pick<Trainee, 'model' | 'defaults'>,
  state: TrainingState,
  data: TrainingData,
  given: FitOptions,
): Promise<PreparedRun> {
  const options = isToy(data) ? ofToy(given, state.record) : remembering(given, state.record);
  const { spec, layout } = trainee.model();
  const { columns, table } = options;
  requireRecordable(table, spec);
  const resumed = options.resume === true ? resumedFrom(state) : undefined;
  const optimizer = resumed?.optimizer;
  // The preset's seed, which does not depend on the number of rows.
  const { seed } = settingsOf(options, optimizer, trainee.defaults(Infinity));
  const earlier = { seed, stored: optimizer?.settings };
  const rows = isStream(data)
    ? await streamedRows(spec, data, options, earlier)
    : runRows(spec, data, options, earlier);
  const settings = settingsOf(options, optimizer, trainee.defaults(rowsOf(rows)));
  requireFreezable(layout, settings.freeze);
  const { training, validation, ranges } = rows;
  const points = training && pointsOf(training, spec.dim, seed);
  const noise = points && settings.jitter > 0 ? noiseFactor(spec, points, settings.jitter) : undefined;
  const source = noise === undefined ? rows.source : { ...rows.source, hasNoise: true };
  requireScores(settings, validation);
  const start = points && dataStart(spec, points, { columns, isFresh: state.isFresh, ranges });
  const shift = start && { offset: start.offset, spread: start.std };
  if (validation !== undefined) requireUnrounded(validation.data, shift, columns);
  const seen = isStream(data) || isToy(data) ? training : { data, widths: options.widths };
  const warnings = seen ? roughRows(seen.data, columnNamesOf(spec.dim, columns), seen.widths) : [];
  return { options, settings, resumed, rows, source, noise, start, shift, warnings };
}

/** The options; a resumed run keeps the name of its preset. The columns of a toy density have no names. */
function ofToy(given: FitOptions, record: TrainingRecord | undefined): FitOptions {
  return given.resume === true ? { ...given, preset: given.preset ?? record?.preset } : given;
}

/** The options, with what an earlier run recorded of the data where they say nothing. */
function remembering(given: FitOptions, record: TrainingRecord | undefined): FitOptions {
  const columns = given.columns ?? record?.columns;
  const table = given.table ?? (given.columns === undefined ? record?.table : undefined);
  const contextColumns = given.contextColumns ?? record?.context;
  const preset = given.preset ?? record?.preset;
  return {
    ...given,
    ...(columns && { columns }),
    ...(table && { table }),
    ...(contextColumns && { contextColumns }),
    ...(preset !== undefined && { preset }),
  };
}

/** A point of each row of cells. */
function pointsOf({ data, widths }: ContextRows, dim: number, seed: number): Rows {
  return widths === undefined ? data : drawCells({ values: data, widths }, dim, { seed }).values;
}

/** @throws {ShapeError} when the schedule waits for scores, and no rows are scored */
function requireScores({ schedule }: TrainingSettings, validation: ValidationRows | undefined): void {
  if (schedule.kind !== 'plateau' || validation !== undefined) return;
  throw new ShapeError(
    'fit option schedule',
    'plateau without validation rows',
    'rows to score',
    'Give validation rows, or take another schedule.',
  );
}

/** Number of training rows; infinite for a toy density. */
export function rowsOf({ source }: RunRows): number {
  return source.kind === 'dataset' ? source.rows : Infinity;
}
