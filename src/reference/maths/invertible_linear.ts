/** The matrices of an invertible linear map, for the twins. */
import { at } from './at.ts';
import { lowerPlace, upperPlace } from './triangles.ts';

export interface LinearOffsets {
  n_features: number;
  lower_offset: number;
  upper_offset: number;
  log_diagonal_offset: number;
  permutation_offset: number;
}

export interface LinearMatrices {
  /** Including its diagonal. */
  U: (i: number, j: number) => number;
  /** With ones on its diagonal. */
  L: (i: number, j: number) => number;
  permutation: number[];
  sumLogDiagonal: number;
}

export function linearMatrices(params: LinearOffsets, parameters: Float64Array): LinearMatrices {
  const { n_features: features, lower_offset, upper_offset, log_diagonal_offset } = params;
  const logDiagonal = (i: number): number => at(parameters, log_diagonal_offset + i);
  const all = range(features);
  return {
    U: (i, j) => {
      if (i === j) return Math.exp(logDiagonal(i));
      return i < j ? at(parameters, upper_offset + upperPlace(i, j, features)) : 0;
    },
    L: (i, j) => {
      if (i === j) return 1;
      return i > j ? at(parameters, lower_offset + lowerPlace(i, j)) : 0;
    },
    permutation: all.map((j) => at(parameters, params.permutation_offset + j)),
    sumLogDiagonal: all.reduce((sum, i) => sum + logDiagonal(i), 0),
  };
}

/** The integers 0 … features − 1, ascending. */
function range(features: number): number[] {
  return Array.from({ length: features }, (_, i) => i);
}

/** Σ_j M(i, j) v_j. */
export function product(M: (i: number, j: number) => number, v: readonly number[]): number[] {
  return v.map((_, i) => v.reduce((sum, value, j) => sum + M(i, j) * value, 0));
}

/** y and x for z = P w, w = L y, y = U x. */
export function solveLinear(
  { U, L, permutation }: LinearMatrices,
  z: readonly number[],
): { y: number[]; x: number[] } {
  const features = range(z.length);
  const y = unpermuted(permutation, z);
  for (const i of features) for (const k of features.slice(0, i)) y[i] = at(y, i) - L(i, k) * at(y, k);
  const x = [...y];
  for (const i of features.toReversed()) {
    for (const j of features.slice(i + 1)) x[i] = at(x, i) - U(i, j) * at(x, j);
    x[i] = at(x, i) / U(i, i);
  }
  return { y, x };
}

/** w with w[π(j)] = z[j]. */
export function unpermuted(permutation: readonly number[], z: readonly number[]): number[] {
  const w = z.map(() => NaN);
  permutation.forEach((origin, j) => (w[origin] = at(z, j)));
  return w;
}

/** Row r of the workspace, which stores features as columns of `rows` rows. */
export function rowOf(columns: Float64Array, features: number, rows: number, r: number): number[] {
  return range(features).map((j) => at(columns, j * rows + r));
}

export function putRow(columns: Float64Array, rows: number, r: number, values: readonly number[]): void {
  values.forEach((value, j) => (columns[j * rows + r] = value));
}
