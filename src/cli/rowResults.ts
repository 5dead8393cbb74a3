/** A command's messages about rows whose results are not finite. */
import { NonFiniteError, rowsText } from '../errors.ts';
import type { Session } from './session.ts';

/** Collects these rows over all chunks of a table, by their lines in the file. */
export class RowResults {
  readonly #unsound: number[] = [];
  readonly #withoutDensity: number[] = [];
  #what = '';

  /**
   * The result of a chunk; undefined if some of its rows are not finite.
   * @param lines of the rows
   */
  async of<T>(result: Promise<T>, lines: readonly number[]): Promise<T | undefined> {
    try {
      return await result;
    } catch (error) {
      if (!(error instanceof NonFiniteError)) throw error;
      this.#what = error.what;
      for (const row of error.rows) this.#unsound.push(lines[row - 1] ?? NaN);
      return undefined;
    }
  }

  /** Records log-densities of −∞. */
  addDensities(logProb: Float32Array | Float64Array, lines: readonly number[]): void {
    logProb.forEach((value, row) => {
      if (value === -Infinity) this.#withoutDensity.push(lines[row] ?? NaN);
    });
  }

  /** @throws {NonFiniteError} naming the lines of all rows whose results are not finite */
  requireFinite(count: number, file: string): void {
    if (this.#unsound.length === 0) return;
    throw new NonFiniteError(this.#what, this.#unsound, count, undefined, file);
  }

  tellWithoutDensity(session: Session, count: number): void {
    warnWithoutDensity(session, this.#withoutDensity.length, count, `: ${rowsText(this.#withoutDensity)}`);
  }
}

/** @param more text to add, such as the row numbers */
export function warnWithoutDensity(session: Session, found: number, count: number, more: string): void {
  if (found === 0) return;
  session.say(
    `Warning: ${found.toLocaleString('en')} of ${count.toLocaleString('en')} rows have no density under the model ` +
      `(log_prob -Infinity)${more}`,
  );
  session.emit({ event: 'warning', code: 'NO_DENSITY', rows: found });
}

/** The result including rows that are not finite, for pictures and means that report them. */
export async function withUnsound<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof NonFiniteError) return error.result as T;
    throw error;
  }
}
