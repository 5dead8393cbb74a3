/** The common parts of couplings on images: two groups of channels or pixels, and a convolutional net that reads one. */
import * as v from 'valibot';
import { ShapeError } from '../errors.ts';
import { affineCoupling } from '../kernels/coupling/affine_coupling.ts';
import { affineCouplingBackward } from '../kernels/coupling/affine_coupling_backward.ts';
import { logDetReduce } from '../kernels/coupling/log_det_reduce.ts';
import { couplingBlocks } from '../model/blocks.ts';
import type { CouplingBlocks } from '../model/blocks.ts';
import { pixelsOf } from '../model/image.ts';
import type { Checkerboard, ImageShape } from '../model/image.ts';
import type { ScaleMap } from '../model/scaleMap.ts';
import type { AddTensor, NetSlots } from '../model/tensors.ts';
import { conditionerBackward, conditionerForward } from '../nets/conditioner.ts';
import { checkNet, convNetTensors, netOf } from '../nets/index.ts';
import type { Coupling } from '../nets/netRun.ts';
import type { NetSpec } from '../nets/net.ts';
import { D_CONDITIONER_OUTPUT, D_STATE, LOG_DET, LOG_SCALE, STATE } from '../plan/names.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import type {
  BackwardPass,
  FlowShape,
  Layer,
  LayerSpec,
  MapPass,
  Pass,
  Place,
  StackPlace,
} from './bijector.ts';
import { imageOf, imageWords, requireImage } from './image.ts';

/**
 * `channel`: the first half of the channels and the others; one group conditions, the other is transformed. `checkerboard`:
 * the pixels whose row + column is even, and the others. `flip: false` conditions on the first channels, or on the even
 * pixels. All features keep their places.
 */
export const MASKS = ['channel', 'checkerboard'] as const;

export interface Mask {
  mask: (typeof MASKS)[number];
  flip: boolean;
}

export const imageCouplingFields = {
  /** The two groups of pixels: halves of the channels, or a checkerboard. */
  mask: v.picklist(MASKS),
  /** Whether the nets read the second group and transform the first. */
  flip: v.boolean(),
};

export interface ImageCouplingSpec extends LayerSpec, Mask {
  conditioner: NetSpec;
}

export interface ImageCouplingTensors {
  image: ImageShape;
  /** The features that are transformed, in one block; with a `checkerboard` it also has the pixels that condition. */
  blocks: CouplingBlocks;
  checkerboard?: Checkerboard;
  /** The channels that the net reads and that its outputs transform. */
  channels: CouplingBlocks;
  contextCount: number;
  nets: NetSlots[];
}

export type ImageCoupling = Layer<ImageCouplingSpec, ImageCouplingTensors>;

export const CONV_NET: NetSpec = { hidden: [64, 64], activation: 'relu', init: 'zero_last' };

export function imageCouplingDefaults({ couplings }: StackPlace): Mask {
  return { mask: 'channel', flip: couplings % 2 === 1 };
}

export function checkImageCoupling(spec: ImageCouplingSpec, place: Place): void {
  checkMask(spec, place);
  checkNet(`${place.where}.conditioner`, spec.conditioner);
}

/** Checks that both groups have features. */
export function checkMask(spec: LayerSpec & Pick<Mask, 'mask'>, place: Place): void {
  const image = requireImage(spec, place);
  const isChannel = spec.mask === 'channel';
  if ((isChannel ? image[0] : pixelsOf(image)) >= 2) return;
  throw new ShapeError(
    `${place.where}.${'mask' in spec ? 'mask' : 'type'}`,
    `${spec.mask} on images of ${imageWords(image)}`,
    `at least 2 ${isChannel ? 'channels' : 'pixels'}`,
    isChannel ? 'Put a squeeze before it, or take the mask checkerboard.' : '',
  );
}

/** The tensors of a coupling whose net has `each` outputs per transformed channel of a pixel. */
export function imageCouplingTensors(
  { mask, flip, conditioner }: Mask & { conditioner: Pick<NetSpec, 'hidden' | 'residualBlocks'> },
  each: number,
  shape: FlowShape,
  add: AddTensor,
): ImageCouplingTensors {
  const image = imageOf(shape);
  const [count, height, width] = image;
  const pixels = pixelsOf(image);
  const parity: Checkerboard['parity'] = flip ? 1 : 0;
  const all = { conditionStart: 0, conditionCount: count, transformStart: 0, transformCount: count };
  const isChannel = mask === 'channel';
  const channels = isChannel ? couplingBlocks(count, { split: Math.floor(count / 2), flip }) : all;
  const blocks = {
    conditionStart: channels.conditionStart * pixels,
    conditionCount: channels.conditionCount * pixels,
    transformStart: channels.transformStart * pixels,
    transformCount: channels.transformCount * pixels,
  };
  const window = {
    channels: channels.conditionCount,
    outputs: each * channels.transformCount,
    height,
    width,
    contextCount: shape.contextDim,
    ...(isChannel ? {} : { parity }),
  };
  return {
    image,
    blocks,
    channels,
    contextCount: shape.contextDim,
    ...(isChannel ? {} : { checkerboard: { width, pixels, parity } }),
    nets: [convNetTensors(conditioner, window, add)],
  };
}

/** `channels 3 to 4 of 4 × 7 × 7 given the others; <map>; a net of 64-64 relu channels`. */
export function imageCouplingWords(map: string, { spec, tensors }: ImageCoupling): string {
  const { image, channels } = tensors;
  const { transformStart: first, transformCount: count } = channels;
  const group =
    spec.mask === 'channel'
      ? `channels ${first + 1} to ${first + count}`
      : `pixels of ${spec.flip ? 'even' : 'odd'} row + column`;
  const net = netOf(spec.conditioner).words(spec.conditioner);
  return (
    `${group} of ${imageWords(image)} given the others; ${map}; ` +
    `a convolutional net of ${net} ${spec.conditioner.activation}`
  );
}

export function imageCouplingKey(map: string, { spec, tensors }: ImageCoupling): string {
  const net = netOf(spec.conditioner).tuningKey(spec.conditioner);
  return `${spec.mask} ${imageWords(tensors.image)} ${net} ${spec.conditioner.activation} ${map}`;
}

/** A coupling as its net sees it. The blocks are channels. */
export function netCoupling({ spec, tensors }: ImageCoupling): Coupling & { contextCount: number } {
  const { channels, contextCount, nets } = tensors;
  return { spec, blocks: channels, contextCount, nets };
}

/** Convolutions run in single precision. */
export function inSingle<Run extends Pass>(pass: Run): Run {
  return { ...pass, variants: { ...pass.variants, precision: 'f32' } };
}

export interface AffineMap {
  scale: ScaleMap;
  shiftFirst?: boolean | undefined;
}

interface AffineRun extends MapPass {
  inverse: boolean;
  /** Whether to leave in the workspace what a backward pass of the net needs. */
  keep: boolean;
}

/** Maps the transformed features of the state, in place. The log-determinant goes to LOG_DET. */
export function affineForward(
  plan: PlanBuilder,
  coupling: ImageCoupling,
  { scale, shiftFirst }: AffineMap,
  run: AffineRun,
): void {
  const { rows, activations, inverse, accumulate, keep } = run;
  const { blocks, checkerboard } = coupling.tensors;
  conditionerForward(plan, netCoupling(coupling), { ...inSingle(run), keepDerivatives: keep });
  const features = blocks.transformCount;
  const logScale = plan.buffer(LOG_SCALE, features * rows);
  plan.add(
    affineCoupling({
      rows,
      inverse,
      blocks,
      checkerboard,
      scale,
      shiftFirst,
      conditionerOutput: activations.output,
      state: STATE,
      logScale,
    }),
    logDetReduce({ rows, features, sign: inverse ? -1 : 1, accumulate, logScale, logDet: LOG_DET }),
  );
}

/** z → x in the state, and the gradients of the rows and of the net. */
export function affineBackward(
  plan: PlanBuilder,
  coupling: ImageCoupling,
  { scale, shiftFirst }: AffineMap,
  { netsHaveRun, ...pass }: BackwardPass,
): void {
  const { rows, validRows, dLogDet, activations } = pass;
  const { blocks, checkerboard } = coupling.tensors;
  const run = inSingle(pass);
  if (!netsHaveRun) conditionerForward(plan, netCoupling(coupling), { ...run, keepDerivatives: true });
  plan.add(
    affineCouplingBackward({
      rows,
      validRows,
      blocks,
      checkerboard,
      scale,
      shiftFirst,
      dLogDet,
      conditionerOutput: activations.output,
      state: STATE,
      dState: D_STATE,
      dConditionerOutput: plan.buffer(D_CONDITIONER_OUTPUT, 2 * blocks.transformCount * rows),
    }),
  );
  conditionerBackward(plan, netCoupling(coupling), run);
}
