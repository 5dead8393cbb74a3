/** Objects of JSON as records of a table. */
import { DataError } from '../errors.ts';
import type { RecordBatch } from './records.ts';

/** Objects whose keys are the columns of the table. */
export const KEY_RECORDS = 1000;

/** A flow has at most 65,536 features; --columns may choose them from more. */
const MAX_KEYS = 2 ** 17;

/** @throws {DataError} if the objects up to this row have too many different keys */
export function requireKeys(keys: number, file: string, row: number): void {
  if (keys <= MAX_KEYS) return;
  throw new DataError(
    `found more than ${MAX_KEYS.toLocaleString('en')} different keys in the objects so far, expected the same keys in each`,
    { file, row },
    'Write each row with the same keys.',
  );
}

/** Whether a text begins like JSON: with an object, or with an array of values. */
export function isJson(text: string): boolean {
  return /^\s*(?:\{\s*["}]|\[\s*[[{\]])/.test(text.slice(0, 4096));
}

export interface JsonObject {
  cells: Map<string, string>;
  /** Line of the object, or its place in the array; counted from 1. */
  row: number;
}

/** The names and records of a whole text: an array of objects, or one object a line. @throws {DataError} */
export function jsonTable(text: string, file: string): RecordBatch & { names: string[] } {
  const objects = text.trimStart().startsWith('[') ? objectsOfArray(text, file) : objectsOfLines(text, file);
  const names = new Set<string>();
  for (const { cells, row } of objects.slice(0, KEY_RECORDS)) {
    for (const name of cells.keys()) names.add(name);
    requireKeys(names.size, file, row);
  }
  for (const { cells, row } of objects) {
    for (const name of cells.keys()) if (!names.has(name)) throw newKey(file, name, row);
  }
  const keys = [...names];
  return {
    names: keys.map((name) => name.trim()),
    records: objects.map(({ cells }) => keys.map((name) => cells.get(name) ?? '')),
    lines: objects.map(({ row }) => row),
  };
}

function objectsOfArray(text: string, file: string): JsonObject[] {
  const array = parsed(text, file, undefined);
  if (!Array.isArray(array)) throw notATable(file, undefined, array);
  return array.map((value, at) => ({ cells: cellsOf(value, file, at + 1), row: at + 1 }));
}

function objectsOfLines(text: string, file: string): JsonObject[] {
  return text.split('\n').flatMap((line, at) => {
    const row = at + 1;
    return line.trim() === '' ? [] : { cells: cellsOf(parsed(line.trim(), file, row), file, row), row };
  });
}

/** @throws {DataError} if the text is not JSON */
export function parsed(text: string, file: string, row: number | undefined): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError(
      `found text that is not JSON (${reason})`,
      { file, row },
      row === undefined ? '' : 'Write each object on a line of its own.',
    );
  }
}

/** The cells of an object by their keys. @throws {DataError} with the path of a value that is no cell */
export function cellsOf(value: unknown, file: string, row: number): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notATable(file, row, value);
  const cells = new Map<string, string>();
  for (const [name, cell] of Object.entries(value as Record<string, unknown>)) {
    cells.set(name, cellText(cell, file, row, name));
  }
  return cells;
}

function cellText(cell: unknown, file: string, row: number, column: string): string {
  if (typeof cell === 'string') return cell.trim();
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
  if (cell === null) return '';
  throw nested(file, row, column, cell);
}

export function notATable(file: string, row: number | undefined, value: unknown): DataError {
  return new DataError(
    `found ${kindOf(value)}, expected an object with a value for each column`,
    { file, row },
    'Write each row like {"height": 1.7, "weight": 60}.',
  );
}

function nested(file: string, row: number, column: string, cell: unknown): DataError {
  const [key] = Object.keys(cell ?? {});
  const path = key === undefined ? column : Array.isArray(cell) ? `${column}[${key}]` : `${column}.${key}`;
  return new DataError(
    `found ${kindOf(cell)} at ${path}, expected a number, text, true, false or null`,
    { file, row, column },
    'Give each inner value a column of its own.',
  );
}

export function newKey(file: string, column: string, row: number): DataError {
  return new DataError(
    `found a key that none of the first ${KEY_RECORDS.toLocaleString('en')} objects has`,
    { file, row, column },
    'Add it to the first object, with the value null.',
  );
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object'
    ? 'an object'
    : `the ${typeof value} ${JSON.stringify(value)?.slice(0, 40)}`;
}
