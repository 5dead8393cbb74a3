/** Rows of a table of which only some cells are known. */
import { ShapeError } from '../errors.ts';
import type { Cells } from '../data/cells.ts';
import type { Part, TableCodec } from './codec.ts';
import { formOf, plainCell } from './forms.ts';

export function isBlank(cell: string): boolean {
  return plainCell(cell) === '';
}

/** The rows with some valid text in each unknown cell, and which cells these are. */
export interface FilledRows {
  rows: string[][];
  /** By row and column that has features. */
  unknown: boolean[][];
}

/** @param rows one text per column of the table */
export function withStandIns(
  { parts }: TableCodec,
  rows: readonly (readonly string[])[],
  isUnknown: (cell: string, column: string) => boolean,
): FilledRows {
  const standIns = parts.map(standIn);
  const filled: FilledRows = { rows: [], unknown: [] };
  for (const row of rows) {
    const unknown = parts.map(
      ({ column, features }, place) => features.length > 0 && isUnknown(row[place] ?? '', column.name),
    );
    filled.rows.push(parts.map((_, place) => (unknown[place] === true ? standIns[place] : row[place]) ?? ''));
    filled.unknown.push(unknown.filter((__, place) => parts[place]?.features.length !== 0));
  }
  return filled;
}

/** A text that the column takes. */
function standIn({ column, codec }: Part): string {
  const known = codec.values.discrete.find(({ text }) => text !== undefined && text !== '')?.text;
  if (known !== undefined) return known;
  return column.type === 'number' ? formOf(column.form).format(column.min) : '';
}

/**
 * The rows with each blank that a determined column tells: its value is known, and so are the other columns that it is
 * determined by.
 */
export function withDetermined(
  codec: TableCodec,
  rows: readonly (readonly string[])[],
): (readonly string[])[] {
  const { parts, columns } = codec;
  const placeOf = (name: string): number => columns.findIndex((column) => column.name === name);
  const determined = columns.flatMap((column, place) =>
    column.type === 'linear' ? [{ ...column, place, places: column.of.map(placeOf) }] : [],
  );
  if (determined.length === 0) return [...rows];
  return rows.map((row) => {
    const told = [...row];
    for (const { place, places, weights, constant, decimals } of determined) {
      const blanks = places.flatMap((from, i) => (isBlank(told[from] ?? '') ? [i] : []));
      const [blank] = blanks;
      const part = parts[places[blank ?? -1] ?? -1];
      if (blank === undefined || blanks.length > 1 || part === undefined || isBlank(told[place] ?? ''))
        continue;
      const others = places.reduce(
        (sum, from, i) => (i === blank ? sum : sum + (weights[i] ?? 0) * Number(told[from])),
        constant,
      );
      const number = (Number(told[place]) - others) / (weights[blank] ?? NaN);
      const text = String(Number(number.toFixed(decimals)));
      if (part.codec.encode(text) !== undefined) told[places[blank] ?? -1] = text;
    }
    return told;
  });
}

/** One row of cells, and the names of its known ones. */
export interface KnownCells extends Cells {
  known: string[];
}

/**
 * A row with these cells known.
 * @param what the option that gives them, for messages
 * @throws {ShapeError} for a column that is not learned, or a value that it cannot have
 */
export function knownRow(codec: TableCodec, given: ReadonlyMap<string, string>, what: string): KnownCells {
  for (const [name, text] of given) {
    const part = codec.parts.find(({ column }) => column.name === name);
    if (part === undefined || part.features.length === 0) {
      const found = part === undefined ? name : `${name}, which is not learned`;
      throw new ShapeError(what, found, `columns among ${codec.learned.join(', ')}`);
    }
    const encoded = part.codec.encode(plainCell(text));
    const { column } = part;
    const isLabel = column.type === 'category';
    if (encoded === undefined || (isLabel && encoded.isNew === true)) {
      const found = isBlank(text) ? `${name} without a value` : `${name}=${text}`;
      const expected = isLabel ? `one of ${labelsOf(column.levels)}` : part.codec.expected;
      throw new ShapeError(what, found, expected);
    }
  }
  const row = codec.columns.map(({ name }) => given.get(name) ?? '');
  const filled = withStandIns(codec, [row], (_, name) => !given.has(name));
  return { ...codec.encode(filled.rows), known: [...given.keys()] };
}

const LABELS_SHOWN = 20;

function labelsOf(levels: readonly string[]): string {
  const shown = levels.slice(0, LABELS_SHOWN).map((level) => level || '(blank)');
  return `${shown.join(', ')}${levels.length > LABELS_SHOWN ? `, … (${levels.length} in all)` : ''}`;
}
