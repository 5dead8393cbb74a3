/** Log-masses of rows with cells that are intervals. */
import type { Rows } from '../calls/callerArrays.ts';
import { takeContext } from '../calls/rows.ts';
import type { RunOptions } from '../calls/rows.ts';
import { NonFiniteError, ShapeError } from '../errors.ts';
import { chunksOf } from '../plan/shape.ts';
import type { ImageShape } from '../model/image.ts';
import { drawCells, logMassOf, repeated } from './cells.ts';
import type { Cells } from './cells.ts';

/** Enough that the mass of a row with a few categories is within one hundredth. */
const DEFAULT_DRAWS = 16;

/** The points to draw from a row of cells: one of images, whose many pixels make up for it. */
export function drawsOf({ image }: { image?: ImageShape }, usual = DEFAULT_DRAWS): number {
  return image === undefined ? usual : 1;
}

/** Values drawn at once. */
const VALUES_AT_ONCE = 2 ** 21;

/** How the points of the cells are drawn: see `LogProbOptions`. */
interface MassOptions extends Pick<RunOptions, 'context'> {
  draws?: number;
  seed?: number;
  firstRow?: number;
}

/**
 * The log-mass of each row of cells [B, D].
 * @param logProb the log-densities of rows with contexts
 * @throws {ShapeError} when the widths or contexts do not fit the rows
 * @throws {NonFiniteError} naming rows whose points have no finite log-density
 */
export async function logMasses(
  cells: Cells,
  spec: { dim: number; contextDim: number; image?: ImageShape },
  { context, draws = drawsOf(spec), seed = 0, firstRow = 0 }: MassOptions,
  logProb: (rows: Rows, context: Float32Array | undefined) => Promise<Float32Array>,
): Promise<Float32Array> {
  const { dim, contextDim } = spec;
  const rows = Math.floor(cells.values.length / dim);
  if (cells.widths.length !== cells.values.length || cells.values.length !== rows * dim) {
    const expected = `rows of ${dim} values, and one width for each`;
    throw new ShapeError(
      'x and widths',
      `${cells.values.length} and ${cells.widths.length} values`,
      expected,
    );
  }
  const contexts = takeContext('context', spec, rows, context);
  const isShared = contexts?.length === contextDim;
  const masses = new Float32Array(rows);
  for (const { start, count } of chunksOf(rows, Math.ceil(VALUES_AT_ONCE / (dim * draws)))) {
    const part = <Of extends Rows>(of: Of, width: number): Of =>
      of.subarray(start * width, (start + count) * width) as Of;
    const points = drawCells({ values: part(cells.values, dim), widths: part(cells.widths, dim) }, dim, {
      seed,
      draws,
      firstRow: firstRow + start,
    });
    const given = contexts && (isShared ? contexts : repeated(part(contexts, contextDim), count, draws));
    const found = await ofRows(logProb(points.values, given), { start, draws, rows });
    masses.set(logMassOf(found, points.logVolume, draws), start);
  }
  return masses;
}

/** The result for the points; an error that names points names their rows instead. */
async function ofRows<Result>(
  result: Promise<Result>,
  { start, draws, rows }: { start: number; draws: number; rows: number },
): Promise<Result> {
  try {
    return await result;
  } catch (error) {
    if (!(error instanceof NonFiniteError)) throw error;
    const named = new Set(error.rows.map((point) => start + Math.floor((point - 1) / draws) + 1));
    throw new NonFiniteError(error.what, [...named], rows, undefined);
  }
}
