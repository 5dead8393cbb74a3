/** Tables with the traits that make unbounded flows fail on real data. */
import { normalsOf, philox, uniformOf } from '../../src/random.ts';

const FACTORS = 3;
/** Share of the cells that lie far out. */
const OUTLIER_SHARE = 0.01;
const OUTLIER = 8;

/**
 * Rows [rows, dim], few and rough. All columns share three factors. By turns a column is normal, has the
 * heavy tails of a Student-t with two degrees of freedom, is skewed as a lognormal, nearly repeats the
 * previous column, or is mostly 0. One cell in a hundred lies about 8 standard deviations out, and the
 * columns' units differ by up to 1000.
 * @param seed the rows' seed; tables of equal `dim` have equal columns
 */
export function roughTable(rows: number, dim: number, seed: number): Float32Array {
  const loadings = Array.from({ length: dim }, (_, j) => normalsOf(philox([0, j, 0, 0], [dim, 1])));
  const table = new Float32Array(rows * dim);
  for (let r = 0; r < rows; r++) {
    const factors = normalsOf(philox([0, r, 1, 0], [seed, 0])).slice(0, FACTORS);
    let before = 0;
    loadings.forEach((loading, j) => {
      const [own, chi0, chi1] = normalsOf(philox([j, r, 2, 0], [seed, 0])) as [
        number,
        number,
        number,
        number,
      ];
      const [far, side] = philox([j, r, 3, 0], [seed, 0]).map(uniformOf) as [number, number, number, number];
      const shared = factors.reduce((sum, factor, k) => sum + factor * loading[k]!, 0) + 0.5 * own;
      const value = [
        shared,
        shared / Math.sqrt((chi0 ** 2 + chi1 ** 2) / 2),
        Math.exp(shared),
        before + 0.001 * own,
        Math.max(0, shared - 0.5),
      ][j % 5]!;
      before = value + (far < OUTLIER_SHARE ? Math.sign(side - 0.5) * OUTLIER * Math.hypot(...loading) : 0);
      table[r * dim + j] = 10 ** (j % 4) * before;
    });
  }
  return table;
}

/**
 * Rows of the table, each with one column 8 standard deviations from the mean, then with all columns there.
 */
export function farRows(table: Float32Array, dim: number): Float32Array {
  const count = table.length / dim;
  const columns = Array.from({ length: dim }, (_, j) => {
    const values = Array.from({ length: count }, (__, r) => table[r * dim + j]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
    return { mean, std: Math.sqrt(variance) };
  });
  const far = (j: number, side: number): number => columns[j]!.mean + side * OUTLIER * columns[j]!.std;
  const rows = columns.flatMap((_, moved) =>
    [-1, 1].flatMap((side) =>
      columns.map((__, j) => (j === moved ? far(j, side) : table[(moved % count) * dim + j]!)),
    ),
  );
  return new Float32Array([...rows, ...[-1, 1].flatMap((side) => columns.map((_, j) => far(j, side)))]);
}
