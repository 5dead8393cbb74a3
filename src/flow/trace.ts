/** What each bijector of a flow makes of the rows: `Flow.trace`. */
import type { Rows } from '../calls/callerArrays.ts';
import { RUN_RULES } from '../calls/rows.ts';
import type { RunOptions, TakenRows } from '../calls/rows.ts';
import type { RowJob } from '../gpu/rows.ts';
import { offsetOf, offsetPlace } from '../spec/offset.ts';
import { oneOf } from '../calls/optionRules.ts';
import type { OptionRules } from '../calls/optionRules.ts';
import { rowInputs } from './rowInputs.ts';
import { requireSound } from './soundRows.ts';
import type { FlowSpec } from '../spec/spec.ts';
import type { FlowModel } from '../spec/layout.ts';
import { TRACE_LOG_DETS, TRACE_STATES } from '../plan/names.ts';
import { DIRECTIONS, tracePlan } from '../passes/trace.ts';
import type { Direction } from '../passes/trace.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { traceChunkRowsOf } from '../passes/workspace.ts';

export interface TraceOptions extends RunOptions {
  /** `forward` (the default) takes data to the latent, `inverse` the latent to data. */
  direction?: Direction;
}

export const TRACE_RULES: OptionRules<keyof TraceOptions> = { ...RUN_RULES, direction: oneOf(DIRECTIONS) };

/** Rows on their way through a flow of L bijectors, in the order in which they run. */
export interface FlowTrace {
  /**
   * L + 1 times [B, D]: the rows that were given, then what each bijector made of them. Rows of data are float64 if the flow
   * has an offset, all others float32.
   */
  states: Rows[];
  /** L times [B]: the log-det of each bijector alone, of the map that was run, in nats. */
  logDets: Float32Array[];
}

/**
 * The trace of the rows [B, D], which `run` computes.
 * @throws {ShapeError} when the context is missing or not as long as they need
 * @throws {NonFiniteError} when a row does not stay finite
 */
export async function traceOf(
  model: FlowModel,
  { values, count }: TakenRows,
  { direction = 'forward', context, signal }: TraceOptions,
  variants: KernelVariants,
  run: (job: RowJob) => Promise<void>,
): Promise<FlowTrace> {
  const { dim, bijectors } = model.spec;
  const places = bijectors.length + 1;
  const isShifted = offsetOf(model.spec) !== undefined;
  const states = new (isShifted ? Float64Array : Float32Array)(places * dim * count);
  const dataStates = dataPlaces(model.spec, direction);
  const logDets = new Float32Array(bijectors.length * count);
  const job: RowJob = {
    kind: `trace ${direction}`,
    rows: count,
    chunkRows: traceChunkRowsOf(model),
    planOf: ({ count: chunk }) => tracePlan(model, chunk, direction, variants),
    inputs: rowInputs(
      model.spec,
      count,
      direction === 'forward' ? { x: values, context } : { z: values, context },
    ),
    outputs: [
      { buffer: TRACE_STATES, features: places * dim, rows: states, dataStates },
      { buffer: TRACE_LOG_DETS, features: bijectors.length, rows: logDets },
    ],
    signal,
  };
  await run(job);
  const result = {
    states: Array.from({ length: places }, (_, place) => {
      const isWide = isShifted && dataStates.includes(place);
      return isWide
        ? partOf(states, { count, place, places }, Float64Array)
        : partOf(states, { count, place, places }, Float32Array);
    }),
    logDets: bijectors.map((_, place) =>
      partOf(logDets, { count, place, places: bijectors.length }, Float32Array),
    ),
  };
  requireSound({ ...job, result });
  return result;
}

/** The states that are in the data's units, less an offset: those before the bijector that has it. */
function dataPlaces(spec: FlowSpec, direction: Direction): number[] {
  const { bijectors } = spec;
  const places = Array.from({ length: offsetPlace(spec) + 1 }, (_, place) => place);
  return direction === 'forward' ? places : places.map((place) => bijectors.length - place);
}

/** What is at `place` of rows [count, places, width]: rows [count, width]. */
function partOf<Part extends Rows>(
  rows: Rows,
  { count, place, places }: { count: number; place: number; places: number },
  Part: new (length: number) => Part,
): Part {
  const width = count === 0 ? 0 : rows.length / count / places;
  const own = new Part(count * width);
  for (let row = 0; row < count; row++) {
    const start = (row * places + place) * width;
    own.set(rows.subarray(start, start + width), row * width);
  }
  return own;
}
