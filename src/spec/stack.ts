/** Builds flows from a list of bijectors. */
import { standardNormal } from '../bases/index.ts';
import type { BaseSpec } from '../bases/index.ts';
import { bijectorOf, BIJECTORS } from '../bijectors/index.ts';
import type { BijectorSpec } from '../bijectors/index.ts';
import type { Given } from '../bijectors/bijector.ts';
import { IMAGE_SHAPE, imageFeatures } from '../model/image.ts';
import type { ImageShape } from '../model/image.ts';
import { integer, OBJECT, requireOptions } from '../calls/optionRules.ts';
import { checkedSpec } from './schema.ts';
import type { FlowSpec } from './spec.ts';
import { ShapeError } from '../errors.ts';

/** A bijector with any of its fields. */
export type GivenBijector = BijectorSpec extends infer Spec
  ? Spec extends BijectorSpec
    ? Given<Spec>
    : never
  : never;

/** Options of `stack`. */
export interface StackOptions {
  /** Number of features D of the data. Default: C · H · W of images. */
  dim?: number;
  /** The shape [C, H, W] of the data if they are images. Default none. */
  image?: ImageShape;
  /** Number of context features. Default 0. */
  contextDim?: number;
  /** Density of the latent. Default: a standard normal. */
  base?: BaseSpec;
}

/**
 * The spec of a flow with these bijectors, in the direction data → latent. Omitted fields take their
 * defaults: couplings split the features in halves that swap roles from one coupling to the next.
 *
 * @example
 * const spec = stack([standardize(), actnorm(), invertibleLinear(), splineCoupling({ bins: 8 })], { dim: 4, base: studentT() });
 * @throws {ShapeError} naming the field that is out of range
 */
export function stack(bijectors: readonly GivenBijector[], options: StackOptions): FlowSpec {
  const rules = { dim: integer(1), image: IMAGE_SHAPE, contextDim: integer(0), base: OBJECT };
  requireOptions('stack', options, rules, options.image === undefined ? ['dim'] : []);
  const { image, contextDim = 0, base = standardNormal() } = options;
  const dim = options.dim ?? (image === undefined ? NaN : imageFeatures(image));
  let couplings = 0;
  const whole = bijectors.map(({ type, ...given }, index) => {
    if (!Object.hasOwn(BIJECTORS, type)) {
      throw new ShapeError(
        `bijector ${index + 1} of the stack`,
        type,
        `one of ${Object.keys(BIJECTORS).join(', ')}`,
      );
    }
    const defaults = bijectorOf({ type }).defaults({ dim, contextDim, couplings });
    if (defaults.conditioner === undefined) return { type, ...defaults, ...given };
    couplings++;
    const net = 'conditioner' in given ? given.conditioner : {};
    return { type, ...defaults, ...given, conditioner: { ...defaults.conditioner, ...net } };
  });
  const shape = { dim, contextDim, ...(image && { image }) };
  return checkedSpec({ version: 1, ...shape, base, bijectors: whole as BijectorSpec[] });
}
