/** The interface of a bijector: one record in its own file, and a row in the table of index.ts. */
import type * as v from 'valibot';
import type { Domain } from '../model/domain.ts';
import type { ImageShape } from '../model/image.ts';
import type { StackableCoupling } from '../model/couplingStack.ts';
import type { AddTensor, NetSlots, TensorSlot, UnsoundValue } from '../model/tensors.ts';
import type { NetRun } from '../nets/netRun.ts';
import type { NetSpec } from '../nets/net.ts';
import type { RowOps } from '../kernels/resident/row_ops.ts';
import type { ScaleMap } from '../model/scaleMap.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import type { KernelVariants } from '../plan/variants.ts';

/** Features D that reach a bijector, C of the context, and the shape of the D features if they are images. */
export interface FlowShape {
  dim: number;
  contextDim: number;
  image?: ImageShape;
}

/** The fields of every bijector's spec; couplings also have a net. */
export interface LayerSpec {
  type: string;
  conditioner?: NetSpec;
}

/** A bijector of a flow: its spec and where its tensors lie. */
export interface Layer<Spec extends LayerSpec = LayerSpec, Tensors = object> {
  readonly room: Bijector;
  readonly spec: Spec;
  readonly tensors: Tensors;
}

/** The nets of a bijector; empty if it has no conditioner. */
export function netsOf({ tensors }: Layer): readonly NetSlots[] {
  return 'nets' in tensors ? (tensors as { nets: readonly NetSlots[] }).nets : [];
}

/** The position of a spec in its flow. */
export interface Place {
  /** For messages: `spec.bijectors[2]`. */
  where: string;
  flow: FlowShape;
  /** The bijector before it. */
  previous?: { spec: LayerSpec; bijector: Bijector };
}

/** The values that defaults depend on. */
export interface StackPlace extends FlowShape {
  /** Couplings before this bijector: even ones condition on the first features, odd ones on the last. */
  couplings: number;
}

/** Random draws that initialise a fresh flow, each from a separate stream. */
export interface StartDraws {
  /** U(0, 1) for weights. */
  weight: () => number;
  /** U(0, 1) for permutations. */
  permutation: () => number;
}

/** The statistics with which data initialise a fresh flow. */
export interface DataStart {
  /** Scales of domains, [D]. */
  scale: Float64Array;
  /** The mean minus the offset that the host subtracts, [D]. */
  meanLeft: Float64Array;
  std: Float64Array;
  /** Lower triangular, [D, D]. */
  whitening?: Float64Array;
}

export interface TensorValues {
  tensor: TensorSlot;
  values: Float32Array<ArrayBuffer>;
}

/** The values that the description of a bijector depends on. */
export interface WordsPlace extends FlowShape {
  /** Names of the features that reach it. */
  names: readonly string[];
  /** Names of the context columns. */
  given: readonly string[];
  parameters: Float32Array;
}

/** A pass over rows: the rows are in the state, padded. Also says how to run nets. */
export interface Pass extends NetRun {
  /** Number of features D. */
  dim: number;
}

export interface MapPass extends Pass {
  /** Whether to add to LOG_DET, which holds the log-det of other bijectors, or to overwrite it. */
  accumulate: boolean;
}

export interface ForwardPass extends MapPass {
  /** Whether to leave in the workspace the derivatives that a net's backward pass needs. */
  keepDerivatives: boolean;
  /** If a backward pass follows: the buffer for rows that cannot be rebuilt exactly. */
  keptRows?: string;
}

export interface BackwardPass extends Pass {
  /** Rows before the padding; padded rows have no gradient. */
  validRows: number;
  /** ∂loss/∂logDet, equal for every row: −1/B for the mean NLL of B rows. */
  dLogDet: number;
  /** Whether the forward pass has just run this bijector's nets with `keepDerivatives`. */
  netsHaveRun: boolean;
  /** `keptRows` of the forward pass. */
  keptRows: string;
}

/** A bijector as operations on the rows of a tile. Each works in place on the units of the state. */
export interface ResidentBijector<Spec extends LayerSpec = LayerSpec, Tensors = object> {
  /**
   * x → z; adds to the log-det. In a training step it keeps what its way back needs, which it returns: operations that
   * turn d_z into d_x in the units of the state, and leave the factors of its tensors' gradients. There is none where
   * `backward` is missing.
   */
  forward(ops: RowOps, layer: Layer<Spec, Tensors>): (() => void) | undefined;
  /** z → x; adds the log-det of the inverse. */
  inverse(ops: RowOps, layer: Layer<Spec, Tensors>): void;
  /** The scale map of its log-scales, if it has one: all in a pass have the same. */
  scaleMap?(spec: Spec): ScaleMap;
}

export interface Bijector<Spec extends LayerSpec = LayerSpec, Tensors = object> {
  /** The fields of the model file; keys are written in this order. */
  readonly schema: v.GenericSchema<unknown, Spec>;
  /** Every field but the type, for a bijector made by hand. */
  defaults(place: StackPlace): Omit<Spec, 'type'>;
  /** Checks that the schema cannot express. @throws {ShapeError} */
  check?(spec: Spec, place: Place): void;
  /** The tensors, in the order of the model file. */
  tensors(spec: Spec, shape: FlowShape, add: AddTensor): Tensors;
  /** Fills the tensors of a fresh flow that do not start at 0. */
  start?(layer: Layer<Spec, Tensors>, parameters: Float32Array, draws: StartDraws): void;
  /** The tensors that the training data initialise. */
  startFromData?(layer: Layer<Spec, Tensors>, start: DataStart): TensorValues[];
  /** Whether `startFromData` needs a whitening. */
  whitens?(spec: Spec): boolean;
  /** Sets tensors from the first batch, which is in the state. */
  readonly startFromBatch?: {
    add(plan: PlanBuilder, layer: Layer<Spec, Tensors>, rows: { rows: number; validRows: number }): void;
    /** A tensor with one element, which is 0 until the bijector has started. */
    flag(layer: Layer<Spec, Tensors>): TensorSlot;
  };
  /** The first invalid value in its tensors, or undefined. */
  unsound?(layer: Layer<Spec, Tensors>, parameters: Float32Array): UnsoundValue | undefined;

  /** A description for people. */
  words(layer: Layer<Spec, Tensors>, place: WordsPlace): string;
  /** The fields that its kernels depend on, for the cache of kernel choices. */
  tuningKey(layer: Layer<Spec, Tensors>): string;
  /**
   * The shape of the images that it passes on. Only bijectors on images have it. If they pass on fewer features, these are
   * the first, and the others are latent already.
   */
  imageAfter?(image: ImageShape): ImageShape;
  /** Elements per row of its widest workspace buffer, apart from the layers of nets. */
  width?(layer: Layer<Spec, Tensors>): number;
  /** Matrices that multiply each row, apart from those of nets. */
  matrices?(layer: Layer<Spec, Tensors>): TensorSlot[];
  /** The pixels that each of them multiplies. Default 1. */
  pixels?(layer: Layer<Spec, Tensors>): number;
  /** Whether a fresh one is the identity, so that a whitening may follow it. */
  readonly startsAsIdentity?: boolean;
  /** Whether it moves or mixes features. */
  readonly movesFeatures?: boolean;
  /** Domains of the data, if it maps them to the real line. */
  domains?(spec: Spec): readonly Domain[];
  /** The width of the interval that a value of the data stands for, if they are whole numbers. */
  cellWidth?(spec: Spec): number;
  /** The values that the host subtracts from the data in float64. */
  readonly offset?: {
    of(spec: Spec): readonly number[] | undefined;
    replace(spec: Spec, offset: readonly number[] | undefined): Spec;
    /** The spread of the data after the subtraction. */
    std(layer: Layer<Spec, Tensors>): TensorSlot;
  };
  /** Whether a training step keeps what its nets leave for the backward pass, whatever the variants keep of others. */
  storesNets?(layer: Layer<Spec, Tensors>, variants: KernelVariants): boolean;
  /** How fused kernels see it: as a coupling of a stack, or as the standardisation before the stack. */
  stackable?(layer: Layer<Spec, Tensors>, shape: FlowShape): StackableCoupling | undefined;
  standardisation?(layer: Layer<Spec, Tensors>): { mean: TensorSlot; std: TensorSlot };
  /** Before each coupling of a stack: the first tensor of an actnorm, and the permutation of a linear map after it. */
  stackScale?(layer: Layer<Spec, Tensors>): TensorSlot;
  stackLinear?(layer: Layer<Spec, Tensors>): TensorSlot;

  /** How a kernel that takes a tile of rows through the whole flow runs it. */
  readonly resident?: ResidentBijector<Spec, Tensors>;

  /** Whether the log-det is 0 for any tensors; LOG_DET is then not written. */
  readonly preservesVolume: boolean;
  /** x → z in STATE; the log-det of the map goes to LOG_DET. */
  forward(plan: PlanBuilder, layer: Layer<Spec, Tensors>, pass: ForwardPass): void;
  /** z → x in STATE; the log-det of the inverse goes to LOG_DET. */
  inverse(plan: PlanBuilder, layer: Layer<Spec, Tensors>, pass: MapPass): void;
  /**
   * z → x in STATE, d_z → d_x in D_STATE; adds the gradients of its tensors to GRADIENTS. A bijector that is
   * always first and has no trainable tensors has none: training does not need its gradient.
   */
  backward?(plan: PlanBuilder, layer: Layer<Spec, Tensors>, pass: BackwardPass): void;
  /** Like `backward`, but without GRADIENTS; only where `backward` is missing or one kernel does both. */
  backwardInput?(plan: PlanBuilder, layer: Layer<Spec, Tensors>, pass: BackwardPass): void;
}

/** A spec made by hand: every field may be omitted. */
export type Given<Spec extends LayerSpec> = { type: Spec['type'] } & {
  [Name in Exclude<keyof Spec, 'type'>]?: Name extends 'conditioner' ? Partial<Spec[Name]> : Spec[Name];
};

/** The builder of a bijector for `stack`, which fills in omitted fields. */
export function builderOf<Spec extends LayerSpec>(
  type: Spec['type'],
): (fields?: Omit<Given<Spec>, 'type'>) => Given<Spec> {
  return (fields) => ({ type, ...fields }) as Given<Spec>;
}
