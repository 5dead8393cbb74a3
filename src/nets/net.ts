/** The interface of a net: its fields in a spec, and what differs between kinds. */
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
   * Number of pre-activation blocks h + W φ(V φ(h) + c) + b between the first and the last layer. No
   * activation follows these two layers. All layers are as wide as the single entry of `hidden`.
   */
  residualBlocks: v.optional(integerFrom(1, SPEC_LIMITS.residualBlocks)),
  activation: v.picklist(ACTIVATIONS),
  /**
   * `zero_last` starts the last layer at zero, so that the coupling starts as the identity. `torch_linear`
   * draws every weight and bias from U(−1/√in, 1/√in), like PyTorch's Linear.
   */
  init: v.picklist(['zero_last', 'torch_linear']),
};

export const netSchema = v.strictObject(netFields);

/** An MLP, or with `residualBlocks` a residual MLP. */
export type NetSpec = v.InferOutput<typeof netSchema>;

export const DEFAULT_NET: NetSpec = { hidden: [32, 32], activation: 'leaky_relu', init: 'zero_last' };

/** The parts that differ between kinds of nets. */
export interface Net {
  /** Widths of the layers between inputs and outputs. */
  innerWidths(spec: Pick<NetSpec, 'hidden' | 'residualBlocks'>): number[];
  /** The inputs and outputs of each layer. */
  routes(layers: readonly DenseSlots[]): LayerRoute[];
  /** Whether this layer of a convolutional net, out of `count`, looks at 3 × 3 pixels; others look at one. */
  isWide(depth: number, count: number): boolean;
  /** `64-64`. */
  words(spec: NetSpec): string;
  tuningKey(spec: NetSpec): string;
}

/** The inputs and outputs of a layer. It reads the hidden layer below it, or the net's inputs. */
export interface LayerRoute {
  layer: DenseSlots;
  depth: number;
  isFirst: boolean;
  isLast: boolean;
  /** Whether the outputs are a term of the running sum of a residual net, kept in `place`. */
  isTerm: boolean;
  /** The hidden layer whose buffer gets the outputs: a residual net's last one for all terms, else its own. */
  place: number;
  /** Whether an activation follows the outputs. */
  isActivated: boolean;
}
