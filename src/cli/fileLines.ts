/** The lines of the rows of a file. */
import { DataError } from '../errors.ts';

/** The lines on which the rows of a file begin, in little memory: most rows take one line. */
export class FileLines {
  /** The rows, from 0, after which the lines go on at another distance, and the first line of each such run. */
  readonly #rows: number[] = [];
  readonly #lines: number[] = [];
  #count = 0;

  add(lines: Iterable<number>): this {
    for (const line of lines) {
      if (line !== this.of(this.#count)) {
        this.#rows.push(this.#count);
        this.#lines.push(line);
      }
      this.#count++;
    }
    return this;
  }

  /** The line of a row, counted from 0. */
  of(row: number): number {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rows[middle] ?? 0) <= row) low = middle + 1;
      else high = middle;
    }
    const run = low - 1;
    return row - (this.#rows[run] ?? 0) + (this.#lines[run] ?? 1);
  }
}

/** Runs a check of rows. @throws {DataError} of the check, which numbers the rows from 1, with the file and the row's line */
export function atLines<Result>(file: string, lines: readonly number[], check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw error.atLine(file, error.row === undefined ? undefined : lines[error.row - 1]);
  }
}
