/** Builds the operations of a resident pass: which units, packed weights and factors each bijector uses. */
import type { LinearSlots, TensorSlot } from '../../model/tensors.ts';
import { roundUp } from '../../plan/shape.ts';
import { NONE } from './ops.ts';
import type { Op } from './ops.ts';
import type { WeightProduct } from './resident_backward_weight.ts';
import type { Matrix, PackedWeights, UnitRange, WeightPacker } from './resident_pack.ts';
import { contextUnit } from './resident_pass.ts';

/** Slot 0 holds 1, the input of every bias. */
const FIRST_SLOT = 1;

export interface RowOpsShape {
  dim: number;
  contextDim: number;
  /** Whether it is a part of a training step, whose forward operations keep what the backward ones need. */
  keeps: boolean;
  weights: WeightPacker;
}

type DenseOp = Omit<Op, 'kind' | 'count' | 'inputs' | 'tensor'>;

/** The operations of a pass over the rows of a tile, in order. */
export class RowOps {
  readonly dim: number;
  readonly contextDim: number;
  readonly keeps: boolean;
  /** The unit at which the context begins. */
  readonly context: number;
  readonly ops: Op[] = [];
  /** The gradients of weights that follow from the factors that the operations keep. */
  readonly products: WeightProduct[] = [];
  /** Floating-point operations for one row. */
  flops = 0;
  readonly #weights: WeightPacker;
  #nextUnit: number;
  #units: number;
  #slots = FIRST_SLOT;

  constructor({ dim, contextDim, keeps, weights }: RowOpsShape) {
    this.dim = dim;
    this.contextDim = contextDim;
    this.keeps = keeps;
    this.context = contextUnit(dim);
    this.#weights = weights;
    this.#nextUnit = this.context + contextDim;
    this.#units = this.#nextUnit;
  }

  /** Units of the tile that the operations use. */
  get units(): number {
    return this.#units;
  }

  /** Factors of each row. */
  get slots(): number {
    return this.#slots;
  }

  add(...ops: Op[]): void {
    this.ops.push(...ops);
  }

  /** Runs `build` with units of its own, which are free again afterwards. */
  scope<Result>(build: () => Result): Result {
    const start = this.#nextUnit;
    const result = build();
    this.#nextUnit = start;
    return result;
  }

  /** Takes units for values that only the current scope needs. */
  reserve(count: number): number {
    const start = this.#nextUnit;
    this.#nextUnit += roundUp(count, 4);
    this.#units = Math.max(this.#units, this.#nextUnit);
    return start;
  }

  /** Takes slots for factors of the rows; 0 if the pass keeps none. */
  keep(count: number): number {
    if (!this.keeps) return 0;
    const start = this.#slots;
    this.#slots += count;
    return start;
  }

  /** The gradient of a tensor is the sum over the rows of the factors from `slot` on. */
  sumsTo(tensor: TensorSlot, slot: number): void {
    this.products.push({ outSlot: slot, outputs: tensor.length, inSlot: 0, inputs: 0, bias: tensor.offset });
  }

  /** to = W from, for a range of the layer's inputs and one of its outputs; `op` has the option and what belongs to it. */
  dense(layer: Matrix, inputs: UnitRange, op: DenseOp, outputs = outputsOf(layer)): void {
    this.#dense(this.#weights.forward(layer, inputs, outputs), op);
  }

  /** to = L from or (U + diag) from, or the transposed product. */
  triangle(
    slots: LinearSlots,
    which: 'lower' | 'upper',
    transposed: boolean,
    units: { to: number; from: number; aux: number },
  ): void {
    this.#dense(this.#weights.triangle(slots, which, transposed), { ...units, bias: NONE });
  }

  /** to = Wᵀ from, for the same ranges. */
  denseBackward(layer: Matrix, inputs: UnitRange, op: DenseOp, outputs = outputsOf(layer)): void {
    this.#dense(this.#weights.backward(layer, outputs, inputs), op);
  }

  #dense({ start, inputs, outputs }: PackedWeights, op: DenseOp): void {
    this.flops += 2 * inputs * outputs;
    this.add({ ...op, kind: 'dense', count: outputs, inputs, tensor: start });
  }
}

function outputsOf({ outputs }: Matrix): UnitRange {
  return { start: 0, count: outputs };
}

/** The offset of a tensor, or of none. */
export function offsetOf(tensor: TensorSlot | undefined): number {
  return tensor?.offset ?? NONE;
}
