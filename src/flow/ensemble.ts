/** Several flows as one density: the mean of theirs. */
import type { GivenRows, Rows } from '../calls/callerArrays.ts';
import { takeContext } from '../calls/rows.ts';
import { ShapeError } from '../errors.ts';
import type { Flow } from './flow.ts';
import { requireSample } from './options.ts';
import type { LogProbOptions, SampleOptions } from './options.ts';

/** What a flow and an ensemble have in common. */
export type Density = Pick<Flow, 'logProb' | 'sample'>;

/** Rows of the latent that one member may use; the members use other rows of the same seed. */
const ROWS_OF_MEMBER = 2 ** 40;

/**
 * The mixture of K flows with equal shares, p(x) = (1 / K) Σ p_k(x), such as of one flow trained from several seeds.
 * The caller keeps and disposes of the flows.
 *
 * @example
 * const ensemble = new Ensemble(flows);
 * const logProb = await ensemble.logProb(points);
 */
export class Ensemble implements Density {
  /** The members, in the order given. */
  readonly flows: readonly Flow[];

  /** @throws {ShapeError} when there are no flows, or their columns or contexts differ */
  constructor(flows: readonly Flow[]) {
    const [first, ...others] = flows;
    if (first === undefined) throw new ShapeError('flows', 'none', 'at least one');
    const expected = wordsOf(first);
    for (const flow of others) {
      if (encodingOf(flow) === encodingOf(first)) continue;
      const found = wordsOf(flow);
      throw new ShapeError(
        'flows',
        found === expected ? `${found}, of another table` : found,
        `${expected}, as the first flow has`,
        'Train them on one table.',
      );
    }
    this.flows = [...flows];
  }

  /**
   * The log of the mean density of each row of x [B, D], in nats.
   * @throws like `Flow.logProb`
   */
  async logProb(x: GivenRows, options: LogProbOptions = {}): Promise<Float32Array> {
    const all = [];
    for (const flow of this.flows) all.push(await flow.logProb(x, options));
    return logMeanDensity(all);
  }

  /**
   * Draws n rows x [n, D]. Row r comes from flow r mod K and depends only on (seed, r).
   * @throws like `Flow.sample`
   */
  async sample(n: number, options: SampleOptions = {}): Promise<Rows> {
    const [first] = this.flows;
    if (first === undefined) return new Float32Array(0);
    const { dim, spec } = first;
    const { contextDim } = spec;
    requireSample('sample', n, options, dim);
    const { firstRow = 0 } = options;
    const context = takeContext('context', spec, n, options.context);
    const isShared = contextDim === 0 || context?.length === contextDim;
    const count = this.flows.length;
    const drawn = new Float64Array(n * dim);
    let isWide = false;
    for (const [member, flow] of this.flows.entries()) {
      const start = (((member - firstRow) % count) + count) % count;
      const places = Array.from({ length: Math.ceil((n - start) / count) }, (_, i) => start + i * count);
      if (places.length === 0) continue;
      const own = context && !isShared ? gathered(context, contextDim, places) : context;
      const row = member * ROWS_OF_MEMBER + Math.floor((firstRow + start) / count);
      const rows = await flow.sample(places.length, { ...options, context: own, firstRow: row });
      isWide ||= rows instanceof Float64Array;
      places.forEach((place, i) => drawn.set(rows.subarray(i * dim, (i + 1) * dim), place * dim));
    }
    return isWide ? drawn : new Float32Array(drawn);
  }
}

/** log (1 / K) Σ exp ℓ_k for each row of K log-densities. */
export function logMeanDensity(all: readonly Float32Array[]): Float32Array {
  return Float32Array.from({ length: all[0]?.length ?? 0 }, (_, row) => {
    const terms = all.map((logProb) => logProb[row] ?? NaN);
    const most = Math.max(...terms);
    if (!Number.isFinite(most)) return most;
    return most + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - most), 0) / terms.length);
  });
}

/** What a flow makes of a row: flows of other tables may give the same label other numbers. */
function encodingOf({ dim, spec, training }: Flow): string {
  const { columns, table, context } = training ?? {};
  return JSON.stringify([dim, spec.contextDim, columns, table, context]);
}

/** The columns of a flow in words that differ if its rows do. */
function wordsOf({ dim, spec, training }: Flow): string {
  const { columns, table, context } = training ?? {};
  const names = (of: readonly { name: string }[]): string => of.map(({ name }) => name).join(', ');
  const kinds = table?.map(({ name, type }) => `${name} (${type})`).join(', ');
  return [
    `${dim} features`,
    kinds ?? columns?.join(', ') ?? '',
    spec.contextDim === 0 ? '' : `given ${spec.contextDim} features ${names(context ?? [])}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function gathered(rows: Float32Array, width: number, places: readonly number[]): Float32Array {
  const found = new Float32Array(places.length * width);
  places.forEach((place, i) => found.set(rows.subarray(place * width, (place + 1) * width), i * width));
  return found;
}
