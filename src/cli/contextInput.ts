/** Contexts on the command line: columns of a table, or values. */
import { existsSync } from 'node:fs';
import { encodeContext } from '../model/context.ts';
import type { ContextColumn } from '../model/context.ts';
import { allRows, readTable } from '../data/readTable.ts';
import type { TextRows } from '../data/readTable.ts';
import { isGrouped, NUMBER } from '../data/numberText.ts';
import { columnStatistics } from '../data/statistics.ts';
import { DataError, ModelFileError, ShapeError } from '../errors.ts';
import { MAX_CONTEXT } from '../model/limits.ts';
import { FORM_NAMES, formOf, plainCell } from '../table/forms.ts';
import { commaList } from './commaList.ts';
import type { ModelFile } from './modelInput.ts';
import type { TableForm } from './tableOptions.ts';

/**
 * The kind of each column. It has numbers if its first cell is one; otherwise labels, with levels in
 * alphabetical order.
 * @throws {DataError} if a column mixes both or has only one level or value, or all columns have too many levels
 */
export function contextColumnsOf(
  file: string,
  names: readonly string[],
  { cells, lines }: TextRows,
): ContextColumn[] {
  const columns = names.map((name, index): ContextColumn => {
    const values = cells.map((row) => (row[index] ?? '').normalize('NFC'));
    requireFilled(file, name, values, lines);
    const isNumber = NUMBER.test(values[0] ?? '');
    const other = values.findIndex((value) => NUMBER.test(value) !== isNumber);
    if (other >= 0) {
      throw new DataError(
        `found ${JSON.stringify(values[other])}, expected ${isNumber ? 'a number' : 'a label'} as in the rows before`,
        { file, row: lines[other], column: name },
        'A context column has either numbers only, or labels that are not numbers.',
      );
    }
    return isNumber ? numberColumn(file, name, values) : labelColumn(file, name, values);
  });
  const levels = columns.reduce((sum, column) => sum + ('levels' in column ? column.levels.length : 0), 0);
  if (levels > MAX_CONTEXT) {
    throw new DataError(
      `found ${levels} levels in the context columns ${names.join(', ')}, expected at most ${MAX_CONTEXT}`,
      { file },
      'Merge rare labels, or leave the column out.',
    );
  }
  return columns;
}

function numberColumn(file: string, name: string, values: readonly string[]): ContextColumn {
  try {
    const { mean, std } = columnStatistics(Float64Array.from(values, Number), 1, [name]);
    const [min, max] = rangeOf(values);
    return { name, mean: mean[0] ?? NaN, std: std[0] ?? NaN, min, max };
  } catch (error) {
    throw error instanceof DataError ? error.inFile(file) : error;
  }
}

function rangeOf(values: readonly string[]): [min: number, max: number] {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    min = Math.min(min, Number(value));
    max = Math.max(max, Number(value));
  }
  return [min, max];
}

/** @throws {DataError} naming the line of the first blank */
function requireFilled(
  file: string,
  name: string,
  values: readonly string[],
  lines: readonly number[],
): void {
  const blank = values.findIndex((value) => plainCell(value) === '');
  if (blank < 0) return;
  throw new DataError(
    `found ${values[blank] === '' ? 'a blank cell' : JSON.stringify(values[blank])}, expected a value to condition on`,
    { file, row: lines[blank], column: name },
    'Fill it in or remove the row.',
  );
}

/** Numbers in another form than a decimal one; as labels, each would be another. */
function requireLabels(file: string, name: string, values: readonly string[], levels: number): void {
  const form = FORM_NAMES.find(
    (one) => one !== 'decimal' && values.every((value) => !Number.isNaN(formOf(one).parse(value))),
  );
  const [first = ''] = values;
  if (form !== undefined || isGrouped(first)) {
    throw new DataError(
      `found ${JSON.stringify(first)}, expected a label or a decimal number`,
      { file, column: name },
      'Write per cents, dates and thousands as plain decimal numbers to condition on them.',
    );
  }
  if (levels > MANY_LABELS && levels > values.length / 2) {
    throw new DataError(
      `found ${levels} labels in ${values.length} rows, expected far fewer labels than rows`,
      { file, column: name },
      'Leave the column out of --context, or write its numbers as plain decimals.',
    );
  }
}

/** A table of fewer labels may have as many labels as rows. */
const MANY_LABELS = 10;

/** What the user should know of the labels: those with few rows. */
export function rareLabels(columns: readonly ContextColumn[], { cells }: TextRows): string[] {
  return columns.flatMap((column, index) => {
    if (!('levels' in column)) return [];
    const rows = new Map<string, number>();
    for (const row of cells) rows.set(row[index] ?? '', (rows.get(row[index] ?? '') ?? 0) + 1);
    const rare = [...rows]
      .filter(([, count]) => count < MIN_LABEL_ROWS)
      .map(([label]) => JSON.stringify(label));
    if (rare.length === 0) return [];
    const shown = rare.slice(0, 5).join(', ');
    const more = rare.length > 5 ? ', …' : '';
    return [
      `${column.name}: fewer than ${MIN_LABEL_ROWS} rows have the ${rare.length === 1 ? 'label' : 'labels'} ${shown}${more}; samples given ${rare.length === 1 ? 'it' : 'them'} show little of the data.`,
    ];
  });
}

const MIN_LABEL_ROWS = 3;

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

function labelColumn(file: string, name: string, values: readonly string[]): ContextColumn {
  const levels = [...new Set(values)].sort((a, b) => (a < b ? -1 : 1));
  requireLabels(file, name, values, levels.length);
  if (levels.length > 1) return { name, levels };
  throw new DataError(
    `found the one label ${JSON.stringify(levels[0])} in every row, expected labels that differ`,
    { file, column: name },
    'Leave the column out of --context.',
  );
}

/** The contexts of the rows of a file. @throws {DataError} naming the line of a value unknown to its column */
export function encodeCells(
  file: string,
  columns: readonly ContextColumn[],
  { cells, lines }: TextRows,
): Float32Array {
  try {
    return encodeContext(columns, cells);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw error.atLine(file, error.row === undefined ? undefined : lines[error.row - 1]);
  }
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
