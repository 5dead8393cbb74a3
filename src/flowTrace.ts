/** What each bijector of a flow makes of the rows: `Flow.trace`. */
import { RUN_RULES } from './flowOptions.ts';
import type { RunOptions, TakenRows } from './flowOptions.ts';
import type { RowJob } from './gpu/rows.ts';
import { oneOf } from './optionRules.ts';
import type { OptionRules } from './optionRules.ts';
import { rowInputs } from './rowInputs.ts';
import type { FlowModel } from './steps/forward.ts';
import { TRACE_LOG_DETS, TRACE_STATES } from './steps/names.ts';
import { DIRECTIONS, tracePlan } from './steps/trace.ts';
import type { Direction } from './steps/trace.ts';
import type { KernelVariants } from './steps/variants.ts';
import { traceChunkRowsOf } from './steps/workspace.ts';

export interface TraceOptions extends RunOptions {
  /** `forward` (the default) takes data to the latent, `inverse` the latent to data. */
  direction?: Direction;
}

export const TRACE_RULES: OptionRules<keyof TraceOptions> = { ...RUN_RULES, direction: oneOf(DIRECTIONS) };

/** Rows on their way through a flow of L bijectors, in the order in which they run. */
export interface FlowTrace {
  /** L + 1 times [B, D]: the rows that were given, then what each bijector made of them. */
  states: Float32Array[];
  /** L times [B]: the log-det of each bijector alone, of the map that was run, in nats. */
  logDets: Float32Array[];
}

/**
 * The trace of the rows [B, D], which `run` computes.
 * @throws {ShapeError} when the context is missing or not as long as they need
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
  const states = new Float32Array(places * dim * count);
  const logDets = new Float32Array(bijectors.length * count);
  await run({
    kind: `trace ${direction}`,
    rows: count,
    chunkRows: traceChunkRowsOf(model),
    planOf: ({ count: chunk }) => tracePlan(model, chunk, direction, variants),
    inputs: rowInputs(model.spec, count, { values, context }),
    outputs: [
      { buffer: TRACE_STATES, features: places * dim, rows: states },
      { buffer: TRACE_LOG_DETS, features: bijectors.length, rows: logDets },
    ],
    signal,
  });
  return { states: partsOf(states, count, places), logDets: partsOf(logDets, count, bijectors.length) };
}

/** Rows [count, parts, width] as `parts` arrays of rows [count, width]. */
function partsOf(rows: Float32Array, count: number, parts: number): Float32Array[] {
  const width = count === 0 ? 0 : rows.length / count / parts;
  return Array.from({ length: parts }, (_, part) => {
    const own = new Float32Array(count * width);
    for (let row = 0; row < count; row++) {
      const start = (row * parts + part) * width;
      own.set(rows.subarray(start, start + width), row * width);
    }
    return own;
  });
}
