/** Rows that are read block by block, for a table that does not fit into memory. */
import type { Rows } from '../calls/callerArrays.ts';
import { DataError } from '../errors.ts';
import { evenPlaces, inOrder } from './evenPlaces.ts';
import { Fingerprint } from './fingerprint.ts';
import { chosenRows, holdOutOrder, isLevel, joinedRows, ROW_PARTS, rowsToKeep } from './holdOut.ts';
import type { ContextRows } from './holdOut.ts';
import { rangesOf } from './offset.ts';
import type { ColumnRanges } from './offset.ts';

/** A table that is read block by block. */
export interface RowStream {
  /** The number of rows N. */
  rows: number;
  /**
   * Reads all rows from the first on, in blocks of any size. Each call gives the same rows. All blocks have the same
   * parts: rows, and their contexts, widths and weights. A block may be overwritten once the next one is asked for.
   */
  blocks: () => Iterable<ContextRows> | AsyncIterable<ContextRows>;
}

/** Consecutive rows of a stream. */
export interface StreamBlock {
  block: ContextRows;
  /** Index of its first row. */
  first: number;
  /** Its number of rows. */
  count: number;
}

/** What a pass over a stream finds. */
export interface Survey {
  /** Number of training rows: those that are not held out and have a weight above 0. */
  rows: number;
  /** Training rows at even distances, and further ones so that each column varies and has all its levels. */
  sample: ContextRows | undefined;
  /** The held-out rows, and the index of each in the stream. */
  held: ContextRows | undefined;
  heldPlaces: Uint32Array;
  /** The weights of the training rows, if they differ. */
  weights: Float32Array | undefined;
  /** The ranges of all rows. */
  ranges: ColumnRanges | undefined;
  /** It does not depend on how the rows are cut into blocks. */
  fingerprint: string;
}

interface SurveyOptions {
  /** Number of rows to hold out; the seed draws those that `holdOut` would. */
  held: number;
  seed: number;
  /** Number of rows of the sample. */
  sampleRows: number;
  /** Throws if a block is not sound. */
  check: (one: StreamBlock) => void;
}

/** Reads the stream once. @throws {DataError} when it has more or fewer rows than it says */
export async function surveyRows(
  stream: RowStream,
  dim: number,
  { held, seed, sampleRows, check }: SurveyOptions,
): Promise<Survey> {
  const places = holdOutOrder(stream.rows, held, seed).sort();
  const isPlace = inOrder(places);
  const isEven = inOrder(evenPlaces(stream.rows, sampleRows));
  const variety = new Variety();
  const [heldOut, sampled, telling] = [new RowParts(), new RowParts(), new RowParts()];
  const prints = ROW_PARTS.map(() => new Fingerprint());
  let ranges: ColumnRanges | undefined;
  let weights: Float32Array | undefined;
  for await (const one of blocksOf(stream, dim)) {
    check(one);
    const { block, first, count } = one;
    ROW_PARTS.forEach((part, index) => block[part] && prints[index]?.add(block[part]));
    ranges = rangesOf(block.data, dim, ranges);
    if (block.widths !== undefined) ranges = rangesOf(endsOf(block.data, block.widths), dim, ranges);
    if (block.weights !== undefined) {
      weights ??= new Float32Array(stream.rows);
      weights.set(block.weights, first);
    }
    for (let row = 0; row < count; row++) {
      const [isOut, isTaken] = [isPlace(first + row), isEven(first + row)];
      if (block.weights?.[row] === 0) continue;
      if (isOut) heldOut.add(row);
      else if (variety.add(block, count, row)) telling.add(row);
      else if (isTaken) sampled.add(row);
    }
    for (const parts of [heldOut, sampled, telling]) parts.take(block, count);
  }
  const out = joinedRows(heldOut.parts);
  const candidates = joinedRows([...heldOut.parts, ...telling.parts]);
  const order = Uint32Array.from({ length: heldOut.rows + telling.rows }, (_, row) => row);
  const kept = candidates === undefined ? new Set<number>() : rowsToKeep(candidates, order, heldOut.rows);
  const outOf = (isKept: boolean): Uint32Array =>
    order.subarray(0, heldOut.rows).filter((row) => kept.has(row) === isKept);
  const weighted = weights?.filter((weight) => weight !== 0);
  const isWeighted = weighted?.some((weight) => weight !== weighted[0]) === true;
  const own = (parts: readonly ContextRows[]): ContextRows | undefined => {
    const joined = joinedRows(parts);
    if (joined === undefined || isWeighted) return joined;
    const { weights: _, ...rows } = joined;
    return rows;
  };
  const outRows = (chosen: Uint32Array): ContextRows[] =>
    out === undefined || chosen.length === 0 ? [] : [chosenRows(out, heldOut.rows, chosen)];
  const counted = places.filter((place) => weights?.[place] !== 0);
  const heldPlaces = outOf(false).map((row) => counted[row] ?? NaN);
  return {
    rows: (weighted?.length ?? stream.rows) - heldPlaces.length,
    sample: own([...sampled.parts, ...telling.parts, ...outRows(outOf(true))]),
    held: own(outRows(outOf(false))),
    heldPlaces,
    weights: weights && isWeighted ? trainingWeights(weights, heldPlaces) : undefined,
    ranges,
    fingerprint: prints.map(({ text }) => text).join(''),
  };
}

/** The training rows of a stream: those of a weight above 0 that are not at these places, in ascending order. */
export async function* trainingBlocks(
  stream: RowStream,
  dim: number,
  heldPlaces: Uint32Array,
): AsyncGenerator<ContextRows> {
  const isHeld = inOrder(heldPlaces);
  for await (const { block, first, count } of blocksOf(stream, dim)) {
    const learned = new RowParts();
    for (let row = 0; row < count; row++) {
      if (!isHeld(first + row) && block.weights?.[row] !== 0) learned.add(row);
    }
    learned.take(block, count);
    yield* learned.parts;
  }
}

/** The blocks with their places. @throws {DataError} when the stream has more or fewer rows than it says */
async function* blocksOf({ rows, blocks }: RowStream, dim: number): AsyncGenerator<StreamBlock> {
  let first = 0;
  for await (const block of blocks()) {
    const count = block.data.length / dim;
    if (first + count > rows) throw otherRows(`more than ${rows.toLocaleString('en')}`, rows);
    if (count > 0) yield { block, first, count };
    first += count;
  }
  if (first < rows) throw otherRows(first.toLocaleString('en'), rows);
}

function otherRows(found: string, rows: number): DataError {
  return new DataError(
    `found ${found} rows in the blocks, expected the ${rows.toLocaleString('en')} of the stream`,
    {},
    'Every pass over a stream gives the same rows.',
  );
}

/** Chosen rows of the blocks of a stream. */
class RowParts {
  readonly parts: ContextRows[] = [];
  rows = 0;
  #chosen: number[] = [];

  /** Chooses a row of the next block. */
  add(row: number): void {
    this.#chosen.push(row);
  }

  /** Keeps the chosen rows of a block of `count` rows. */
  take(block: ContextRows, count: number): void {
    if (this.#chosen.length > 0) this.parts.push(chosenRows(block, count, Uint32Array.from(this.#chosen)));
    this.rows += this.#chosen.length;
    this.#chosen = [];
  }
}

/** The values of training rows: which columns vary, and which levels there are. */
class Variety {
  readonly #seen: Set<number>[] = [];

  /** Whether the row has a second value of a column, or another level. */
  add({ data, context, widths }: ContextRows, count: number, row: number): boolean {
    const [dim, given] = [data.length / count, (context?.length ?? 0) / count];
    let isNew = false;
    for (let column = 0; column < dim + given; column++) {
      const seen = (this.#seen[column] ??= new Set());
      const at = row * dim + column;
      if (seen.size >= 2 && !(column < dim && isLevel(widths?.[at]))) continue;
      const value = (column < dim ? data[at] : context?.[row * given + column - dim]) ?? NaN;
      isNew ||= !seen.has(value);
      seen.add(value);
    }
    return isNew;
  }
}

/** The upper end of each cell. */
function endsOf(data: Rows, widths: Float32Array): Rows {
  return data.map((value: number, place: number) => value + Math.max(widths[place] ?? 0, 0));
}

/** The weights above 0 of the rows that are not at these places, in ascending order. */
function trainingWeights(weights: Float32Array, heldPlaces: Uint32Array): Float32Array {
  const isHeld = inOrder(heldPlaces);
  return weights.filter((weight, row) => !isHeld(row) && weight !== 0);
}
