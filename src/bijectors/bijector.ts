/** What a bijector is: one record in a file of its own, and a row in the table of index.ts. */
import type * as v from 'valibot';
import type { Domain } from '../model/domain.ts';
import type { StackableCoupling } from '../model/couplingStack.ts';
import type { AddTensor, NetSlots, TensorSlot, UnsoundValue } from '../model/tensors.ts';
import type { NetRun } from '../nets/conditioner.ts';
import type { NetSpec } from '../nets/net.ts';
import type { PlanBuilder } from '../plan/plan.ts';

/** Features D of the data and C of the context. */
export interface FlowShape {
  dim: number;
  contextDim: number;
}

/** What every bijector's spec has; those of couplings also have a net. */
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

/** The nets of a bijector; none of one that has no conditioner. */
export function netsOf({ tensors }: Layer): readonly NetSlots[] {
  return 'nets' in tensors ? (tensors as { nets: readonly NetSlots[] }).nets : [];
}

/** Where a spec stands in its flow. */
export interface Place {
  /** For messages: `spec.bijectors[2]`. */
  where: string;
  flow: FlowShape;
  /** The bijector before it. */
  previous?: { spec: LayerSpec; bijector: Bijector };
}

/** What defaults go by. */
export interface StackPlace extends FlowShape {
  /** Couplings before this bijector: those in even places condition on the first features, the others on the last. */
  couplings: number;
}

/** Draws for the start of a fresh flow, from streams of their own. */
export interface StartDraws {
  /** U(0, 1) for weights. */
  weight: () => number;
  /** U(0, 1) for permutations. */
  permutation: () => number;
}

/** What a fresh flow takes from its data. */
export interface DataStart {
  /** Scales of domains, [D]. */
  scale: Float64Array;
  /** The mean less the offset that the host subtracts, [D]. */
  meanLeft: Float64Array;
  std: Float64Array;
  /** Lower triangular, [D, D]. */
  whitening?: Float64Array;
}

export interface TensorValues {
  tensor: TensorSlot;
  values: Float32Array<ArrayBuffer>;
}

/** What the words for a bijector go by. */
export interface WordsPlace extends FlowShape {
  /** Names of the features that reach it. */
  names: readonly string[];
  /** Names of the context columns. */
  given: readonly string[];
  parameters: Float32Array;
}

/** The rows on their way through the flow, which are in the state, padded; and how nets are run. */
export interface Pass extends NetRun {
  /** Number of features D. */
  dim: number;
}

export interface MapPass extends Pass {
  /** Whether LOG_DET already holds that of other bijectors, or starts here. */
  accumulate: boolean;
}

export interface ForwardPass extends MapPass {
  /** Whether to leave in the workspace what the backward pass needs of a net. */
  keepDerivatives: boolean;
  /** If a backward pass follows: the buffer for rows that cannot be rebuilt without loss. */
  keptRows?: string;
}

export interface BackwardPass extends Pass {
  /** Rows before the padding, which has no gradient. */
  validRows: number;
  /** ∂loss/∂logDet, equal for every row: −1/B for the mean NLL of B rows. */
  dLogDet: number;
  /** Whether the forward pass has just run this bijector's nets with `keepDerivatives`. */
  netsHaveRun: boolean;
  /** What the forward pass had as `keptRows`. */
  keptRows: string;
}

export interface Bijector<Spec extends LayerSpec = LayerSpec, Tensors = object> {
  /** What the model file may say; the order of the keys is the order in which they are written. */
  readonly schema: v.GenericSchema<unknown, Spec>;
  /** Every field but the type, for a bijector that is made by hand. */
  defaults(place: StackPlace): Omit<Spec, 'type'>;
  /** What the schema cannot say. @throws {ShapeError} */
  check?(spec: Spec, place: Place): void;
  /** The tensors, in the order of the model file. */
  tensors(spec: Spec, shape: FlowShape, add: AddTensor): Tensors;
  /** Fills the tensors of a fresh flow that are not 0. */
  start?(layer: Layer<Spec, Tensors>, parameters: Float32Array, draws: StartDraws): void;
  /** The tensors that the training data set in a fresh flow. */
  startFromData?(layer: Layer<Spec, Tensors>, start: DataStart): TensorValues[];
  /** Whether `startFromData` wants a whitening. */
  whitens?(spec: Spec): boolean;
  /** Sets tensors from the first batch, which is in the state. */
  readonly startFromBatch?: {
    add(plan: PlanBuilder, layer: Layer<Spec, Tensors>, rows: { rows: number; validRows: number }): void;
    /** One element: 0 until the bijector has started. */
    flag(layer: Layer<Spec, Tensors>): TensorSlot;
  };
  /** The first value that its tensors cannot have, or undefined. */
  unsound?(layer: Layer<Spec, Tensors>, parameters: Float32Array): UnsoundValue | undefined;

  /** What it does, for people. */
  words(layer: Layer<Spec, Tensors>, place: WordsPlace): string;
  /** What its kernels depend on, for the cache of kernel choices. */
  tuningKey(layer: Layer<Spec, Tensors>): string;
  /** Elements a row of its widest workspace buffer that is no layer of a net. */
  width?(layer: Layer<Spec, Tensors>): number;
  /** Matrices that a row is multiplied by, without those of nets. */
  matrices?(layer: Layer<Spec, Tensors>): TensorSlot[];
  /** Whether features leave it in other places, or mixed. */
  readonly movesFeatures?: boolean;
  /** Domains of the data, if it maps them to all numbers. */
  domains?(spec: Spec): readonly Domain[];
  /** What the host subtracts from the data in float64. */
  readonly offset?: {
    of(spec: Spec): readonly number[] | undefined;
    replace(spec: Spec, offset: readonly number[] | undefined): Spec;
    /** The spread of what is left. */
    std(layer: Layer<Spec, Tensors>): TensorSlot;
  };
  /** How fused kernels take it: as a coupling of a stack, or as the standardisation before one. */
  stackable?(layer: Layer<Spec, Tensors>, shape: FlowShape): StackableCoupling | undefined;
  standardisation?(layer: Layer<Spec, Tensors>): { mean: TensorSlot; std: TensorSlot };

  /** Whether the log-det is 0 whatever the tensors are; LOG_DET is left alone then. */
  readonly preservesVolume: boolean;
  /** x → z in STATE; the log-det of the map goes to LOG_DET. */
  forward(plan: PlanBuilder, layer: Layer<Spec, Tensors>, pass: ForwardPass): void;
  /** z → x in STATE; the log-det of the inverse goes to LOG_DET. */
  inverse(plan: PlanBuilder, layer: Layer<Spec, Tensors>, pass: MapPass): void;
  /**
   * z → x in STATE, d_z → d_x in D_STATE; adds the gradients of its tensors to GRADIENTS. A bijector that comes first and
   * has nothing to train has none: its gradient is never asked for.
   */
  backward?(plan: PlanBuilder, layer: Layer<Spec, Tensors>, pass: BackwardPass): void;
}

/** A spec by hand: every field may be left out. */
export type Given<Spec extends LayerSpec> = { type: Spec['type'] } & {
  [Name in Exclude<keyof Spec, 'type'>]?: Name extends 'conditioner' ? Partial<Spec[Name]> : Spec[Name];
};

/** The builder of a bijector for `stack`, which fills in what is left out. */
export function builderOf<Spec extends LayerSpec>(
  type: Spec['type'],
): (fields?: Omit<Given<Spec>, 'type'>) => Given<Spec> {
  return (fields) => ({ type, ...fields }) as Given<Spec>;
}
