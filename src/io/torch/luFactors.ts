/** Factors an invertible matrix as P L (U + diag), for an invertible linear bijector with signs after it. */

export interface LuFactors {
  /** The elements below the diagonal, row by row. */
  lower: number[];
  /** The elements above the diagonal, row by row. */
  upper: number[];
  logDiagonal: number[];
  permutation: number[];
  /** Factors of z[j]: the diagonal itself is positive. */
  signs: number[];
}

/**
 * Uses elimination with partial pivoting: M = L U with the rows of M in pivot order. The signs of U's
 * diagonal move to the left through L.
 * @returns undefined for a singular matrix
 */
export function luFactors(matrix: readonly (readonly number[])[]): LuFactors | undefined {
  const size = matrix.length;
  const rows = matrix.map((values, origin) => ({ values: [...values], origin }));
  for (let k = 0; k < size; k++) {
    const below = rows.slice(k);
    const pivot = below.reduce((best, row) =>
      magnitude(row.values, k) > magnitude(best.values, k) ? row : best,
    );
    if (!(magnitude(pivot.values, k) > 0)) return undefined;
    rows.splice(k, below.length, pivot, ...below.filter((row) => row !== pivot));
    for (const { values } of rows.slice(k + 1)) {
      // The factor of L replaces the eliminated element.
      const factor = at(values, k) / at(pivot.values, k);
      values[k] = factor;
      for (let j = k + 1; j < size; j++) values[j] = at(values, j) - factor * at(pivot.values, j);
    }
  }
  const eliminated = rows.map(({ values }) => values);
  const diagonal = eliminated.map((values, k) => at(values, k));
  const signs = diagonal.map(Math.sign);
  const places = matrix.map((_, j) => rows.findIndex(({ origin }) => origin === j));
  return {
    lower: eliminated.flatMap((values, i) =>
      values.slice(0, i).map((value, j) => value * at(signs, i) * at(signs, j)),
    ),
    upper: eliminated.flatMap((values, i) => values.slice(i + 1).map((value) => value * at(signs, i))),
    logDiagonal: diagonal.map((value) => Math.log(Math.abs(value))),
    permutation: places,
    signs: places.map((place) => at(signs, place)),
  };
}

function magnitude(values: readonly number[], k: number): number {
  return Math.abs(at(values, k));
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? NaN;
}
