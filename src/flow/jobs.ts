/** The inputs and outputs of a call, and the passes it runs, as plain data. */
import type { GivenRows, NumberRows, Rows } from '../calls/callerArrays.ts';
import { numbered, requireFinite, takeContext, takeDataRows, takeLatentRows } from '../calls/rows.ts';
import type { TakenRows } from '../calls/rows.ts';
import type { Chunk, RowInput, RowJob, RowOutput } from '../gpu/rows.ts';
import { requireInside } from '../model/domain.ts';
import { chunkRowsFor, PASSES, resultsOf } from '../passes/index.ts';
import type { PassName, PassResults, Unit } from '../passes/index.ts';
import { CONTEXT, STATE } from '../plan/names.ts';
import type { Plan } from '../plan/plan.ts';
import type { KernelVariants } from '../plan/variants.ts';
import type { FlowModel } from '../spec/layout.ts';
import { domainsOf, offsetOf } from '../spec/offset.ts';
import { requireUnrounded } from '../data/offset.ts';
import type { Shift } from '../data/offset.ts';
import type { FlowSpec } from '../spec/spec.ts';
import type { SampleOptions } from './options.ts';

/** Results row by row: float32, or float64 for data with an offset. */
export type HostResults<K extends PassName> = PassResults<
  K,
  Record<Exclude<Unit, 'data'>, Float32Array> & { data: Rows }
>;

/** A pass over rows on the host, whose plans depend on the kernels. */
export interface PassJob<K extends PassName> extends Omit<RowJob, 'kind' | 'planOf'> {
  pass: K;
  planOf: (chunk: Chunk, variants: KernelVariants) => Plan;
  /** Filled once the job has run. */
  result: HostResults<K>;
}

/**
 * @param taken the rows of the call; only their count if the pass draws them
 * @param isSoftware whether the adapter computes on the CPU
 * @throws {ShapeError} like `takeContext`
 * @throws {DataError} when a context is not finite
 */
export function passJob<K extends PassName>(
  model: FlowModel,
  pass: K,
  { count, values }: { count: number; values?: Rows },
  { context, signal, firstRow = 0, seed, temperature }: SampleOptions,
  isSoftware = false,
): PassJob<K> {
  const { spec } = model;
  const { plan, takes } = PASSES[pass];
  const outputs: RowOutput[] = [];
  const result: HostResults<K> = resultsOf(pass, spec, (part) => {
    const isWide = part.unit === 'data' && offsetOf(spec) !== undefined;
    const rows = new (isWide ? Float64Array : Float32Array)(count * part.features);
    outputs.push({ ...part, rows });
    return rows;
  });
  const state = { buffer: STATE, features: spec.dim, isData: takes === 'data' };
  return {
    pass,
    rows: count,
    chunkRows: chunkRowsFor(model, pass, isSoftware),
    planOf: (chunk, variants) =>
      plan(
        model,
        { start: firstRow + chunk.start, count: chunk.count, total: count, seed, temperature },
        variants,
      ),
    inputs: [
      ...(values === undefined ? [] : [{ ...state, rows: values }]),
      ...contextInput(spec, count, context),
    ],
    outputs,
    signal,
    result,
  };
}

function contextInput(
  spec: FlowSpec,
  count: number,
  given: Float32Array | NumberRows | undefined,
): RowInput[] {
  const { contextDim: features } = spec;
  const rows = takeContext('context', spec, count, given);
  if (rows === undefined) return [];
  requireFinite(rows, numbered('c', features), 'context');
  return [{ buffer: CONTEXT, features, rows, shared: rows.length === features }];
}

/** The facts that the data of a flow are checked against. */
interface DataFacts {
  spec: FlowSpec;
  shift: Shift | undefined;
  /** Names of the features, if they have any. */
  columns: readonly string[] | undefined;
}

/**
 * A copy of the rows given to a pass.
 * @throws {ShapeError} when they are not whole
 * @throws {DataError} when a value is not finite, outside its feature's domain, or rounded before the flow's
 * offset is subtracted
 */
export function takeRows(pass: PassName, given: GivenRows, { spec, shift, columns }: DataFacts): TakenRows {
  const { dim } = spec;
  if (PASSES[pass].takes === 'latent') {
    const z = takeLatentRows('z', given, dim);
    requireFinite(z.values, numbered('z', dim));
    return z;
  }
  const x = takeDataRows('x', given, dim);
  const names = columns ?? numbered('x', dim);
  requireFinite(x.values, names);
  requireInside(x.values, domainsOf(spec), { columns: names });
  requireUnrounded(x.values, shift, names);
  return x;
}
