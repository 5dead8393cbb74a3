/** What the parser of delimited text leaves open: comments in a column of text, and messages. */
import { DataError } from '../errors.ts';

/** Whether a record that begins with # is a comment: it has other cells than the record before it. */
export function isComment([first = '', ...others]: readonly string[], width: number): boolean {
  return first.startsWith('#') && others.length + 1 !== width;
}

/** A sentence about the file for an error code of csv-parse. */
export function csvMistake(file: string, code: string, row: number | undefined): DataError {
  const problem =
    code === 'CSV_QUOTE_NOT_CLOSED' || code === 'CSV_MAX_RECORD_SIZE'
      ? 'found a quoted cell that is never closed, expected a closing quote'
      : 'found a quote inside a cell, expected quotes only around a whole cell';
  return new DataError(problem, { file, row }, 'Close the quote, or double a literal quote.');
}
