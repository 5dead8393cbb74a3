/** The plain-data description of a flow: everything in the model file except the tensors. */
import * as v from 'valibot';
import { BASES, baseOf } from '../bases/index.ts';
import type { BaseSpec } from '../bases/index.ts';
import { BIJECTORS, bijectorOf } from '../bijectors/index.ts';
import type { FlowShape } from '../bijectors/bijector.ts';
import type { BijectorSpec } from '../bijectors/index.ts';
import { ShapeError } from '../errors.ts';
import { imageFeatures } from '../model/image.ts';
import type { ImageShape } from '../model/image.ts';
import { MAX_CONTEXT, SPEC_LIMITS } from '../model/limits.ts';
import { integerFrom } from '../model/schema.ts';
import { checkLeft, shapeAfter } from './shapes.ts';

/** A flow as plain data: its bijectors and its base, without the tensors. */
export interface FlowSpec {
  /** Version of the format. */
  version: 1;
  /** Number of features D of the data, ≥ 1; couplings need 2, or a context. */
  dim: number;
  /** Number of context features C that every conditioner reads next to its block of the data; may be 0. */
  contextDim: number;
  /** The shape [C, H, W] of the data if they are images: D = C · H · W. */
  image?: ImageShape;
  /** The density of the latent. */
  base: BaseSpec;
  /** In the direction data → latent. */
  bijectors: BijectorSpec[];
}

type VariantOption = v.StrictObjectSchema<{ type: v.LiteralSchema<string, undefined> }, undefined>;

/** The schema of any spec in the table, chosen by its type. */
function oneOf<Spec>(rooms: Record<string, { schema: v.GenericSchema }>) {
  const schemas = Object.values(rooms).map(({ schema }) => schema as unknown as VariantOption);
  return v.variant('type', schemas) as unknown as v.GenericSchema<unknown, Spec>;
}

/** The JSON of `__metadata__.wgflow`; keys are written in this order. */
export const flowSpecSchema = v.strictObject({
  version: v.literal(1),
  dim: integerFrom(1, SPEC_LIMITS.dim),
  contextDim: integerFrom(0, MAX_CONTEXT),
  image: v.optional(
    v.strictTuple([
      integerFrom(1, SPEC_LIMITS.dim),
      integerFrom(1, SPEC_LIMITS.dim),
      integerFrom(1, SPEC_LIMITS.dim),
    ]),
  ),
  base: oneOf<BaseSpec>(BASES),
  bijectors: v.pipe(
    v.array(oneOf<BijectorSpec>(BIJECTORS)),
    v.maxLength(SPEC_LIMITS.bijectors, `at most ${SPEC_LIMITS.bijectors}`),
  ),
}) satisfies v.GenericSchema<unknown, FlowSpec>;

/**
 * Checks relations between fields that the schema cannot express.
 * @throws {ShapeError} naming the field, what was found and what was expected
 */
export function checkRelations(spec: FlowSpec): void {
  checkContext(spec);
  checkImage(spec);
  let flow: FlowShape = spec;
  spec.bijectors.forEach((bijector, index) => {
    const before = spec.bijectors[index - 1];
    const previous = before && { spec: before, bijector: bijectorOf(before) };
    const where = `spec.bijectors[${index}]`;
    checkLeft(where, bijector, flow, spec.dim);
    bijectorOf(bijector).check?.(bijector, { where, flow, previous });
    flow = shapeAfter(bijector, flow);
  });
}

function checkImage({ dim, image }: FlowSpec): void {
  if (image === undefined || imageFeatures(image) === dim) return;
  throw new ShapeError('spec.dim', String(dim), `${imageFeatures(image)}, as images of ${image.join(' × ')}`);
}

function checkContext({ base, bijectors, contextDim }: FlowSpec): void {
  const isReadByBase = baseOf(base).readsContext === true;
  if (contextDim > 0 && !isReadByBase && !bijectors.some((bijector) => 'conditioner' in bijector)) {
    const advice = 'Neither a coupling nor the base is there to read a context.';
    throw new ShapeError('spec.contextDim', String(contextDim), '0', advice);
  }
  if (isReadByBase && contextDim === 0) {
    const advice = 'The means of a class-conditional base come from the context.';
    throw new ShapeError('spec.contextDim', '0', 'at least 1', advice);
  }
}
