/** What a net is: its fields in a spec, and what each kind has of its own. */
import * as v from 'valibot';
import { ACTIVATIONS } from '../model/activation.ts';
import { SPEC_LIMITS } from '../model/limits.ts';
import { integerFrom } from '../model/schema.ts';
import type { DenseSlots } from '../model/tensors.ts';

/** The fields of a net, in the order of the model file. */
export const netFields = {
  hidden: v.pipe(
    v.array(integerFrom(1, SPEC_LIMITS.width)),
    v.minLength(1, 'at least 1'),
    v.maxLength(SPEC_LIMITS.hiddenLayers, `at most ${SPEC_LIMITS.hiddenLayers}`),
  ),
  /**
   * Number of pre-activation blocks h + W φ(V φ(h) + c) + b between the first and the last layer, neither of which is
   * followed by an activation; all are as wide as the one entry of `hidden`.
   */
  residualBlocks: v.optional(integerFrom(1, SPEC_LIMITS.residualBlocks)),
  activation: v.picklist(ACTIVATIONS),
  /**
   * `zero_last` starts the last layer at zero (the coupling starts as the identity), `torch_linear` draws every weight
   * and bias from U(−1/√in, 1/√in) as PyTorch's Linear does.
   */
  init: v.picklist(['zero_last', 'torch_linear']),
};

export const netSchema = v.strictObject(netFields);

/** An MLP, or with `residualBlocks` a residual MLP. */
export type NetSpec = v.InferOutput<typeof netSchema>;

export const DEFAULT_NET: NetSpec = { hidden: [32, 32], activation: 'leaky_relu', init: 'zero_last' };

/** What a kind of net has of its own. */
export interface Net {
  /** Widths of the layers between inputs and outputs. */
  innerWidths(spec: NetSpec): number[];
  /** Where each layer reads and writes. */
  routes(layers: readonly DenseSlots[]): LayerRoute[];
  /** `64-64`. */
  words(spec: NetSpec): string;
  tuningKey(spec: NetSpec): string;
}

/** Where a layer of a net reads and writes; its inputs are those of the hidden layer below it, or the net's own. */
export interface LayerRoute {
  layer: DenseSlots;
  depth: number;
  isFirst: boolean;
  isLast: boolean;
  /** Whether the outputs are a term of the sum that runs through a residual net, kept in `place`. */
  isTerm: boolean;
  /** The hidden layer whose buffer receives the outputs: a residual net's last one for all terms, else itself. */
  place: number;
  /** Whether an activation lies between the outputs and the next layer. */
  isActivated: boolean;
}
