/** The triangular matrices of an invertible linear map, dense and row-major [D, D], and their inverses in float64. */
import { lowerPlace, upperPlace } from '../reference/maths/triangles.ts';

/** L, with ones on its diagonal, from its packed triangle. */
export function lowerMatrix(packed: readonly number[], dim: number): Float64Array {
  return matrixOf(dim, (i, j) => (i === j ? 1 : i > j ? (packed[lowerPlace(i, j)] ?? NaN) : 0));
}

/** U + diag(exp(logDiagonal)). */
export function upperMatrix(
  packed: readonly number[],
  logDiagonal: readonly number[],
  dim: number,
): Float64Array {
  return matrixOf(dim, (i, j) => {
    if (i === j) return Math.exp(logDiagonal[i] ?? NaN);
    return i < j ? (packed[upperPlace(i, j, dim)] ?? NaN) : 0;
  });
}

/** The inverse of a lower triangular matrix, column by column, by substitution. */
export function inverseOfLower(L: Float64Array, dim: number): Float64Array {
  const inverse = new Float64Array(dim * dim);
  for (let column = 0; column < dim; column++) {
    for (let i = column; i < dim; i++) {
      let sum = i === column ? 1 : 0;
      for (let k = column; k < i; k++) sum -= (L[i * dim + k] ?? NaN) * (inverse[k * dim + column] ?? NaN);
      inverse[i * dim + column] = sum / (L[i * dim + i] ?? NaN);
    }
  }
  return inverse;
}

export function transposed(M: Float64Array, dim: number): Float64Array {
  return matrixOf(dim, (i, j) => M[j * dim + i] ?? NaN);
}

function matrixOf(dim: number, element: (i: number, j: number) => number): Float64Array {
  return Float64Array.from({ length: dim * dim }, (_, place) =>
    element(Math.floor(place / dim), place % dim),
  );
}
