/** Samples of a flow that come near to known cells. */
import type { Rows } from '../calls/callerArrays.ts';
import { choiceOf, philox, splitRow, splitSeed, STREAMS } from '../random.ts';
import type { Column } from './columns.ts';
import type { Conditionals, DrawSamples, GivenCells } from './conditionals.ts';
import { ownPlaces } from './explain.ts';
import type { CellRows } from './gibbs.ts';

/** Samples to choose from, and the share of them that counts as near. */
const CANDIDATES = 16_384;
const NEAR = 1 / 64;

export interface NearSamples {
  /** [CANDIDATES, D] */
  samples: Rows;
  /** The samples from which these rows start. */
  starts: (firstRow: number, rows: number) => number[];
}

/** Samples that are near to the known cells of the row `one`, for rows to start from. */
export async function nearestSamples(
  draw: DrawSamples,
  conditionals: Conditionals,
  one: GivenCells,
  known: readonly Column[],
  { seed, signal }: { seed: number; signal: AbortSignal | undefined },
): Promise<NearSamples> {
  const { dim } = conditionals;
  const { context } = one;
  const samples = await draw(CANDIDATES, { seed, ...(context && { context }), signal });
  const distances = new Float64Array(CANDIDATES);
  for (const column of known) {
    const [wanted] = ownPlaces(column, one, dim);
    if (wanted === undefined) continue;
    const places = ownPlaces(column, { values: samples }, dim);
    const numbers = places.map(({ number }) => number);
    const sorted = Float64Array.from(numbers).sort();
    const isNumber = wanted.part === column.values.discrete.length;
    const target = isNumber ? rankOf(sorted, wanted.number) : 0;
    places.forEach((place, i) => {
      // In shares of the samples between them; another part is as far as can be.
      const far = place.part !== wanted.part ? 1 : isNumber ? rankOf(sorted, place.number) - target : 0;
      distances[i] = (distances[i] ?? 0) + far * far;
    });
  }
  const order = Array.from(distances.keys()).sort((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0));
  const near = order.slice(0, Math.ceil(CANDIDATES * NEAR));
  const key = splitSeed(seed);
  return {
    samples,
    starts: (firstRow, rows) =>
      Array.from({ length: rows }, (_, row) => {
        const [word] = philox([2 ** 32 - 1, ...splitRow(firstRow + row), STREAMS.conditionals], key);
        return near[choiceOf(word, near.length)] ?? 0;
      }),
  };
}

/**
 * Rows that start from one sample are alike until the sweeps have made them forget it. So n rows are worth
 * n / (1 + ρ² (m − 1)), for m rows of a sample and the largest correlation ρ of a column before and after.
 */
export class EffectiveSize {
  readonly #free: readonly Column[];
  readonly #dim: number;
  readonly #copies = new Map<number, number>();
  /** Sums over the rows, by column. */
  readonly #correlations: Float64Array;
  #rows = 0;

  constructor(free: readonly Column[], dim: number) {
    this.#free = free;
    this.#dim = dim;
    this.#correlations = new Float64Array(free.length);
  }

  add(starts: readonly number[], before: CellRows, after: CellRows): void {
    for (const start of starts) this.#copies.set(start, (this.#copies.get(start) ?? 0) + 1);
    this.#rows += starts.length;
    this.#free.forEach((column, i) => {
      const correlation = correlationOf(column, before, after, this.#dim);
      this.#correlations[i] = (this.#correlations[i] ?? 0) + correlation * starts.length;
    });
  }

  get value(): number {
    const n = Math.max(this.#rows, 1);
    const alike = [...this.#copies.values()].reduce((sum, count) => sum + count * count, 0) / n;
    const kept = Math.max(0, ...this.#correlations) / n;
    return this.#rows / (1 + kept * kept * (alike - 1));
  }
}

/** The share of the sorted values below. */
function rankOf(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? NaN) < value) low = middle + 1;
    else high = middle;
  }
  return low / sorted.length;
}

/** Of a column's ranks before and after; chance alone gives about 1 / √n. */
function correlationOf(column: Column, before: CellRows, after: CellRows, dim: number): number {
  const ranks = [before, after].map((rows) => {
    const places = ownPlaces(column, rows, dim);
    const order = places
      .map((_, i) => i)
      .sort((a, b) => {
        const [one, other] = [places[a], places[b]];
        return (one?.part ?? 0) - (other?.part ?? 0) || (one?.number ?? 0) - (other?.number ?? 0);
      });
    const rank = new Float64Array(places.length);
    order.forEach((place, i) => (rank[place] = i));
    return rank;
  });
  const [x = new Float64Array(), y = new Float64Array()] = ranks;
  const middle = (x.length - 1) / 2;
  let [product, square] = [0, 0];
  x.forEach((value, i) => {
    product += (value - middle) * ((y[i] ?? NaN) - middle);
    square += (value - middle) ** 2;
  });
  return square === 0 ? 0 : product / square;
}
