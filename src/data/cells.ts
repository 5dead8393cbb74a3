/**
 * Cells of a table that are intervals rather than values. A category, an integer or a blank has no density of
 * its own. It stands for an interval of a continuous feature, and log p of its row is the logarithm of a mass.
 *
 * A cell is a value v and a width w: the value itself if w = 0, a uniform variable in [v, v + w) if w > 0, and a normal
 * variable with mean v and standard deviation −w if w < 0. The normal fills a feature that says nothing in this row,
 * like the amount of a blank.
 * @see Theis, van den Oord and Bethge 2016, section 3.1, https://arxiv.org/abs/1511.01844 (uniform dequantisation)
 */
import type { Rows } from '../calls/callerArrays.ts';
import { normalPair, philox, splitRow, splitSeed, STREAMS, uniformOf } from '../random.ts';
import type { WordPair } from '../random.ts';

/** Rows of cells, row-major [B, D]. */
export interface Cells {
  values: Rows;
  /** [B, D]. */
  widths: Float32Array;
}

export interface CellDraws {
  /** One point of each draw, [B · K, D]; the K draws of a row are consecutive. */
  values: Rows;
  /** −log of the density with which each point was drawn, [B · K]. */
  logVolume: Float64Array;
}

/** The two random words of feature `c` of the 64-bit row `row`. */
export function cellWords(c: number, [low, high]: WordPair, key: WordPair): readonly [number, number] {
  const words = philox([c >> 1, low, high, STREAMS.cells], key);
  return c % 2 === 0 ? [words[0], words[1]] : [words[2], words[3]];
}

/** A point of the cell. */
export function drawCell(value: number, width: number, [word0, word1]: readonly [number, number]): number {
  if (width === 0) return value;
  if (width > 0) return value + width * uniformOf(word0);
  return value - width * normalPair(word0, word1)[0];
}

/**
 * `draws` points of each row of cells. Point k of row i depends only on the seed, k and `firstRow` + i.
 * @throws {ShapeError} for a bad seed
 */
export function drawCells(
  { values, widths }: Cells,
  dim: number,
  { seed, draws = 1, firstRow = 0 }: { seed: number; draws?: number; firstRow?: number },
): CellDraws {
  const rows = values.length / dim;
  const key = splitSeed(seed);
  const length = rows * draws * dim;
  const points = values instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
  const logVolume = new Float64Array(rows * draws);
  for (let point = 0; point < rows * draws; point++) {
    const row = Math.floor(point / draws);
    const place = splitRow(firstRow * draws + point);
    let volume = 0;
    for (let c = 0; c < dim; c++) {
      const value = values[row * dim + c] ?? NaN;
      const width = widths[row * dim + c] ?? NaN;
      const drawn = width === 0 ? value : drawCell(value, width, cellWords(c, place, key));
      points[point * dim + c] = drawn;
      if (width > 0) volume += Math.log(width);
      if (width < 0) volume -= normalLogDensity((drawn - value) / width) - Math.log(-width);
    }
    logVolume[point] = volume;
  }
  return { values: points, logVolume };
}

function normalLogDensity(z: number): number {
  return -0.5 * (z * z + Math.log(2 * Math.PI));
}

/**
 * log of the mean over the K draws of exp(logProb + logVolume), [B]: an estimate of the mass of each row's cells. The
 * mass of a row is the mean of p / q over points drawn with density q. Its logarithm is low on average, less so with
 * more draws.
 */
export function logMassOf(logProb: Rows, logVolume: Float64Array, draws: number): Float32Array {
  const terms = logVolume.map((volume, point) => volume + (logProb[point] ?? NaN));
  return Float32Array.from({ length: terms.length / draws }, (_, row) => {
    const own = terms.subarray(row * draws, (row + 1) * draws);
    const most = Math.max(...own);
    if (!Number.isFinite(most)) return most;
    return most + Math.log(own.reduce((sum, term) => sum + Math.exp(term - most), 0) / draws);
  });
}

/** Each of `count` rows of the values, `times` times in a row. */
export function repeated(values: Float32Array, count: number, times: number): Float32Array {
  const width = values.length / count;
  const rows = new Float32Array(values.length * times);
  for (let row = 0; row < count; row++) {
    const one = values.subarray(row * width, (row + 1) * width);
    for (let k = 0; k < times; k++) rows.set(one, (row * times + k) * width);
  }
  return rows;
}
