/** Contexts on the command line: columns of a table, or values. */
import { existsSync } from 'node:fs';
import { contextFeatures, encodeContext } from '../model/context.ts';
import type { ContextColumn } from '../model/context.ts';
import { allRows, readTable } from '../data/readTable.ts';
import type { TextRows } from '../data/readTable.ts';
import { ModelFileError, ShapeError } from '../errors.ts';
import { commaList } from './commaList.ts';
import { atLines } from './fileLines.ts';
import type { ModelFile } from './modelInput.ts';
import type { TableForm } from './tableOptions.ts';

/** Which numbers of a context lie outside the training rows. */
export function outsideRange(
  columns: readonly ContextColumn[],
  cells: readonly (readonly string[])[],
): string[] {
  return columns.flatMap((column, index) => {
    if ('levels' in column || column.min === undefined || column.max === undefined) return [];
    const { name, min, max } = column;
    const outside = cells.map((row) => Number(row[index])).filter((value) => value < min || value > max);
    if (outside.length === 0) return [];
    return [
      `${name}: found ${outside[0]} where the training rows have ${min} to ${max}; the model knows nothing there.`,
    ];
  });
}

/** The contexts of the rows of a file. @throws {DataError} naming the line of a value unknown to its column */
export function encodeCells(
  file: string,
  columns: readonly ContextColumn[],
  { cells, lines }: TextRows,
): Float32Array {
  return atLines(file, lines, () => encodeContext(columns, cells));
}

/** The labels and numbers of contexts [n, C], one text per column. */
export function contextCells(columns: readonly ContextColumn[], context: Float32Array): string[][] {
  const width = contextFeatures(columns);
  return Array.from({ length: context.length / width }, (_, row) => {
    let place = row * width;
    return columns.map((column) => {
      const first = place;
      place += 'levels' in column ? column.levels.length : 1;
      if ('levels' in column) return column.levels[context.subarray(first, place).indexOf(1)] ?? '';
      const offset = (context[first] ?? NaN) * column.std;
      // Float32 keeps seven digits of the distance to the mean, or of the spread.
      const unit = 10 ** Math.floor(Math.log10(Math.max(column.std, Math.abs(offset))) - 5);
      return String(Number((Math.round((column.mean + offset) / unit) * unit).toPrecision(12)) + 0);
    });
  });
}

/**
 * The columns of the model's context; empty if it has no context.
 * @throws {ModelFileError} if the file does not have them
 */
export function contextColumns({ file, model }: ModelFile): readonly ContextColumn[] {
  const { spec, training } = model;
  if (spec.contextDim === 0) return [];
  if (training?.context !== undefined) return training.context;
  throw new ModelFileError(
    file,
    `found a context of ${spec.contextDim} features without names, expected __metadata__.wgflow_training.context`,
    'Give fit() contextColumns, or train by "wgflow train --context".',
  );
}

export function columnNamesOf(columns: readonly ContextColumn[]): string[] {
  return columns.map(({ name }) => name);
}

/**
 * `moon=upper,age=31`: a value for each column, in their order.
 * @throws {ShapeError} if one is missing, unknown or given twice
 */
export function fixedContext(text: string, columns: readonly ContextColumn[]): string[] {
  const names = columnNamesOf(columns);
  const given = commaList(text).map((part): [string, string] => {
    const equals = part.indexOf('=');
    return [part.slice(0, equals).trim(), part.slice(equals + 1).trim()];
  });
  const values = new Map(given);
  const isWhole = given.length === names.length && names.every((name) => values.has(name));
  if (isWhole) return names.map((name) => values.get(name) ?? '');
  const expected = `one value for each of ${names.join(', ')}: ${askedValues(columns)}`;
  throw new ShapeError('--context', text, expected);
}

function askedValues(columns: readonly ContextColumn[]): string {
  return columns.map(({ name }) => `${name}=…`).join(',');
}

/** Whether `--context` has values rather than a file name. */
export function isFixedContext(text: string): boolean {
  return commaList(text).every((part) => part.includes('='));
}

/** Context rows: the cells of the command line or a file, and the features that the flow reads. */
export interface ContextRows {
  cells: string[][];
  features: Float32Array;
}

/**
 * The rows of `--context`: values, which are one row, or a file of rows.
 * @throws {ShapeError} if the model has no context, or needs one and none is given
 * @throws {DataError} for a value that the model does not know
 */
export async function contextRows(
  model: ModelFile,
  given: string | undefined,
  signal: AbortSignal,
  form: TableForm = {},
): Promise<ContextRows | undefined> {
  const columns = contextColumns(model);
  const names = columnNamesOf(columns);
  if (columns.length === 0) {
    if (given === undefined) return undefined;
    throw new ShapeError('--context', given, 'no such option', `${model.file} has no context.`);
  }
  if (given === undefined) {
    const expected = `${askedValues(columns)}, or a table with the columns ${names.join(', ')}`;
    throw new ShapeError('--context', 'nothing', expected, `${model.file} needs a context.`);
  }
  if (isFixedContext(given)) {
    const cells = [fixedContext(given, columns)];
    return { cells, features: encodeCells('--context', columns, { cells, lines: [] }) };
  }
  if (given.includes('=') && !existsSync(given)) {
    const advice = 'A value with a comma goes in double quotes: "tissue=lung, left",age=31.';
    throw new ShapeError('--context', given, askedValues(columns), advice);
  }
  const { text } = await allRows(readTable(given, { ...form, columns: [], text: names }), signal);
  return { cells: text.cells, features: encodeCells(given, columns, text) };
}

/** How a command that reads rows finds each row's context. */
export interface RowContext {
  /** Columns to read as text next to the rows. */
  text: readonly string[];
  /** The context of a chunk of rows: features for the flow, and cells for the output table. */
  of: (text: TextRows, rows: number) => { features: Float32Array | undefined; cells: string[][] };
}

/**
 * The context of each row: the values of `--context` for all rows, or the model's context columns in the same file.
 * @throws {ShapeError} if the model has no context, or `--context` does not fit it
 */
export function rowContext(model: ModelFile, dataFile: string, given: string | undefined): RowContext {
  const columns = contextColumns(model);
  if (given === undefined) {
    return {
      text: columnNamesOf(columns),
      of: (text) => ({
        features: columns.length === 0 ? undefined : encodeCells(dataFile, columns, text),
        cells: text.cells,
      }),
    };
  }
  if (columns.length === 0) {
    throw new ShapeError('--context', given, 'no such option', `${model.file} has no context.`);
  }
  if (!isFixedContext(given)) {
    const expected = askedValues(columns);
    throw new ShapeError(
      '--context',
      given,
      expected,
      'Without the option, the context is read from the columns of the data.',
    );
  }
  const row = fixedContext(given, columns);
  const features = encodeCells('--context', columns, { cells: [row], lines: [] });
  return { text: [], of: (_, rows) => ({ features, cells: Array.from({ length: rows }, () => row) }) };
}
