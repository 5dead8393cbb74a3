/** Numbers that shaders and TypeScript share; a shader that uses one gets it as a `const`. */
import { TOY_NAMES } from '../data/toyFamily.ts';
import { CHOICE_BLOCK } from '../kernels/base/mixture_sample.ts';
import { SIDE } from '../kernels/dense/blocked_product.ts';
import { FUSED_GROUP_SIZE } from '../kernels/fused/coupling_stack.ts';
import { PIECE_GROUP_SIZE } from '../kernels/fused/piece_order.ts';
import { OPS } from '../kernels/resident/ops.ts';
import { ACTIVATIONS } from '../model/activation.ts';
import { DOMAINS } from '../model/domain.ts';
import { SCALE_MAPS } from '../model/scaleMap.ts';
import { REDUCTION_SIZE, WORKGROUP_SIZE } from '../plan/shape.ts';
import { PHILOX_ROUNDS, STREAMS } from '../random.ts';

export const SHARED_NUMBERS: Readonly<Record<string, number>> = {
  WORKGROUP_SIZE,
  REDUCTION_SIZE,
  FUSED_GROUP_SIZE,
  PIECE_GROUP_SIZE,
  SIDE,
  CHOICE_BLOCK,
  PHILOX_ROUNDS,
  STREAM_SHUFFLE: STREAMS.shuffle,
  STREAM_CELLS: STREAMS.cells,
  STREAM_NOISE: STREAMS.noise,
  ...codesOf('ACTIVATION', ACTIVATIONS),
  ...codesOf('DOMAIN', DOMAINS),
  ...codesOf('OP', OPS),
  ...codesOf('SCALE_MAP', SCALE_MAPS),
  ...codesOf('SHAPE', TOY_NAMES),
};

/** The values of an `override` constant: `relu` of ACTIVATION is ACTIVATION_RELU. */
function codesOf(constant: string, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name, code) => [`${constant}_${name.toUpperCase()}`, code]));
}
