/** Where each tensor of a flow lies in the one parameter buffer. */
import type {
  TensorSlot,
  DenseSlots,
  NetSlots,
  LinearSlots,
  MixtureSlots,
  AddTensor,
} from '../model/tensors.ts';
import { roundUp } from '../plan/shape.ts';
import { innerWidths, splineBlock } from './spec.ts';
import { couplingBlocks } from '../model/blocks.ts';
import type {
  AdditiveCouplingSpec,
  AffineCouplingSpec,
  BijectorSpec,
  DomainSpec,
  FlowSpec,
  InvertibleLinearSpec,
  PermutationSpec,
  SplineCouplingSpec,
  SplineElementwiseSpec,
} from './spec.ts';

export type BijectorSlots =
  | { type: 'domain'; spec: DomainSpec; scale: TensorSlot }
  | { type: 'standardize'; mean: TensorSlot; std: TensorSlot }
  | { type: 'affine_coupling'; spec: AffineCouplingSpec; nets: NetSlots[] }
  | { type: 'additive_coupling'; spec: AdditiveCouplingSpec; nets: NetSlots[] }
  | { type: 'rational_quadratic_coupling'; spec: SplineCouplingSpec; nets: NetSlots[] }
  | { type: 'rational_quadratic_elementwise'; spec: SplineElementwiseSpec; raw: TensorSlot }
  | { type: 'diagonal_scale'; logScale: TensorSlot }
  | { type: 'actnorm'; bias: TensorSlot; logScale: TensorSlot; initialised: TensorSlot }
  | ({ type: 'invertible_linear'; spec: InvertibleLinearSpec } & LinearSlots)
  | { type: 'permutation'; spec: PermutationSpec; permutation: TensorSlot; signs?: TensorSlot };

export type BaseSlots =
  | { type: 'standard_normal' }
  /** mean [D, C] */
  | { type: 'class_conditional'; mean: TensorSlot }
  | { type: 'uniform'; bound: number }
  | { type: 'student_t'; logDf: TensorSlot }
  | ({ type: 'mixture' } & MixtureSlots);

export interface ParamLayout {
  /** In buffer order: trainable tensors first. */
  tensors: TensorSlot[];
  bijectors: BijectorSlots[];
  base: BaseSlots;
  /** Weights and biases that the optimiser updates. */
  parameterCount: number;
  /** They lie in the elements [0, trainableLength), a multiple of four. */
  trainableLength: number;
  length: number;
}

/** Elements that a kernel loads at once; every tensor starts at a multiple. */
const TENSOR_ALIGNMENT = 4;

/** Lays the tensors of `spec` one after the other, the trainable ones first; zeros fill what lies between them. */
export function paramLayout(spec: FlowSpec): ParamLayout {
  const tensors: TensorSlot[] = [];
  const slot: AddTensor = (name, shape, trainable) => {
    const tensor = { name, shape, offset: 0, length: shape.reduce((a, b) => a * b, 1), trainable };
    tensors.push(tensor);
    return tensor;
  };

  const bijectors = spec.bijectors.map((bijector, index) =>
    slotsOf(spec, bijector, `bijectors.${index}`, slot),
  );
  const base = baseSlotsOf(spec, slot);

  const ordered = [...tensors.filter((t) => t.trainable), ...tensors.filter((t) => !t.trainable)];
  let length = 0;
  let trainableLength = 0;
  let parameterCount = 0;
  for (const tensor of ordered) {
    tensor.offset = roundUp(length, TENSOR_ALIGNMENT);
    length = tensor.offset + tensor.length;
    if (!tensor.trainable) continue;
    trainableLength = roundUp(length, TENSOR_ALIGNMENT);
    parameterCount += tensor.length;
  }
  length = Math.max(length, trainableLength);
  return { tensors: ordered, bijectors, base, parameterCount, trainableLength, length };
}

/** A diagonal normal is a mixture of one. */
function baseSlotsOf({ dim, contextDim, base }: FlowSpec, add: AddTensor): BaseSlots {
  switch (base.type) {
    case 'standard_normal':
      return { type: 'standard_normal' };
    case 'class_conditional':
      return { type: 'class_conditional', mean: add('base.mean', [dim, contextDim], true) };
    case 'uniform':
      return { type: 'uniform', bound: base.bound };
    case 'student_t':
      return { type: 'student_t', logDf: add('base.log_df', [dim], base.learned) };
    case 'diagonal_normal':
    case 'mixture': {
      const components = base.type === 'mixture' ? base.components : 1;
      return {
        type: 'mixture',
        mean: add('base.mean', [components, dim], true),
        logScale: add('base.log_scale', [components, dim], true),
        ...(base.type === 'mixture' ? { logits: add('base.logits', [components], true) } : {}),
      };
    }
  }
}

function slotsOf(spec: FlowSpec, bijector: BijectorSpec, prefix: string, add: AddTensor): BijectorSlots {
  const { dim, contextDim } = spec;
  switch (bijector.type) {
    case 'domain':
      return { type: 'domain', spec: bijector, scale: add(`${prefix}.scale`, [dim], false) };
    case 'standardize':
      return {
        type: 'standardize',
        mean: add(`${prefix}.mean`, [dim], false),
        std: add(`${prefix}.std`, [dim], false),
      };
    case 'affine_coupling': {
      const { conditionCount, transformCount } = couplingBlocks(dim, bijector);
      const { separate } = bijector.conditioner;
      const inner = innerWidths(bijector.conditioner);
      const outputs = separate ? transformCount : 2 * transformCount;
      const names = separate ? (['scale', 'shift'] as const) : (['conditioner'] as const);
      const nets = names.map((name, net): NetSlots => ({
        name,
        outputStart: net * transformCount,
        layers: layersOf(`${prefix}.${name}`, [conditionCount + contextDim, ...inner, outputs], add),
      }));
      return { type: 'affine_coupling', spec: bijector, nets };
    }
    case 'additive_coupling':
      return { type: 'additive_coupling', spec: bijector, nets: [netOf(spec, bijector, 1, prefix, add)] };
    case 'rational_quadratic_coupling': {
      const nets = [netOf(spec, bijector, 3 * bijector.bins - 1, prefix, add)];
      return { type: 'rational_quadratic_coupling', spec: bijector, nets };
    }
    case 'rational_quadratic_elementwise':
      return {
        type: 'rational_quadratic_elementwise',
        spec: bijector,
        raw: add(`${prefix}.raw`, [splineBlock(dim, bijector).count, 3 * bijector.bins - 1], true),
      };
    case 'permutation':
      return {
        type: 'permutation',
        spec: bijector,
        permutation: add(`${prefix}.permutation`, [dim], false),
        signs: bijector.signed === true ? add(`${prefix}.signs`, [dim], false) : undefined,
      };
    case 'actnorm':
      return {
        type: 'actnorm',
        bias: add(`${prefix}.bias`, [dim], true),
        logScale: add(`${prefix}.log_scale`, [dim], true),
        initialised: add(`${prefix}.initialised`, [1], false),
      };
    case 'invertible_linear':
      return {
        type: 'invertible_linear',
        spec: bijector,
        lower: add(`${prefix}.lower`, [(dim * (dim - 1)) / 2], true),
        upper: add(`${prefix}.upper`, [(dim * (dim - 1)) / 2], true),
        logDiagonal: add(`${prefix}.log_diagonal`, [dim], true),
        permutation: add(`${prefix}.permutation`, [dim], false),
      };
    case 'diagonal_scale':
      return { type: 'diagonal_scale', logScale: add(`${prefix}.log_scale`, [dim], true) };
  }
}

/** The one net of a coupling, with `each` outputs a transformed feature. */
function netOf(
  { dim, contextDim }: FlowSpec,
  coupling: AdditiveCouplingSpec | SplineCouplingSpec,
  each: number,
  prefix: string,
  add: AddTensor,
): NetSlots {
  const { conditionCount, transformCount } = couplingBlocks(dim, coupling);
  const widths = [conditionCount + contextDim, ...innerWidths(coupling.conditioner), each * transformCount];
  return {
    name: 'conditioner',
    outputStart: 0,
    layers: layersOf(`${prefix}.conditioner`, widths, add),
  };
}

function layersOf(path: string, widths: readonly number[], add: AddTensor): DenseSlots[] {
  return widths.slice(1).map((outputs, layer): DenseSlots => {
    const inputs = widths[layer] ?? 0;
    return {
      inputs,
      outputs,
      weight: add(`${path}.${layer}.weight`, [outputs, inputs], true),
      bias: add(`${path}.${layer}.bias`, [outputs], true),
    };
  });
}

/** A flow as the steps see it: its description and where its tensors lie. */
export interface FlowModel {
  spec: FlowSpec;
  layout: ParamLayout;
}
