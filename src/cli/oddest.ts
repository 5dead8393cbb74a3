/** Keeps the oddest of many rows. */

interface Odd {
  line: number;
  /** The log p-value of the row's least likely cell. */
  logP: number;
}

/** Rows from which the kept ones are chosen, besides these. */
const SPARE = 4096;

export class Oddest<Row extends Odd> {
  readonly #most: number;
  #rows: Row[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  add(rows: readonly Row[]): void {
    for (const row of rows) this.#rows.push(row);
    if (this.#rows.length > this.#most + SPARE) this.#rows = this.take();
  }

  /** The oddest rows so far, the oddest first; equally odd ones in the order of their lines. */
  take(): Row[] {
    const before = (a: Row, b: Row): number => (a.logP < b.logP ? -1 : a.logP > b.logP ? 1 : a.line - b.line);
    return this.#rows.toSorted(before).slice(0, this.#most);
  }
}
