/** Context columns of labels and numbers, and the context features that a flow reads. */
import { DataError, ShapeError } from '../errors.ts';
import { FINITE, NAMES, POSITIVE, TEXT } from '../calls/optionRules.ts';
import type { OptionRule } from '../calls/optionRules.ts';

/** A column of labels: one feature per level, 1 for the row's level and 0 for the others. */
export interface LabelColumn {
  name: string;
  /** The labels, one feature each, in this order. */
  levels: readonly string[];
}

/** A column of numbers, which a flow reads as (value − mean) / std. */
export interface NumberColumn {
  name: string;
  /** Mean of the training rows, in the column's units. */
  mean: number;
  /** Standard deviation of the training rows, in the column's units. */
  std: number;
  /** The range of the training rows. */
  min?: number;
  /** See `min`. */
  max?: number;
}

/** A column of a context. */
export type ContextColumn = LabelColumn | NumberColumn;

/** The rule of a column in options. */
export const CONTEXT_COLUMN: OptionRule = {
  expected: 'a column { name, levels } or { name, mean, std } with distinct levels and std above 0',
  accepts: (value) => {
    if (typeof value !== 'object' || value === null) return false;
    const { name, levels, mean, std, min = 0, max = 0, ...rest } = value as Partial<Record<string, unknown>>;
    if (!TEXT.accepts(name) || Object.keys(rest).length > 0) return false;
    if (levels === undefined) return [mean, min, max].every(FINITE.accepts) && POSITIVE.accepts(std);
    return NAMES.accepts(levels) && (levels as string[]).length > 0;
  },
};

/** Number of context features C of these columns. */
export function contextFeatures(columns: readonly ContextColumn[]): number {
  return columns.reduce((sum, column) => sum + ('levels' in column ? column.levels.length : 1), 0);
}

/** A name for each context feature: `moon=upper`, `age`. */
export function contextNames(columns: readonly ContextColumn[]): string[] {
  return columns.flatMap((column) =>
    'levels' in column ? column.levels.map((level) => `${column.name}=${level}`) : [column.name],
  );
}

/**
 * Encodes rows of labels and numbers, in the order of the columns, as the context of a flow, row-major [rows, C].
 *
 * @example
 * const context = encodeContext(flow.training.context, [['upper']]);
 * const upper = await flow.sample(1000, { context });
 * @throws {ShapeError} when a row has more or fewer values than there are columns
 * @throws {DataError} naming row (counted from 1) and column of an unknown label or a number that is not finite
 */
export function encodeContext(
  columns: readonly ContextColumn[],
  rows: readonly (readonly (string | number)[])[],
): Float32Array {
  requireColumns(columns);
  const width = contextFeatures(columns);
  const context = new Float32Array(rows.length * width);
  rows.forEach((values, row) => {
    if (values.length !== columns.length) {
      const names = columns.map(({ name }) => name).join(', ');
      throw new ShapeError(
        `context row ${row + 1}`,
        `${values.length} values`,
        `${columns.length}, one for each of ${names}`,
      );
    }
    let place = row * width;
    columns.forEach((column, index) => {
      const value = values[index] ?? '';
      if ('levels' in column) {
        context[place + levelOf(column, value, row + 1)] = 1;
        place += column.levels.length;
      } else {
        context[place++] = (numberOf(column, value, row + 1) - column.mean) / column.std;
      }
    });
  });
  return context;
}

function requireColumns(columns: readonly ContextColumn[]): void {
  const wrong = columns.findIndex((column) => !CONTEXT_COLUMN.accepts(column));
  if (wrong >= 0)
    throw new ShapeError(`context column ${wrong + 1}`, 'another value', CONTEXT_COLUMN.expected);
}

/** Count of levels that a message lists. */
const LEVELS_SHOWN = 20;

function levelOf({ name, levels }: LabelColumn, value: string | number, row: number): number {
  const composed = String(value).normalize('NFC');
  const level = levels.findIndex((one) => one === value || one.normalize('NFC') === composed);
  if (level >= 0) return level;
  const shown = levels.slice(0, LEVELS_SHOWN).map((one) => JSON.stringify(one));
  const more = levels.length > LEVELS_SHOWN ? `, … (${levels.length} in all)` : '';
  throw new DataError(`found ${JSON.stringify(value)}, expected one of ${shown.join(', ')}${more}`, {
    row,
    column: name,
  });
}

/** Text that `Number` accepts but that is not a decimal number: blank, 0x10, 0o17, 0b11. */
const NOT_DECIMAL = /^\s*(?:$|0[box])/i;

function numberOf({ name }: NumberColumn, value: string | number, row: number): number {
  const number = typeof value === 'string' && NOT_DECIMAL.test(value) ? NaN : Number(value);
  if (Number.isFinite(Math.fround(number))) return number;
  throw new DataError(`found ${JSON.stringify(value)}, expected a number`, { row, column: name });
}
