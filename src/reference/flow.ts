/** A flow in f64 on the CPU: the same plans as `Flow`, run by the twins. Slow and exact. */
import { gradientsPlan } from '../passes/backward.ts';
import { forwardPlan, inversePlan, logProbPlan } from '../passes/forward.ts';
import { paramLayout } from '../spec/layout.ts';
import type { FlowModel, ParamLayout } from '../spec/layout.ts';
import {
  CONTEXT,
  GRADIENTS,
  LOG_DET,
  LOG_PROB,
  NLL,
  PARAMETERS,
  STATE,
  TRACE_LOG_DETS,
  TRACE_STATES,
} from '../plan/names.ts';
import { DIRECTIONS, tracePlan } from '../passes/trace.ts';
import type { Direction } from '../passes/trace.ts';
import { paddedRows } from '../plan/shape.ts';
import { ShapeError } from '../errors.ts';
import { offsetOf, offsetPlace } from '../spec/offset.ts';
import type { Plan } from '../plan/plan.ts';
import { OBJECT, oneOf, requireOptions } from '../calls/optionRules.ts';
import { PRECISIONS } from '../plan/precision.ts';
import type { Precision } from '../plan/precision.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { checkedSpec } from '../spec/schema.ts';
import { PLAIN_VARIANTS } from '../plan/variants.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { ReferenceProgram } from './executor.ts';

/** Rows are row-major [B, D], contexts [B, C] or one row [C] for all, results f64. */
export class ReferenceFlow {
  readonly model: FlowModel;
  readonly #offset: Float64Array;
  /** As `paramLayout(spec)` lays them out; may be changed between calls. */
  readonly parameters: Float64Array;
  readonly #variants: KernelVariants;

  /**
   * @param parameters every tensor by its name, as `Flow.parameters` gives them, or all of them end to end in that
   *   order, or as `paramLayout(spec)` lays them out
   * @param precision `f16` rounds the nets' weights and hidden activations as a flow of that precision does
   * @throws {ShapeError} when their number is another, or the spec is out of range
   */
  constructor(
    spec: FlowSpec,
    parameters: ArrayLike<number> | Readonly<Record<string, ArrayLike<number>>>,
    options: { precision?: Precision } = {},
  ) {
    requireOptions('ReferenceFlow', options, { precision: oneOf(PRECISIONS) });
    const { precision = 'f32' } = options;
    checkedSpec(spec);
    this.model = { spec, layout: paramLayout(spec) };
    this.#offset = offsetOf(spec) ?? new Float64Array(spec.dim);
    this.parameters = laidOut(this.model.layout, parameters);
    this.#variants = { ...PLAIN_VARIANTS, precision };
  }

  forward(x: ArrayLike<number>, context?: ArrayLike<number>): { z: Float64Array; logDet: Float64Array } {
    const rows = this.#rowsOf(x);
    const program = this.#run(forwardPlan(this.model, rows, this.#variants), this.#shifted(x, -1), context);
    return { z: this.#toRows(program.floats(STATE), rows), logDet: program.floats(LOG_DET).slice(0, rows) };
  }

  inverse(z: ArrayLike<number>, context?: ArrayLike<number>): { x: Float64Array; logDet: Float64Array } {
    const rows = this.#rowsOf(z);
    const program = this.#run(inversePlan(this.model, rows, this.#variants), z, context);
    const x = this.#shifted(this.#toRows(program.floats(STATE), rows), 1);
    return { x, logDet: program.floats(LOG_DET).slice(0, rows) };
  }

  /** As `Flow.trace`: the rows before the first bijector and after each, and the log-det of each alone. */
  trace(
    rows: ArrayLike<number>,
    options: { direction?: Direction; context?: ArrayLike<number> } = {},
  ): { states: Float64Array[]; logDets: Float64Array[] } {
    requireOptions('trace', options, { direction: oneOf(DIRECTIONS), context: OBJECT });
    const { direction = 'forward', context } = options;
    const count = this.#rowsOf(rows);
    const { dim, bijectors } = this.model.spec;
    const isForward = direction === 'forward';
    const given = isForward ? this.#shifted(rows, -1) : rows;
    const program = this.#run(tracePlan(this.model, count, direction), given, context);
    const states = program.floats(TRACE_STATES);
    const logDets = program.floats(TRACE_LOG_DETS);
    const stride = paddedRows(count);
    // The states before the bijector that has the offset are data.
    const shifted = offsetPlace(this.model.spec);
    return {
      states: Array.from({ length: bijectors.length + 1 }, (_, place) => {
        const state = this.#toRows(states.subarray(place * dim * stride), count);
        return (isForward ? place : bijectors.length - place) <= shifted ? this.#shifted(state, 1) : state;
      }),
      logDets: bijectors.map((_, place) => logDets.slice(place * stride, place * stride + count)),
    };
  }

  logProb(x: ArrayLike<number>, context?: ArrayLike<number>): Float64Array {
    const rows = this.#rowsOf(x);
    return this.#run(logProbPlan(this.model, rows, this.#variants), this.#shifted(x, -1), context)
      .floats(LOG_PROB)
      .slice(0, rows);
  }

  /** Mean NLL (nats) and its gradient by tensor name. */
  gradients(
    x: ArrayLike<number>,
    context?: ArrayLike<number>,
  ): { nll: number; gradients: Record<string, Float64Array> } {
    const rows = this.#rowsOf(x);
    const plan = gradientsPlan(this.model, rows, rows, this.#variants);
    const program = this.#run(plan, this.#shifted(x, -1), context);
    const flat = program.floats(GRADIENTS);
    const trainable = this.model.layout.tensors.filter((tensor) => tensor.trainable);
    return {
      nll:
        program
          .floats(NLL)
          .slice(0, rows)
          .reduce((sum, value) => sum + value, 0) / rows,
      gradients: Object.fromEntries(
        trainable.map(({ name, offset, length }) => [name, flat.slice(offset, offset + length)]),
      ),
    };
  }

  /** Rows of data with the flow's offset added `times` times. */
  #shifted(rows: ArrayLike<number>, times: 1 | -1): Float64Array {
    const { dim } = this.model.spec;
    return Float64Array.from(rows, (value, i) => value + times * (this.#offset[i % dim] ?? 0));
  }

  #rowsOf(values: ArrayLike<number>): number {
    const { dim } = this.model.spec;
    if (values.length % dim === 0) return values.length / dim;
    throw new ShapeError('rows', `${values.length} values`, `a multiple of dim = ${dim}`);
  }

  /** @throws {ShapeError} when the context is not that of the rows */
  #run(plan: Plan, rows: ArrayLike<number>, context: ArrayLike<number> = []): ReferenceProgram {
    const program = new ReferenceProgram(plan, new Map([[PARAMETERS, this.parameters]]));
    const { dim, contextDim } = this.model.spec;
    const count = this.#rowsOf(rows);
    if (context.length !== contextDim && context.length !== count * contextDim) {
      const expected = `${contextDim} values for each of the ${count} rows, or one such row for all`;
      throw new ShapeError('context', `${context.length} values`, expected);
    }
    const contextRows = context.length === contextDim ? 1 : count;
    const stride = paddedRows(count);
    // The padding repeats the last row, as in gpu/rows.ts.
    const upload = (name: string, values: ArrayLike<number>, width: number, given: number): void =>
      program.floats(name).forEach((_, i, columns) => {
        const row = Math.min(i % stride, given - 1);
        columns[i] = values[row * width + Math.floor(i / stride)] ?? NaN;
      });
    upload(STATE, rows, dim, count);
    if (program.buffers.has(CONTEXT)) upload(CONTEXT, context, contextDim, contextRows);
    program.run();
    return program;
  }

  /** Row-major [rows, D] from padded columns. */
  #toRows(columns: Float64Array, rows: number): Float64Array {
    const { dim } = this.model.spec;
    const stride = paddedRows(rows);
    return Float64Array.from(
      { length: rows * dim },
      (_, i) => columns[(i % dim) * stride + Math.floor(i / dim)] ?? NaN,
    );
  }
}

function laidOut(
  { tensors, length }: ParamLayout,
  parameters: ArrayLike<number> | Readonly<Record<string, ArrayLike<number>>>,
): Float64Array {
  const values = isFlat(parameters)
    ? Array.from(parameters)
    : tensors.flatMap(({ name }) => Array.from(parameters[name] ?? []));
  if (isFlat(parameters) && values.length === length) return Float64Array.from(values);
  const count = tensors.reduce((sum, tensor) => sum + tensor.length, 0);
  if (values.length !== count) throw new ShapeError('parameters', `${values.length} elements`, String(count));
  const flat = new Float64Array(length);
  let next = 0;
  for (const tensor of tensors) {
    flat.set(values.slice(next, next + tensor.length), tensor.offset);
    next += tensor.length;
  }
  return flat;
}

function isFlat(
  parameters: ArrayLike<number> | Readonly<Record<string, ArrayLike<number>>>,
): parameters is ArrayLike<number> {
  return typeof parameters.length === 'number';
}
