/** Rows in the order of their log p, the least likely first. */
import { joinedValues } from './tableInput.ts';

/** The ranks of all rows, from their scores: 8 bytes a row. */
export class Ranks {
  #parts: Float32Array[] = [];
  #sorted = new Float32Array();
  /** The scores in the order of the table, once all are added. */
  logProb = new Float32Array();

  add(logProb: Float32Array): void {
    this.#parts.push(logProb);
  }

  /** Call once after the last row. */
  end(): void {
    this.logProb = joinedValues(this.#parts, Float32Array);
    this.#parts = [];
    this.#sorted = this.logProb.slice().sort();
  }

  /** 1 + the number of rows that are less likely, so equal rows have the same rank. */
  of(value: number): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? NaN) < value) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }
}

interface Ranked<Row> {
  row: Row;
  logProb: number;
}

/** The least likely rows of a stream, in memory for twice as many. Of equal rows the first ones stay. */
export class LeastLikely<Row> {
  readonly #count: number;
  #rows: Ranked<Row>[] = [];
  /** A row that is no less likely is not among them. */
  #bound = Infinity;

  constructor(count: number) {
    this.#count = count;
  }

  /** @param rowAt what is kept of the row at an index */
  add(logProb: Float32Array, rowAt: (index: number) => Row): void {
    logProb.forEach((value, index) => {
      if (value >= this.#bound) return;
      this.#rows.push({ row: rowAt(index), logProb: value });
      if (this.#rows.length >= 2 * this.#count) this.#cut();
    });
  }

  /** The rows in ascending order, each with its rank: 1 + the number of rows that are less likely. */
  rows(): (Ranked<Row> & { rank: number })[] {
    this.#cut();
    let rank = 1;
    return this.#rows.map((one, index) => {
      if (one.logProb !== this.#rows[index - 1]?.logProb) rank = index + 1;
      return { ...one, rank };
    });
  }

  #cut(): void {
    this.#rows = this.#rows.toSorted((a, b) => compared(a.logProb, b.logProb)).slice(0, this.#count);
    if (this.#rows.length === this.#count) this.#bound = this.#rows.at(-1)?.logProb ?? Infinity;
  }
}

/** Also for −∞, of which the difference is NaN. */
function compared(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
