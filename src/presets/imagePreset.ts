/** The interface of a preset for images, and the parts that these share. */
import { classConditional, standardNormal } from '../bases/index.ts';
import { integer, requireOptions } from '../calls/optionRules.ts';
import type { OptionRules } from '../calls/optionRules.ts';
import type { BijectorSpec } from '../bijectors/index.ts';
import { ShapeError } from '../errors.ts';
import { IMAGE_SHAPE, imageFeatures } from '../model/image.ts';
import type { ImageShape } from '../model/image.ts';
import { MAX_CONTEXT, SPEC_LIMITS } from '../model/limits.ts';
import type { FlowSpec } from '../spec/spec.ts';
import type { Preset } from './preset.ts';

/** Options of the presets for images. */
export interface ImagePresetOptions {
  /** Squeezes, with a split between two levels. By default up to 3, while the sides are even and above 2. */
  levels?: number;
  /** Steps of flow in each level, 8 by default; of Real NVP, couplings of each mask, 3 by default. */
  depth?: number;
  /** Channels of the hidden layers of each net. Default 64; of Real NVP 32. */
  width?: number;
  /** Context features, such as one for each class: the nets read them, and they move the mean of the latent. Default 0. */
  contextDim?: number;
}

/** A family of flows for images, with its training settings. */
export interface ImagePreset extends Omit<Preset, 'spec'> {
  /** Makes the spec of a flow of 8-bit images of this shape. */
  imageSpec: (image: ImageShape, options?: ImagePresetOptions) => FlowSpec;
}

export interface ImageFamily {
  name: string;
  depth: number;
  width: number;
  /** The bijectors of one level, with its squeeze. */
  level: (parts: { depth: number; width: number; isLast: boolean }) => BijectorSpec[];
}

const RULES: OptionRules<keyof ImagePresetOptions> = {
  levels: integer(1, 16),
  depth: integer(1, SPEC_LIMITS.bijectors),
  width: integer(1, SPEC_LIMITS.width),
  contextDim: integer(0, MAX_CONTEXT),
};

/** The sides below which there is nothing to squeeze, and the most levels that pay. */
const MIN_SIDE = 4;
const MAX_LEVELS = 3;

/** `logit`, then the levels of the family, with a split after each but the last. */
export function imageFlow(
  family: ImageFamily,
  image: ImageShape,
  options: ImagePresetOptions = {},
): FlowSpec {
  const { name } = family;
  if (!IMAGE_SHAPE.accepts(image))
    throw new ShapeError(`${name}: image`, String(image), IMAGE_SHAPE.expected);
  requireOptions(name, options, RULES);
  const { depth = family.depth, width = family.width, contextDim = 0 } = options;
  const levels = options.levels ?? levelsOf(image);
  const bijectors: BijectorSpec[] = Array.from({ length: levels }, (_, level) => {
    const isLast = level === levels - 1;
    const inside = family.level({ depth, width, isLast });
    const end: BijectorSpec = { type: 'split', scale: { map: 'tanh', bound: 3 } };
    return isLast ? inside : [...inside, end];
  }).flat();
  return {
    version: 1,
    dim: imageFeatures(image),
    contextDim,
    image: [...image],
    base: contextDim > 0 ? classConditional() : standardNormal(),
    bijectors: [{ type: 'logit', alpha: 0.05, levels: 256 }, ...bijectors],
  };
}

function levelsOf([, height, width]: ImageShape): number {
  const canHalve = (side: number): boolean => side % 2 === 0 && side >= MIN_SIDE;
  let levels = 0;
  for (let [y, x] = [height, width]; canHalve(y) && canHalve(x) && levels < MAX_LEVELS; y /= 2, x /= 2)
    levels++;
  return Math.max(1, levels);
}
