/** The common parts of all couplings: two blocks of features, and nets that read one of them. */
import * as v from 'valibot';
import { ShapeError } from '../errors.ts';
import { couplingBlocks } from '../model/blocks.ts';
import type { CouplingBlocks, FeatureBlock } from '../model/blocks.ts';
import type { StackableCoupling } from '../model/couplingStack.ts';
import { SPEC_LIMITS } from '../model/limits.ts';
import { integerFrom } from '../model/schema.ts';
import type { ScaleMap } from '../model/scaleMap.ts';
import type { AddTensor, NetSlots } from '../model/tensors.ts';
import { checkNet, netOf, netTensors, startNet } from '../nets/index.ts';
import type { NetSpec } from '../nets/net.ts';
import type { FlowShape, Layer, LayerSpec, Place, StackPlace, StartDraws, WordsPlace } from './bijector.ts';

export interface CouplingSpec extends LayerSpec {
  split: number;
  flip: boolean;
  conditioner: NetSpec;
}

export interface CouplingTensors {
  blocks: CouplingBlocks;
  nets: NetSlots[];
}

type Coupling = Layer<CouplingSpec, CouplingTensors>;

/** The most features for which a fused kernel keeps rows in registers. */
const MAX_FUSED_DIM = 8;
/** The most inputs of a fused net: features and context columns. */
const MAX_FUSED_INPUTS = 12;
/** Limits of a fused net: hidden layers, and their width if there are several. A single layer can have any width. */
const MAX_FUSED_LAYERS = 3;
const MAX_FUSED_WIDTH = 128;

/**
 * The features form two blocks, [0, split) and [split, dim). The conditioner reads one block and the other is
 * transformed. `flip: false` conditions on the first block, `flip: true` on the second; features keep their
 * places. In a flow with a context `split` may be 0: the conditioner then reads only the context, and all
 * features are transformed.
 */
export const couplingFields = {
  /** Number of features of the first block. */
  split: integerFrom(0, SPEC_LIMITS.dim - 1),
  /** Whether the nets read the second block and transform the first. */
  flip: v.boolean(),
};

/** Halves that swap roles from one coupling to the next. */
export function couplingDefaults({ dim, couplings }: StackPlace): Pick<CouplingSpec, 'split' | 'flip'> {
  return { split: Math.floor(dim / 2), flip: dim > 1 && couplings % 2 === 1 };
}

export function checkCoupling({ split, flip, conditioner }: CouplingSpec, { where, flow }: Place): void {
  checkBlocks(where, flow, { split, flip });
  checkNet(`${where}.conditioner`, conditioner);
}

/** Checks that both blocks have features; with a context to condition on, one block is enough. */
function checkBlocks(
  where: string,
  { dim, contextDim }: FlowShape,
  { split, flip }: Pick<CouplingSpec, 'split' | 'flip'>,
): void {
  if (split === 0 && contextDim > 0) {
    if (!flip) return;
    throw new ShapeError(`${where}.flip`, 'true', 'false', 'With split 0 it leaves nothing to transform.');
  }
  const why = 'A coupling needs one feature to condition on and one to transform';
  requireTwoFeatures(dim, contextDim > 0 ? `${why}, or split 0 to condition on the context alone` : why);
  if (split >= 1 && split < dim) return;
  const advice = split === 0 ? 'Without a context, split 0 leaves nothing to condition on.' : '';
  throw new ShapeError(`${where}.split`, String(split), `an integer from 1 to ${dim - 1}`, advice);
}

export function requireTwoFeatures(dim: number, why: string): void {
  if (dim >= 2) return;
  const advice = `${why}; add a second column, or choose another preset.`;
  throw new ShapeError('spec.dim', String(dim), 'at least 2', advice);
}

/** A single net with `each` outputs per transformed feature. */
export function oneNet(
  spec: CouplingSpec,
  each: number,
  { dim, contextDim }: FlowShape,
  add: AddTensor,
): CouplingTensors {
  const blocks = couplingBlocks(dim, spec);
  const inputs = blocks.conditionCount + contextDim;
  const outputs = each * blocks.transformCount;
  const net = { name: 'conditioner', inputs, outputs, outputStart: 0 } as const;
  return { blocks, nets: [netTensors(spec.conditioner, net, add)] };
}

/** How the fused kernels see a coupling that scales, if it has a `scale`, and then shifts; undefined if it does not fit. */
export function stackableCoupling(
  { spec, tensors }: Coupling,
  { dim, contextDim }: FlowShape,
  scale: ScaleMap | undefined,
): StackableCoupling | undefined {
  const { hidden, residualBlocks, activation } = spec.conditioner;
  const { conditionCount, transformCount } = tensors.blocks;
  if (dim > MAX_FUSED_DIM || residualBlocks !== undefined) return undefined;
  if (conditionCount === 0 || conditionCount + contextDim > MAX_FUSED_INPUTS) return undefined;
  if (hidden.length > MAX_FUSED_LAYERS) return undefined;
  if (hidden.length > 1 && Math.max(...hidden) > MAX_FUSED_WIDTH) return undefined;
  const [first] = tensors.nets;
  return {
    shape: {
      dim,
      conditionCount,
      contextCount: contextDim,
      transformCount,
      hidden,
      activation,
      scale,
      netCount: tensors.nets.length,
      netOutputs: first?.layers.at(-1)?.outputs ?? 0,
    },
    flip: spec.flip,
    netStarts: tensors.nets.map(({ layers }) => layers[0]?.weight.offset ?? 0),
  };
}

export function startCoupling(
  { spec, tensors }: Layer<{ type: string; conditioner: NetSpec }, Pick<CouplingTensors, 'nets'>>,
  parameters: Float32Array,
  draws: StartDraws,
): void {
  for (const net of tensors.nets) startNet(spec.conditioner, net, parameters, draws.weight);
}

/** `b given a, kind; <map>; one net of 32-32 tanh`. */
export function couplingWords(
  map: string,
  { spec, tensors }: Coupling,
  { names, given }: WordsPlace,
): string {
  const { conditionStart, conditionCount, transformStart, transformCount } = tensors.blocks;
  const condition =
    conditionCount === 0 ? [] : [blockWords(names, { start: conditionStart, count: conditionCount })];
  const nets = tensors.nets.length === 2 ? 'two nets' : 'one net';
  return (
    `${blockWords(names, { start: transformStart, count: transformCount })} given ` +
    `${[...condition, ...given].join(', ')}; ${map}; ` +
    `${nets} of ${netOf(spec.conditioner).words(spec.conditioner)} ${spec.conditioner.activation}`
  );
}

export function blockWords(names: readonly string[], { start, count }: FeatureBlock): string {
  const inside = names.slice(start, start + count);
  return count <= 3 ? inside.join(', ') : `${inside[0]} … ${inside[count - 1]} (${count})`;
}

/** `1>1 64-64 leaky_relu <map>`. */
export function couplingKey(map: string, { spec, tensors }: Coupling): string {
  const { conditionCount, transformCount } = tensors.blocks;
  const { conditioner } = spec;
  const net = netOf(conditioner).tuningKey(conditioner);
  return `${conditionCount}>${transformCount} ${net} ${conditioner.activation} ${map}`;
}
