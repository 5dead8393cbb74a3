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
  const drawn = holdOutOrder(stream.rows, held, seed);
  // The held-out rows as the stream has them: when each was drawn, and where it is.
  const turns = ascending(held, drawn);
  const places = turns.map((turn) => drawn[turn] ?? NaN);
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
  const counted = <Of extends Uint32Array>(of: Of): Of =>
    of.filter((_, index) => weights?.[places[index] ?? NaN] !== 0) as Of;
  const { stays, leaves } = splitHeld(heldOut, telling, counted(turns));
  const positive = weights?.filter((weight) => weight !== 0);
  const isWeighted = positive?.some((weight) => weight !== positive[0]) === true;
  const whole = (parts: readonly ContextRows[]): ContextRows | undefined => {
    const { weights: own, ...rows } = joinedRows(parts) ?? { data: NO_ROWS };
    if (rows.data.length === 0) return undefined;
    return { ...rows, ...(isWeighted && own && { weights: own }) };
  };
  const candidates = counted(places);
  const heldPlaces = leaves.map((row) => candidates[row] ?? NaN);
  return {
    rows: (positive?.length ?? stream.rows) - heldPlaces.length,
    sample: whole([...sampled.parts, ...telling.parts, ...heldOut.some(stays)]),
    held: whole(heldOut.some(leaves)),
    heldPlaces,
    weights: weights && isWeighted ? trainingWeights(weights, heldPlaces) : undefined,
    ranges,
    fingerprint: prints.map(({ text }) => text).join(''),
  };
}

const NO_ROWS = new Float64Array();

/**
 * Which of the held-out rows stay for training, and which leave.
 * @param telling training rows with all values that matter to this
 * @param turns when each held-out row was drawn
 */
function splitHeld(
  heldOut: RowParts,
  telling: RowParts,
  turns: Uint32Array,
): { stays: Uint32Array; leaves: Uint32Array } {
  const { rows } = heldOut;
  const order = Uint32Array.from({ length: rows + telling.rows }, (_, row) => row);
  order.set(ascending(rows, turns));
  const candidates = joinedRows([...heldOut.parts, ...telling.parts]);
  const kept = candidates === undefined ? new Set<number>() : rowsToKeep(candidates, order, rows);
  const all = order.slice(0, rows).sort();
  return { stays: all.filter((row) => kept.has(row)), leaves: all.filter((row) => !kept.has(row)) };
}

/** The indices 0 … `count` − 1 in ascending order of their keys. */
function ascending(count: number, keys: Uint32Array): Uint32Array {
  return Uint32Array.from({ length: count }, (_, index) => index).sort(
    (a, b) => (keys[a] ?? NaN) - (keys[b] ?? NaN),
  );
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

  /** Some of the rows that were kept. */
  some(chosen: Uint32Array): ContextRows[] {
    const all = joinedRows(this.parts);
    return all === undefined || chosen.length === 0 ? [] : [chosenRows(all, this.rows, chosen)];
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
