/** What each call of a flow uploads, runs and reads back, as plain data. */
import type { Rows } from '../calls/callerArrays.ts';
import type { SampleOptions } from './options.ts';
import type { RunOptions, TakenRows } from '../calls/rows.ts';
import type { Chunk, RowJob } from '../gpu/rows.ts';
import { offsetOf } from '../spec/offset.ts';
import type { Plan } from '../plan/plan.ts';
import { rowInputs } from './rowInputs.ts';
import { gradientsPlan } from '../passes/backward.ts';
import type { FlowSpec } from '../spec/spec.ts';
import type { Purpose } from '../passes/candidates.ts';
import { forwardPlan, inversePlan, logProbPlan } from '../passes/forward.ts';
import type { FlowModel } from '../spec/layout.ts';
import { LATENT, LOG_DET, LOG_PROB, NLL, STATE } from '../plan/names.ts';
import { sampleAndLogProbPlan, samplePlan } from '../passes/sample.ts';
import type { SampleRows } from '../passes/sample.ts';
import type { KernelVariants } from '../plan/variants.ts';

/** A job whose plans depend on the kernels that are chosen for `pass`. */
export interface FlowJob<Result> extends Omit<RowJob, 'chunkRows' | 'planOf'> {
  pass: Purpose['pass'];
  planOf: (chunk: Chunk, variants: KernelVariants) => Plan;
  /** What the job is for: its arrays are filled once it has run. */
  result: Result;
}

/** x [rows, D] → z, with the log-det. */
export function forwardJob(
  model: FlowModel,
  { values: x, count: rows }: TakenRows,
  { context, signal }: RunOptions,
): FlowJob<{ z: Float32Array; logDet: Float32Array }> {
  const { spec } = model;
  const result = { z: new Float32Array(x.length), logDet: new Float32Array(rows) };
  return {
    kind: 'forward',
    pass: 'forward',
    rows,
    planOf: ({ count }, variants) => forwardPlan(model, count, variants),
    inputs: rowInputs(spec, rows, { x, context }),
    outputs: [
      { buffer: STATE, features: spec.dim, rows: result.z },
      { buffer: LOG_DET, features: 1, rows: result.logDet },
    ],
    signal,
    result,
  };
}

/** z [rows, D] → x, with the log-det of the inverse. */
export function inverseJob(
  model: FlowModel,
  { values: z, count: rows }: TakenRows,
  { context, signal }: RunOptions,
): FlowJob<{ x: Rows; logDet: Float32Array }> {
  const { spec } = model;
  const result = { x: dataRows(spec, rows), logDet: new Float32Array(rows) };
  return {
    kind: 'inverse',
    pass: 'inverse',
    rows,
    planOf: ({ count }, variants) => inversePlan(model, count, variants),
    inputs: rowInputs(spec, rows, { z, context }),
    outputs: [
      { buffer: STATE, features: spec.dim, rows: result.x, dataStates: [0] },
      { buffer: LOG_DET, features: 1, rows: result.logDet },
    ],
    signal,
    result,
  };
}

/** The log-density of each row of x [rows, D], in nats. */
export function logProbJob(
  model: FlowModel,
  { values, count: rows }: TakenRows,
  { context, signal }: RunOptions,
): FlowJob<Float32Array> {
  const result = new Float32Array(rows);
  return {
    kind: 'log_prob',
    pass: 'forward',
    rows,
    planOf: ({ count }, variants) => logProbPlan(model, count, variants),
    inputs: rowInputs(model.spec, rows, { x: values, context }),
    outputs: [{ buffer: LOG_PROB, features: 1, rows: result, isDensity: true }],
    signal,
    result,
  };
}

/** Samples x [n, D]. */
export function sampleJob(
  model: FlowModel,
  n: number,
  { context, signal, ...draw }: SampleOptions,
): FlowJob<Rows> {
  const { spec } = model;
  const result = dataRows(spec, n);
  return {
    kind: 'sample',
    pass: 'inverse',
    rows: n,
    planOf: (chunk, variants) => samplePlan(model, sampleRows(chunk, draw), variants),
    inputs: rowInputs(spec, n, { context }),
    outputs: [{ buffer: STATE, features: spec.dim, rows: result, dataStates: [0] }],
    signal,
    result,
  };
}

/** Samples x [n, D] with their latent rows z [n, D] and log-densities [n] in nats. */
export function sampleAndLogProbJob(
  model: FlowModel,
  n: number,
  { context, signal, ...draw }: SampleOptions,
): FlowJob<{ x: Rows; logProb: Float32Array; z: Float32Array }> {
  const { spec } = model;
  const { dim } = spec;
  const result = {
    x: dataRows(spec, n),
    logProb: new Float32Array(n),
    z: new Float32Array(n * dim),
  };
  return {
    kind: 'sample_and_log_prob',
    pass: 'inverse',
    rows: n,
    planOf: (chunk, variants) => sampleAndLogProbPlan(model, sampleRows(chunk, draw), variants),
    inputs: rowInputs(spec, n, { context }),
    outputs: [
      { buffer: STATE, features: dim, rows: result.x, dataStates: [0] },
      { buffer: LATENT, features: dim, rows: result.z },
      { buffer: LOG_PROB, features: 1, rows: result.logProb, isDensity: true },
    ],
    signal,
    result,
  };
}

/** Room for rows of data, which float32 cannot hold if they have an offset. */
function dataRows(spec: FlowSpec, rows: number): Rows {
  return new (offsetOf(spec) === undefined ? Float32Array : Float64Array)(rows * spec.dim);
}

function sampleRows(
  { start, count }: Chunk,
  { seed = 0, temperature = 1, firstRow = 0 }: Omit<SampleOptions, keyof RunOptions>,
): SampleRows {
  return { rowStart: firstRow + start, rows: count, seed, temperature };
}

/** The NLL of each row of x [rows, D], in nats; the gradients of their mean add up in GRADIENTS. */
export function gradientsJob(
  model: FlowModel,
  { values, count: rows }: TakenRows,
  { context, signal }: RunOptions,
): FlowJob<Float32Array> {
  const result = new Float32Array(rows);
  return {
    kind: 'gradients',
    pass: 'gradient',
    rows,
    planOf: ({ count }, variants) => gradientsPlan(model, count, rows, variants),
    inputs: rowInputs(model.spec, rows, { x: values, context }),
    outputs: [{ buffer: NLL, features: 1, rows: result }],
    signal,
    result,
  };
}
