/** Rows that the pictures pass through the flow. */
import type { Rows } from '../../../src/index.ts';

/** A lattice of lines of the plane, each a row of points. */
export interface Lattice {
  lines: number;
  pointsPerLine: number;
  /** [lines, pointsPerLine, 2]. */
  points: Float32Array;
  /** One per line: its distance from the origin. */
  offsets: Float32Array;
}

/**
 * Lines of the latent square [−reach, reach]², `spacing` apart and through the origin. The outermost come
 * first, so that the middle ones lie on top.
 */
export function lattice(reach: number, spacing: number, pointsPerLine: number): Lattice {
  const steps = Math.floor(reach / spacing + 1e-9);
  const places: number[] = [];
  for (let k = steps; k >= 1; k--) places.push(-k * spacing, k * spacing);
  places.push(0);
  const lines = 2 * places.length;
  const points = new Float32Array(lines * pointsPerLine * 2);
  const offsets = new Float32Array(lines);
  let at = 0;
  places.forEach((place, index) => {
    for (const isUpright of [true, false]) {
      offsets[2 * index + (isUpright ? 0 : 1)] = Math.abs(place);
      for (let i = 0; i < pointsPerLine; i++) {
        const along = reach * ((2 * i) / (pointsPerLine - 1) - 1);
        points.set(isUpright ? [place, along] : [along, place], at);
        at += 2;
      }
    }
  });
  return { lines, pointsPerLine, points, offsets };
}

/**
 * Points of two columns as full rows in columns [features, stride]. Every other feature has its value from
 * `others`, and padding repeats the last row.
 */
export function plane(
  points: Float32Array,
  [first, second]: readonly [number, number],
  others: ArrayLike<number>,
  stride: number,
): Float32Array {
  const features = others.length;
  const rows = points.length / 2;
  const columns = new Float32Array(features * stride);
  for (let feature = 0; feature < features; feature++) {
    for (let row = 0; row < stride; row++) {
      const from = 2 * Math.min(row, rows - 1);
      const value =
        feature === first ? points[from] : feature === second ? points[from + 1] : others[feature];
      columns[feature * stride + row] = value ?? 0;
    }
  }
  return columns;
}

/** At most `count` of the rows [N, D], evenly spread over all of them. */
export function spreadRows<Values extends Rows>(rows: Values, dim: number, count: number): Values {
  const total = rows.length / dim;
  if (total <= count) return rows;
  const chosen = rows.slice(0, count * dim) as Values;
  for (let i = 0; i < count; i++) {
    const row = Math.floor((i * total) / count);
    chosen.set(rows.subarray(row * dim, (row + 1) * dim), i * dim);
  }
  return chosen;
}

/** The rows that a picture draws, followed by padding rows. */
export interface ShownRows {
  /** [n, D]. */
  rows: Float32Array;
  count: number;
}

/**
 * At most `most` of the rows [N, D] of one class. The size is that of the largest class, so that all classes
 * fit the same buffers.
 * @param classes the classes of the rows, one-hot [N, C], and the shown one
 */
export function rowsOfClass(
  rows: Float32Array,
  dim: number,
  classes: { rows: Float32Array; width: number; shown: number },
  most: number,
): ShownRows {
  const members: number[][] = Array.from({ length: classes.width }, () => []);
  for (let row = 0; row < rows.length / dim; row++) {
    const own = classes.rows.subarray(row * classes.width, (row + 1) * classes.width).indexOf(1);
    members[own]?.push(row);
  }
  const room = Math.min(most, Math.max(1, ...members.map(({ length }) => length)));
  const own = new Float32Array((members[classes.shown]?.length ?? 0) * dim);
  members[classes.shown]?.forEach((row, place) => {
    own.set(rows.subarray(row * dim, (row + 1) * dim), place * dim);
  });
  const chosen = spreadRows(own, dim, room);
  const padded = new Float32Array(room * dim);
  padded.set(chosen);
  return { rows: padded, count: chosen.length / dim };
}

/**
 * At most `count` rows that lie far from each other. The first row is chosen first, then repeatedly the row
 * whose nearest chosen row is farthest away, until no row differs from all chosen ones.
 */
export function farApart(rows: Float32Array, dim: number, count: number): number[] {
  const total = rows.length / dim;
  const nearest = new Float64Array(total).fill(Infinity);
  const chosen: number[] = [];
  let next = 0;
  while (chosen.length < Math.min(count, total) && nearest[next] !== 0) {
    chosen.push(next);
    let farthest = 0;
    for (let row = 0; row < total; row++) {
      let square = 0;
      for (let j = 0; j < dim; j++) square += ((rows[row * dim + j] ?? 0) - (rows[next * dim + j] ?? 0)) ** 2;
      nearest[row] = Math.min(nearest[row] ?? 0, square);
      if ((nearest[row] ?? 0) > (nearest[farthest] ?? 0)) farthest = row;
    }
    next = farthest;
  }
  return chosen;
}
