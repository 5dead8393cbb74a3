/** Alternative tile sizes of kernels, for benchmarks; plans use the launchers' own. */
import { ShapeError } from '../../errors.ts';
import type { Dispatch, Workgroups } from '../../plan/kernel.ts';
import { ceilDivide, gridOf } from '../../plan/shape.ts';
import { sizesOf } from './kept_product.ts';
import { SIDE } from './blocked_product.ts';

/** Tile sizes by their names in the kernel's shader. */
export type TileSizes = Readonly<Record<string, number>>;

interface Tiling {
  /** The valid values of each size for this dispatch. */
  choices: (dispatch: Dispatch) => Record<string, readonly number[]>;
  /** The dispatch with these sizes, each one of the choices. */
  cut: (dispatch: Dispatch, tile: TileSizes) => Partial<Dispatch>;
}

/**
 * The valid tile sizes of `dispatch`, by name; empty for kernels with a fixed tiling.
 * @example
 * tileChoices(dispatch) // { FEATURE_QUADS: [1, 2, 4], ROW_QUADS: [1, 2, 4] }
 */
export function tileChoices(dispatch: Dispatch): Record<string, readonly number[]> {
  return TILINGS[dispatch.kernel.stem]?.choices(dispatch) ?? {};
}

/** The current tile sizes of `dispatch`. */
export function tileOf(dispatch: Dispatch): TileSizes {
  const numbers: TileSizes = { ...dispatch.constants, ...dispatch.sizes };
  return Object.fromEntries(Object.keys(tileChoices(dispatch)).map((name) => [name, numbers[name] ?? NaN]));
}

/**
 * The same work and kernel with other tile sizes; names that the kernel lacks are ignored.
 * @throws {ShapeError} for an invalid size, or sizes that together need too much workgroup memory
 */
export function retiled(dispatch: Dispatch, sizes: TileSizes): Dispatch {
  const tiling = TILINGS[dispatch.kernel.stem];
  if (tiling === undefined) return dispatch;
  const tile: Record<string, number> = { ...tileOf(dispatch) };
  for (const [name, choices] of Object.entries(tiling.choices(dispatch))) {
    const size = sizes[name];
    if (size === undefined) continue;
    if (!choices.includes(size)) {
      throw new ShapeError(
        `${name} of ${dispatch.kernel.stem}`,
        String(size),
        `one of ${choices.join(', ')}`,
      );
    }
    tile[name] = size;
  }
  return { ...dispatch, ...tiling.cut(dispatch, tile) };
}

/** Kernels whose invocations compute one feature, or four. */
function featureBlocks(size: string, features: string, perBlock: (dispatch: Dispatch) => number): Tiling {
  return {
    choices: () => ({ [size]: [1, 4] }),
    cut: (dispatch, tile) => ({
      constants: { ...dispatch.constants, ...tile },
      workgroups: gridOf(
        perBlock(dispatch) * ceilDivide(dispatch.params[features] ?? NaN, tile[size] ?? NaN),
      ),
    }),
  };
}

const BLOCKS = [1, 2, 4];
/** Columns of a tile in workgroup memory, and its bytes: shaders/shared/blocked_product.wgsl. */
const TILE_DEPTH = 16;
const WORKGROUP_BYTES = 16_384;

/** Kernels that use workgroup memory, by the counts of features and quads that the tiles cover. */
function registerBlocks(
  features: string,
  quads: (dispatch: Dispatch) => number,
  featureQuads: readonly number[] = BLOCKS,
): Tiling {
  return {
    choices: () => ({ FEATURE_QUADS: featureQuads, ROW_QUADS: BLOCKS }),
    cut: (dispatch, tile) => {
      const { FEATURE_QUADS = NaN, ROW_QUADS = NaN } = tile;
      const bytes = 16 * TILE_DEPTH * (SIDE * (FEATURE_QUADS + ROW_QUADS) + 2);
      if (bytes > WORKGROUP_BYTES) {
        throw new ShapeError(
          `tile of ${dispatch.kernel.stem}`,
          `FEATURE_QUADS ${FEATURE_QUADS} with ROW_QUADS ${ROW_QUADS}, ${bytes} bytes of workgroup memory`,
          `at most ${WORKGROUP_BYTES} bytes`,
        );
      }
      const workgroups: Workgroups = [
        ceilDivide(quads(dispatch), ROW_QUADS * SIDE),
        ceilDivide(dispatch.params[features] ?? NaN, 4 * FEATURE_QUADS * SIDE),
        dispatch.workgroups[2],
      ];
      return { sizes: { ...dispatch.sizes, ...tile }, workgroups };
    },
  };
}

/** Kernels that keep some rows in registers while the others stream past. */
const keptRows: Tiling = {
  choices: ({ sizes }) => {
    const step = 4 * (sizes['LANES'] ?? NaN);
    const own = sizes['N_KEPT'] ?? NaN;
    // More than 64 take many seconds to compile on software adapters.
    const others = [1, 2, 4, 8, 16].map((blocks) => blocks * step).filter((kept) => kept <= 64);
    return { N_KEPT: [...new Set([own, ...others])].toSorted((a, b) => a - b) };
  },
  cut: ({ sizes }, { N_KEPT = NaN }) => ({
    sizes: sizesOf(N_KEPT, sizes['LANES'] ?? NaN),
  }),
};

const count = (name: string) => (dispatch: Dispatch) => dispatch.params[name] ?? NaN;

const TILINGS: Readonly<Record<string, Tiling>> = {
  dense_forward: featureBlocks('OUTPUT_BLOCK', 'n_outputs', count('n_quads')),
  dense_backward_input: featureBlocks('INPUT_BLOCK', 'n_inputs', count('n_quads')),
  dense_backward_weight: featureBlocks(
    'OUTPUT_BLOCK',
    'n_outputs',
    // Like the shader: blocks of four columns, one of them the bias, in every slice.
    ({ params }) => (params['n_slices'] ?? NaN) * ceilDivide((params['n_inputs'] ?? NaN) + 1, 4),
  ),
  dense_forward_blocked: registerBlocks('n_outputs', count('n_quads')),
  dense_backward_input_blocked: registerBlocks('n_inputs', count('n_quads')),
  dense_backward_weight_blocked: registerBlocks('n_outputs', ({ params }) =>
    ceilDivide(params['n_inputs'] ?? NaN, 4),
  ),
  dense_forward_streamed: keptRows,
  dense_backward_input_streamed: keptRows,
  dense_backward_weight_streamed: keptRows,
};
