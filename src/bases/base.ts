/** The interface of a base distribution: one record in its own file, and a row in the table of index.ts. */
import type * as v from 'valibot';
import type { BaseLoss, LogProbArguments, SampleArguments } from '../kernels/base/arguments.ts';
import type { Density as OpDensity } from '../kernels/resident/ops.ts';
import type { RowOps } from '../kernels/resident/row_ops.ts';
import { rowGradientReduce } from '../kernels/optimize/row_gradient_reduce.ts';
import type { AddTensor, TensorSlot } from '../model/tensors.ts';
import type { Dispatch } from '../plan/kernel.ts';
import { D_BASE, GRADIENTS, PARAMETERS } from '../plan/names.ts';
import type { PlanBuilder } from '../plan/plan.ts';

export interface BaseSpecOf {
  type: string;
}

/** The base of a flow: its spec, where its tensors lie, and the number of features. */
export interface BaseLayer<Spec extends BaseSpecOf = BaseSpecOf, Tensors = object> {
  readonly room: Base;
  readonly spec: Spec;
  readonly tensors: Tensors;
  readonly dim: number;
  readonly contextDim: number;
}

interface BaseNumber<Spec> {
  /** Its place in help texts: `DF`. */
  name: string;
  isNeeded?: boolean;
  fields(number: number): Partial<Spec>;
}

type Placed<Arguments> = Omit<Arguments, 'features' | 'parameters'>;

/** Latent rows, with the log-det that goes with them. */
type Density = Placed<Omit<LogProbArguments, 'loss'>>;

/** A base as operations on the rows of a tile, whose state is z. */
export interface ResidentBase<Spec extends BaseSpecOf = BaseSpecOf, Tensors = object> {
  readonly density: OpDensity;
  /** Adds log p to the log-det, or subtracts it. For a loss, log p may differ where it has no gradient. */
  logProb(ops: RowOps, layer: BaseLayer<Spec, Tensors>, options: { sign: 1 | -1; isLoss: boolean }): void;
  /** Sets the gradient of the state to that of the loss; keeps the factors of its tensors' gradients. */
  lossBackward(ops: RowOps, layer: BaseLayer<Spec, Tensors>): void;
  /** Sets the state to draws. */
  sample(ops: RowOps, layer: BaseLayer<Spec, Tensors>): void;
}

export interface Base<Spec extends BaseSpecOf = BaseSpecOf, Tensors = object> {
  /** The fields of the model file; keys are written in this order. */
  readonly schema: v.GenericSchema<unknown, Spec>;
  /** Every field but the type, for a base made by hand. */
  defaults(): Omit<Spec, 'type'>;
  /** Its name on the command line, and what a number after a colon sets: `student-t:10`. */
  readonly option: { name: string; number?: BaseNumber<Spec> };
  /** Whether it reads the context. */
  readonly readsContext?: boolean;
  /** Whether rows outside its bounds have no density. */
  readonly isBounded?: boolean;
  /** The tensors, in the order of the model file. */
  tensors(spec: Spec, shape: { dim: number; contextDim: number }, add: AddTensor): Tensors;
  /** Fills the tensors of a fresh flow that do not start at 0. */
  start?(layer: BaseLayer<Spec, Tensors>, parameters: Float32Array, seed: number): void;
  /** A description for people. */
  words(spec: Spec): string;
  /** The fields that its kernels depend on, for the cache of kernel choices; '' if there are none. */
  tuningKey(spec: Spec): string;

  /** Whether a stack of couplings can end in its log-density. */
  readonly isStandardNormal?: boolean;
  /** log p of rows; or with a `loss` −log p, the gradient of the rows, and each row's gradients of `rowTensors`. */
  logProb(layer: BaseLayer<Spec, Tensors>, args: LogProbArguments): Dispatch;
  /** Samples of the base. */
  sample(layer: BaseLayer<Spec, Tensors>, args: SampleArguments): Dispatch;
  /** The tensors for which each row has gradients, in the order in which `logProb` leaves them. */
  rowTensors?(layer: BaseLayer<Spec, Tensors>): TensorSlot[];
  /** Gradients per row, if there are more than the elements of `rowTensors`. */
  rowGradients?(layer: BaseLayer<Spec, Tensors>): number;

  /** How a kernel that takes a tile of rows through the whole flow runs it. */
  readonly resident?: ResidentBase<Spec, Tensors>;

  /** A mean that depends on the context: `logProb` is the density of z minus this mean. */
  readonly mean?: {
    /** Adds the mean to the rows in `target`; subtracts it if `sign` is −1. */
    shift(
      plan: PlanBuilder,
      layer: BaseLayer<Spec, Tensors>,
      args: { rows: number; sign: 1 | -1; target: string },
    ): void;
    /** Adds the gradient of the mean, from D_STATE as the loss leaves it. */
    gradient(plan: PlanBuilder, layer: BaseLayer<Spec, Tensors>, rows: number): void;
  };
}

/** Gradients of the base's tensors per row. */
export function rowGradients(layer: BaseLayer): number {
  const { room } = layer;
  const tensors = room.rowTensors?.(layer) ?? [];
  return room.rowGradients?.(layer) ?? tensors.reduce((sum, { length }) => sum + length, 0);
}

export function addLogProb(plan: PlanBuilder, layer: BaseLayer, density: Density): void {
  plan.add(layer.room.logProb(layer, { ...density, ...common(layer) }));
}

/** −log p of rows, with the gradients of the rows and of the base's tensors. */
export function addLoss(
  plan: PlanBuilder,
  layer: BaseLayer,
  { loss, ...density }: Density & { loss: Omit<BaseLoss, 'dBase'> },
): void {
  const { rows } = density;
  const own = rowGradients(layer);
  const dBase = own === 0 ? D_BASE : plan.buffer(D_BASE, own * rows);
  plan.add(layer.room.logProb(layer, { ...density, ...common(layer), loss: { ...loss, dBase } }));
  let firstElement = 0;
  for (const tensor of layer.room.rowTensors?.(layer) ?? []) {
    const { validRows } = loss;
    const reduce = { rows, validRows, tensor, dRows: dBase, firstElement, gradients: GRADIENTS };
    if (tensor.trainable) plan.add(rowGradientReduce(reduce));
    firstElement += tensor.length;
  }
}

/** Samples of the base, written to `args.state`. */
export function addSample(plan: PlanBuilder, layer: BaseLayer, args: Placed<SampleArguments>): void {
  plan.add(layer.room.sample(layer, { ...args, ...common(layer) }));
}

function common({ dim }: BaseLayer): { features: number; parameters: string } {
  return { features: dim, parameters: PARAMETERS };
}
