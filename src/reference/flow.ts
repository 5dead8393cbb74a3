/** A flow in f64 on the CPU: the same plans as `Flow`, run by the twins. Slow and exact. */
import { gradientsPlan } from '../steps/backward.ts';
import { forwardPlan, inversePlan, logProbPlan } from '../steps/forward.ts';
import type { FlowModel } from '../steps/forward.ts';
import { GRADIENTS, LOG_DET, LOG_PROB, NLL, PARAMETERS, STATE } from '../steps/names.ts';
import { paddedRows } from '../shape.ts';
import { ShapeError } from '../errors.ts';
import { paramLayout } from '../paramLayout.ts';
import type { ParamLayout } from '../paramLayout.ts';
import type { Plan } from '../plan.ts';
import type { Precision } from '../precision.ts';
import type { FlowSpec } from '../spec.ts';
import { PLAIN_VARIANTS } from '../steps/variants.ts';
import type { KernelVariants } from '../steps/variants.ts';
import { ReferenceProgram } from './executor.ts';

/** Rows are row-major [B, D], results f64. */
export class ReferenceFlow {
  readonly model: FlowModel;
  /** As `paramLayout(spec)` lays them out; may be changed between calls. */
  readonly parameters: Float64Array;
  readonly #variants: KernelVariants;

  /**
   * @param parameters every tensor by its name, as `Flow.parameters` gives them, or all of them end to end in that
   *   order, or as `paramLayout(spec)` lays them out
   * @param precision `f16` rounds the nets' weights and hidden activations as a flow of that precision does
   * @throws {ShapeError} when their number is another
   */
  constructor(
    spec: FlowSpec,
    parameters: ArrayLike<number> | Readonly<Record<string, ArrayLike<number>>>,
    { precision = 'f32' }: { precision?: Precision } = {},
  ) {
    this.model = { spec, layout: paramLayout(spec) };
    this.parameters = laidOut(this.model.layout, parameters);
    this.#variants = { ...PLAIN_VARIANTS, precision };
  }

  forward(x: ArrayLike<number>): { z: Float64Array; logDet: Float64Array } {
    const rows = this.#rowsOf(x);
    const program = this.#run(forwardPlan(this.model, rows, this.#variants), x);
    return { z: this.#toRows(program.floats(STATE), rows), logDet: program.floats(LOG_DET).slice(0, rows) };
  }

  inverse(z: ArrayLike<number>): { x: Float64Array; logDet: Float64Array } {
    const rows = this.#rowsOf(z);
    const program = this.#run(inversePlan(this.model, rows, this.#variants), z);
    return { x: this.#toRows(program.floats(STATE), rows), logDet: program.floats(LOG_DET).slice(0, rows) };
  }

  logProb(x: ArrayLike<number>): Float64Array {
    const rows = this.#rowsOf(x);
    return this.#run(logProbPlan(this.model, rows, this.#variants), x)
      .floats(LOG_PROB)
      .slice(0, rows);
  }

  /** Mean NLL (nats) and its gradient by tensor name. */
  gradients(x: ArrayLike<number>): { nll: number; gradients: Record<string, Float64Array> } {
    const rows = this.#rowsOf(x);
    const program = this.#run(gradientsPlan(this.model, rows, rows, this.#variants), x);
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

  #rowsOf(values: ArrayLike<number>): number {
    return values.length / this.model.spec.dim;
  }

  #run(plan: Plan, rows: ArrayLike<number>): ReferenceProgram {
    const program = new ReferenceProgram(plan, new Map([[PARAMETERS, this.parameters]]));
    const { dim } = this.model.spec;
    const count = this.#rowsOf(rows);
    const stride = paddedRows(count);
    // The padding repeats the last row, as in gpu/rows.ts.
    const value = (row: number, feature: number): number =>
      rows[Math.min(row, count - 1) * dim + feature] ?? NaN;
    program.floats(STATE).forEach((_, i, state) => (state[i] = value(i % stride, Math.floor(i / stride))));
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
