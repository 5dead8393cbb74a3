/** Positions in strict triangles packed row by row, as in shaders/shared/triangles.wgsl. */

/** Row i, column j < i. */
export function lowerPlace(i: number, j: number): number {
  return (i * (i - 1)) / 2 + j;
}

/** Row i, column j > i, for `features` columns. */
export function upperPlace(i: number, j: number, features: number): number {
  return (i * (2 * features - i - 1)) / 2 + j - i - 1;
}
