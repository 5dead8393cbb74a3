import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { DenseSlots } from '../../model/tensors.ts';
import type { ScaleMap } from '../../model/scaleMap.ts';
import type { CouplingBlocks } from '../../model/blocks.ts';
import { ceilDivide, quadsOf } from '../../plan/shape.ts';
import { BLOCK_SIZES, blockedGrid, BLOCK, TILE_FEATURES } from '../dense/blocked_product.ts';
import { elementBytes } from '../dense/element_bytes.ts';
import { scaleBound, scaleMapCode } from '../../model/scaleMap.ts';

export const denseCouplingBlockedKernel = {
  stem: 'dense_coupling_blocked',
  params: {
    n_quads: 'u32',
    n_inputs: 'u32',
    n_transformed: 'u32',
    transform_start: 'u32',
    weight_offset: 'u32',
    bias_offset: 'u32',
    scale_bound: 'f32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32', f16When: 'F16' },
    input: { access: 'read', element: 'f32', f16When: 'F16' },
    state: { access: 'read_write', element: 'f32' },
    log_scale: { access: 'read_write', element: 'f32' },
    output: { access: 'read_write', element: 'f32', when: 'STORE_OUTPUT' },
  },
  flags: ['INVERSE', 'STORE_OUTPUT', 'F16'],
  constants: ['SCALE_MAP'],
  sizes: BLOCK_SIZES,
} as const satisfies KernelSpec;

/** Transformed features whose log-scales one workgroup adds: a tile holds a and t of each. */
export const TILE_TRANSFORMED = TILE_FEATURES / 2;

export interface DenseCouplingBlockedArguments {
  /** A multiple of 4. */
  rows: number;
  /** The last layer of a coupling's single net: outputs [a | t]. */
  layer: DenseSlots;
  blocks: CouplingBlocks;
  scale: ScaleMap;
  inverse: boolean;
  parameters: string;
  /** The hidden layer below, [inputs, rows]. */
  input: string;
  state: string;
  /** [couplingTiles, rows]. */
  logScale: string;
  /** Receives [a | t]; omitted if no backward pass follows. */
  output?: string;
  /** Whether parameters and input have half precision. */
  f16?: boolean;
}

/** Sums of log-scales per row that `denseCouplingBlocked` leaves for `logDetReduce`. */
export function couplingTiles(transformed: number): number {
  return ceilDivide(transformed, TILE_TRANSFORMED);
}

/** The last layer of a coupling's net and the coupling itself in one dispatch, in place, either direction. */
export function denseCouplingBlocked(args: DenseCouplingBlockedArguments): Dispatch {
  const { rows, layer, blocks, scale, output, f16 = false } = args;
  const transformed = rows * blocks.transformCount;
  const quads = quadsOf(rows);
  const results = rows * couplingTiles(blocks.transformCount) + transformed * (output === undefined ? 2 : 4);
  return dispatchOf(denseCouplingBlockedKernel, {
    params: {
      n_quads: quads,
      n_inputs: layer.inputs,
      n_transformed: blocks.transformCount,
      transform_start: blocks.transformStart,
      weight_offset: layer.weight.offset,
      bias_offset: layer.bias.offset,
      scale_bound: scaleBound(scale),
    },
    flags: { INVERSE: args.inverse, STORE_OUTPUT: output !== undefined, F16: f16 },
    constants: { SCALE_MAP: scaleMapCode(scale) },
    sizes: BLOCK,
    buffers: {
      parameters: args.parameters,
      input: args.input,
      state: args.state,
      log_scale: args.logScale,
      ...(output === undefined ? {} : { output }),
    },
    workgroups: blockedGrid(TILE_FEATURES * couplingTiles(blocks.transformCount), quads),
    flops: 2 * rows * layer.weight.length + 4 * transformed,
    bytes: elementBytes(f16) * (layer.weight.length + layer.bias.length + rows * layer.inputs) + 4 * results,
  });
}
