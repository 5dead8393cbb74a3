/** A flow in f64 on the CPU: the same plans as `Flow`, run by the twins. Slow and exact. */
import { PASSES, resultsOf, TRACES, turnToScores } from '../passes/index.ts';
import type { PassName, PassResults, Unit } from '../passes/index.ts';
import { paramLayout } from '../spec/layout.ts';
import type { FlowModel, ParamLayout } from '../spec/layout.ts';
import { CONTEXT, GRADIENTS, PARAMETERS, STATE } from '../plan/names.ts';
import { DIRECTIONS } from '../passes/trace.ts';
import type { Direction } from '../passes/trace.ts';
import { paddedRows } from '../plan/shape.ts';
import { ShapeError } from '../errors.ts';
import { offsetOf } from '../spec/offset.ts';
import { OBJECT, oneOf, requireOptions } from '../calls/optionRules.ts';
import { PRECISIONS } from '../plan/precision.ts';
import type { Precision } from '../plan/precision.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { checkedSpec } from '../spec/schema.ts';
import { PLAIN_VARIANTS } from '../plan/variants.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { ReferenceProgram } from './executor.ts';

type Results<K extends PassName> = PassResults<K, Record<Unit, Float64Array>>;

/** Rows are row-major [B, D], contexts [B, C] or one row [C] for all rows, results f64. */
export class ReferenceFlow {
  /** The spec, and where each tensor lies. */
  readonly model: FlowModel;
  readonly #offset: Float64Array;
  /** All tensors [paramLayout(spec).length], in the order of `paramLayout(spec)`; may be changed between calls. */
  readonly parameters: Float64Array;
  readonly #variants: KernelVariants;

  /**
   * @param parameters every tensor by its name, like the result of `Flow.parameters`; or all of them end to end
   *   [paramLayout(spec).length], in that order or in the order of `paramLayout(spec)`
   * @param options `precision: 'f16'` rounds the nets' weights and hidden activations like a flow with that precision
   * @throws {ShapeError} when their number is wrong, or the spec is out of range
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

  /**
   * Like `Flow.forward`: x [B, D], and context [B, C] or [C], to z [B, D] and log-dets in nats [B].
   * @throws {ShapeError} when x.length is not a multiple of D, or the context does not fit the rows
   */
  forward(x: ArrayLike<number>, context?: ArrayLike<number>): { z: Float64Array; logDet: Float64Array } {
    return this.#call('forward', x, context).results;
  }

  /**
   * Like `Flow.inverse`: z [B, D], and context [B, C] or [C], to x [B, D] and log-dets in nats [B].
   * @throws {ShapeError} when z.length is not a multiple of D, or the context does not fit the rows
   */
  inverse(z: ArrayLike<number>, context?: ArrayLike<number>): { x: Float64Array; logDet: Float64Array } {
    return this.#call('inverse', z, context).results;
  }

  /**
   * Like `Flow.trace`: the rows [B, D] before the first bijector and after each, and the log-det of each alone, in nats
   * [B].
   * @throws {ShapeError} when rows.length is not a multiple of D, or the context does not fit the rows
   */
  trace(
    rows: ArrayLike<number>,
    options: { direction?: Direction; context?: ArrayLike<number> } = {},
  ): { states: Float64Array[]; logDets: Float64Array[] } {
    requireOptions('trace', options, { direction: oneOf(DIRECTIONS), context: OBJECT });
    const { direction = 'forward', context } = options;
    return this.#call(TRACES[direction], rows, context).results;
  }

  /**
   * Like `Flow.logProb`: log-densities [B] in nats of x [B, D], given context [B, C] or [C].
   * @throws {ShapeError} when x.length is not a multiple of D, or the context does not fit the rows
   */
  logProb(x: ArrayLike<number>, context?: ArrayLike<number>): Float64Array {
    return this.#call('logProb', x, context).results.logProb;
  }

  /**
   * Like `Flow.logProbGradient`: log p [B] in nats and ∂log p/∂x [B, D] of each row of x [B, D].
   * @throws {ShapeError} when x.length is not a multiple of D, or the context does not fit the rows
   */
  logProbGradient(
    x: ArrayLike<number>,
    context?: ArrayLike<number>,
  ): { logProb: Float64Array; gradient: Float64Array } {
    const { results } = this.#call('logProbGradient', x, context);
    turnToScores(results.gradient, results.logProb);
    return results;
  }

  /**
   * Mean NLL of x [B, D] in nats, and its gradient by tensor name, each flat in the tensor's shape.
   * @throws {ShapeError} when x.length is not a multiple of D, or the context does not fit the rows
   */
  gradients(
    x: ArrayLike<number>,
    context?: ArrayLike<number>,
  ): { nll: number; gradients: Record<string, Float64Array> } {
    const { program, results } = this.#call('gradients', x, context);
    const flat = program.floats(GRADIENTS);
    const trainable = this.model.layout.tensors.filter((tensor) => tensor.trainable);
    return {
      nll: results.nll.reduce((sum, value) => sum + value, 0) / results.nll.length,
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

  /** @throws {ShapeError} when the rows are not whole, or the context does not fit the rows */
  #call<K extends PassName>(
    pass: K,
    rows: ArrayLike<number>,
    context: ArrayLike<number> = [],
  ): { program: ReferenceProgram; results: Results<K> } {
    const { plan, takes } = PASSES[pass];
    const { dim, contextDim } = this.model.spec;
    const count = this.#rowsOf(rows);
    if (context.length !== contextDim && context.length !== count * contextDim) {
      const expected = `${contextDim} values for each of the ${count} rows, or one such row for all`;
      throw new ShapeError('context', `${context.length} values`, expected);
    }
    const program = new ReferenceProgram(
      plan(this.model, { count }, this.#variants),
      new Map([[PARAMETERS, this.parameters]]),
    );
    const contextRows = context.length === contextDim ? 1 : count;
    const stride = paddedRows(count);
    // The padding repeats the last row, as in gpu/rows.ts.
    const upload = (name: string, values: ArrayLike<number>, width: number, given: number): void =>
      program.floats(name).forEach((_, i, columns) => {
        const row = Math.min(i % stride, given - 1);
        columns[i] = values[row * width + Math.floor(i / stride)] ?? NaN;
      });
    upload(STATE, takes === 'data' ? this.#shifted(rows, -1) : rows, dim, count);
    if (program.buffers.has(CONTEXT)) upload(CONTEXT, context, contextDim, contextRows);
    program.run();
    const results: Results<K> = resultsOf(pass, this.model.spec, ({ buffer, place, features, unit }) => {
      const columns = program.floats(buffer).subarray(place * features * stride);
      const values = Float64Array.from(
        { length: count * features },
        (_, i) => columns[(i % features) * stride + Math.floor(i / features)] ?? NaN,
      );
      return unit === 'data' ? this.#shifted(values, 1) : values;
    });
    return { program, results };
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
