/** What a base distribution is: one record in a file of its own, and a row in the table of index.ts. */
import type * as v from 'valibot';
import { rowGradientReduce } from '../kernels/optimize/row_gradient_reduce.ts';
import type { DrawArguments } from '../kernels/base/base_sample.ts';
import type { BaseLoss } from '../kernels/base/mixture_log_prob.ts';
import type { AddTensor, TensorSlot } from '../model/tensors.ts';
import { D_BASE, GRADIENTS } from '../plan/names.ts';
import type { PlanBuilder } from '../plan/plan.ts';

export interface BaseSpecOf {
  type: string;
}

/** The base of a flow: its spec, where its tensors lie, and the number of features. */
export interface BaseLayer<Spec extends BaseSpecOf = BaseSpecOf, Tensors = object> {
  readonly base: Base;
  readonly spec: Spec;
  readonly tensors: Tensors;
  readonly dim: number;
  readonly contextDim: number;
}

/** Rows of the latent, the log-det that goes with them, and where log p goes; with a `loss`, where −log p goes. */
export interface Density {
  rows: number;
  /** +1 for the log-det of the forward map, −1 for that of the inverse. */
  sign: 1 | -1;
  state: string;
  logDet: string;
  logProb: string;
  loss?: BaseLoss;
}

export interface Base<Spec extends BaseSpecOf = BaseSpecOf, Tensors = object> {
  /** What the model file may say; the order of the keys is the order in which they are written. */
  readonly schema: v.GenericSchema<unknown, Spec>;
  /** Every field but the type, for a base that is made by hand. */
  defaults(): Omit<Spec, 'type'>;
  /** Whether it reads the context. */
  readonly readsContext?: boolean;
  /** Whether rows outside its walls have no density. */
  readonly isBounded?: boolean;
  /** The tensors, in the order of the model file. */
  tensors(spec: Spec, shape: { dim: number; contextDim: number }, add: AddTensor): Tensors;
  /** Fills the tensors of a fresh flow that are not 0. */
  start?(layer: BaseLayer<Spec, Tensors>, parameters: Float32Array, seed: number): void;
  /** What it is, for people. */
  words(spec: Spec): string;
  /** What its kernels depend on, for the cache of kernel choices; '' for nothing. */
  tuningKey(spec: Spec): string;

  /** Whether a stack of couplings can end in its log-density. */
  readonly isStandardNormal?: boolean;
  /** LOG_PROB of rows, or with a loss their NLL, D_STATE, and each row's gradients in D_BASE. */
  logProb(plan: PlanBuilder, layer: BaseLayer<Spec, Tensors>, density: Density): void;
  /** Rows of it into `args.state`. */
  draw(plan: PlanBuilder, layer: BaseLayer<Spec, Tensors>, args: DrawArguments): void;
  /** The tensors with gradients of a row, in the order in which `logProb` leaves them in D_BASE. */
  rowTensors?(layer: BaseLayer<Spec, Tensors>): TensorSlot[];
  /** Elements of D_BASE a row, if there are more than those of `rowTensors`. */
  rowGradients?(layer: BaseLayer<Spec, Tensors>): number;

  /** A mean that depends on the context: what is left of z without it has the density of `logProb`. */
  readonly mean?: {
    /** Adds the mean to rows in `target`, or takes it off again with `sign` −1. */
    shift(
      plan: PlanBuilder,
      layer: BaseLayer<Spec, Tensors>,
      args: { rows: number; sign: 1 | -1; target: string },
    ): void;
    /** Adds its gradient, out of D_STATE as the loss leaves it. */
    gradient(plan: PlanBuilder, layer: BaseLayer<Spec, Tensors>, rows: number): void;
  };
}

/** Gradients of its own that a row has. */
export function rowGradients(layer: BaseLayer): number {
  const { base } = layer;
  const tensors = base.rowTensors?.(layer) ?? [];
  return base.rowGradients?.(layer) ?? tensors.reduce((sum, { length }) => sum + length, 0);
}

/** The room for each row's gradients of the base's tensors. */
export function rowGradientBuffer(plan: PlanBuilder, layer: BaseLayer, rows: number): string {
  return plan.buffer(D_BASE, rowGradients(layer) * rows);
}

/** Adds the rows' gradients of the base's tensors to GRADIENTS. */
export function reduceRowGradients(
  plan: PlanBuilder,
  layer: BaseLayer,
  { rows, validRows }: { rows: number; validRows: number },
): void {
  let firstElement = 0;
  for (const tensor of layer.base.rowTensors?.(layer) ?? []) {
    if (tensor.trainable) {
      plan.add(
        rowGradientReduce({ rows, validRows, tensor, dRows: D_BASE, firstElement, gradients: GRADIENTS }),
      );
    }
    firstElement += tensor.length;
  }
}
