/** The unit interval, cut by frequency: each value of a discrete column is an interval of a uniform variable. */

/** A value in the unit interval and the width of its cell: see `Cells` in src/data/cells.ts. */
export interface Cell {
  value: number;
  width: number;
}

/** Kept free at both ends, so that float32 never rounds a point to 0 or 1. */
const EDGE = 2 ** -20;

/** The cells of parts with these positive weights, in order. The last part gets the rest. */
export function cellsOf(weights: readonly number[]): Cell[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let before = 0;
  return weights.map((weight) => {
    const cell = { value: inside(before / total), width: (weight / total) * (1 - 2 * EDGE) };
    before += weight;
    return cell;
  });
}

function inside(share: number): number {
  return EDGE + share * (1 - 2 * EDGE);
}

/** The index of the cell that holds the point; cells are in order. */
export function cellAt(cells: readonly Cell[], point: number): number {
  let low = 0;
  let high = cells.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((cells[middle]?.value ?? Infinity) <= point) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The part of `cell` that begins at `start` and ends at `end`, as shares of it. */
export function partOf({ value, width }: Cell, start: number, end: number): Cell {
  return { value: value + start * width, width: (end - start) * width };
}
