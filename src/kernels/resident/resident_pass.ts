import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { activationCode } from '../../model/activation.ts';
import type { Activation } from '../../model/activation.ts';
import { scaleMapCode } from '../../model/scaleMap.ts';
import type { ScaleMap } from '../../model/scaleMap.ts';
import { ceilDivide, foldedGroups, quadsOf } from '../../plan/shape.ts';
import { DRAW_PARAMS, drawParams } from '../base/arguments.ts';
import type { DrawArguments } from '../base/arguments.ts';
import { PHILOX_ROUNDS } from '../../random.ts';
import { opWords, OP_WORDS } from './ops.ts';
import type { Density, Op } from './ops.ts';

export const residentPassKernel = {
  stem: 'resident_pass',
  params: {
    n_ops: 'u32',
    n_quads: 'u32',
    n_valid_rows: 'u32',
    n_slots: 'u32',
    n_dim: 'u32',
    n_context: 'u32',
    accumulate: 'u32',
    d_log_det: 'f32',
    score_start: 'u32',
    score_sign: 'f32',
    ...DRAW_PARAMS,
    n_rounds: 'u32',
  },
  bindings: {
    ops: { access: 'read', element: 'u32', table: true },
    parameters: { access: 'read', element: 'f32' },
    packed: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    log_det: { access: 'read_write', element: 'f32', when: 'LOG_DET' },
    context: { access: 'read', element: 'f32', when: 'CONTEXT' },
    d_state: { access: 'read_write', element: 'f32', when: 'BACKWARD' },
    factors: { access: 'read_write', element: 'f32', when: 'BACKWARD' },
    kept: { access: 'read_write', element: 'f32', when: 'KEEP_ROWS' },
    log_prob: { access: 'read_write', element: 'f32', when: 'SCORE' },
    latent: { access: 'read_write', element: 'f32', when: 'LATENT' },
  },
  flags: [
    'BACKWARD',
    'CONTEXT',
    'DOMAINS',
    'KEEP_ROWS',
    'LOG_DET',
    'SPLINES',
    'TRIANGLES',
    'SCORE',
    'LOSS',
    'SAMPLE',
    'LATENT',
    'NORMAL',
    'STUDENT_T',
    'MIXTURE',
    'UNIFORM',
  ],
  constants: ['ACTIVATION', 'SCALE_MAP'],
  sizes: ['N_UNITS', 'ROW_QUADS', 'OUTPUT_QUADS', 'GROUP', 'N_PARTS'],
} as const satisfies KernelSpec;

/** How the rows are split: a workgroup of `group` invocations owns 4 · `rowQuads` rows. */
export interface Tile {
  group: number;
  rowQuads: number;
  /** An invocation sums 4 · `outputQuads` outputs of a layer at once. */
  outputQuads: number;
}

const UNIT_COUNTS = [32, 64, 96, 128, 192, 256, 320, 384, 448, 512, 576, 640, 768, 896];
const PART_COUNTS = [1, 64, 128, 256, 512];

/** The smallest of the counts that suffices: few counts are few kernels to compile. */
function enough(counts: readonly number[], wanted: number): number {
  return counts.find((count) => count >= wanted) ?? wanted;
}

/** How the invocations share a layer. */
function slicesOf({ count = 0, inputs = 0 }: Op, { group, rowQuads, outputQuads }: Tile) {
  const lanes = group / rowQuads;
  const blocks = ceilDivide(count, 4 * outputQuads);
  const slices = Math.max(1, Math.min(Math.floor(lanes / blocks), ceilDivide(inputs, 4)));
  return { lanes, blocks, slices };
}

/** Elements of `parts` that an operation uses. */
function partsOf(op: Op, tile: Tile): number {
  const { count = 0, inputs = 0 } = op;
  const lanes = tile.group / tile.rowQuads;
  switch (op.kind) {
    case 'dense': {
      const { slices } = slicesOf(op, tile);
      return slices === 1 ? 0 : slices * count * tile.rowQuads;
    }
    case 'draw':
      return 4 * tile.rowQuads * Math.min(lanes, ceilDivide(count, 4));
    case 'log_density':
    case 'log_density_backward':
      // Of a mixture, whose components are the inputs.
      return 2 * tile.rowQuads * Math.min(lanes, inputs);
    default:
      return 0;
  }
}

/** vec4f elements of workgroup memory: units of the rows, and parts of sums. The dense operations read whole quads of units. */
function memoryOf(units: number, ops: readonly Op[], tile: Tile): { units: number; parts: number } {
  const parts = Math.max(1, ...ops.map((op) => partsOf(op, tile)));
  return { units: enough(UNIT_COUNTS, units + 3), parts: enough(PART_COUNTS, parts) };
}

/** Workgroup memory that the operations need, in bytes. */
export function tileBytes(units: number, ops: readonly Op[], tile: Tile): number {
  const memory = memoryOf(units, ops, tile);
  return 16 * (memory.units * tile.rowQuads + memory.parts);
}

export interface ResidentPassArguments {
  rows: number;
  dim: number;
  contextDim: number;
  ops: readonly Op[];
  /** Units of a tile, state and context included. */
  units: number;
  tile: Tile;
  activation: Activation;
  scale: ScaleMap;
  accumulate: boolean;
  /** Floating-point operations for one row. */
  flops: number;
  parameters: string;
  packed: string;
  state: string;
  logDet: string;
  context?: string;
  /** Rows from the forward pass for the backward pass, by `RowOps.keepRows`. */
  kept?: string;
  /** The density of the base, for operations that need it. */
  density?: Density;
  /** Receives the log-det, to which the operations added the log-density, or its negative. */
  score?: { logProb: string; start: number; sign: 1 | -1; validRows: number };
  draws?: DrawArguments & {
    /** Receives the draws. */
    latent?: string;
  };
  backward?: {
    validRows: number;
    dLogDet: number;
    /** Slots of factors, each a number for every row. */
    slots: number;
    dState: string;
    factors: string;
  };
}

/** Tiles of `rows` rows. */
export function tilesOf(rows: number, { rowQuads }: Tile): number {
  return ceilDivide(quadsOf(rows), rowQuads);
}

/** The unit at which the gradient of the state begins, in a backward pass. */
export function dStateUnit(dim: number): number {
  return dim + 1;
}

/** The unit at which the context begins. */
export function contextUnit(dim: number, isBackward: boolean): number {
  return isBackward ? 2 * dim + 1 : dim + 1;
}

const NO_DRAWS: DrawArguments = { rowStart: 0, seed: 0, temperature: 0 };

const OF_DENSITY: readonly Op['kind'][] = ['draw', 'log_density', 'log_density_backward'];

const SPLINES: readonly Op['kind'][] = ['spline', 'spline_backward'];
const TRIANGULAR: readonly Op['kind'][] = ['solve_upper', 'solve_lower'];

/** Runs of a dense operation's loop by the invocation that has most to do. */
function denseTrips(op: Op, tile: Tile): number {
  if (op.kind !== 'dense') return 0;
  const { lanes, blocks, slices } = slicesOf(op, tile);
  return ceilDivide(blocks, lanes) * ceilDivide(ceilDivide(op.inputs ?? 0, 4), slices);
}

/** Takes rows through `ops`, in place; backward also their gradients. */
export function residentPass(args: ResidentPassArguments): Dispatch {
  const { rows, dim, contextDim, ops, tile, backward, context, kept, score, draws } = args;
  const isBackward = backward !== undefined;
  const has = (kinds: readonly Op['kind'][]): boolean => ops.some(({ kind }) => kinds.includes(kind));
  const tiles = tilesOf(rows, tile);
  const memory = memoryOf(args.units, ops, tile);
  const density = has(OF_DENSITY) ? args.density : undefined;
  const moved = isBackward ? 4 * dim + 2 * backward.slots : 2 * dim + 2;
  return dispatchOf(residentPassKernel, {
    params: {
      n_ops: ops.length,
      n_quads: quadsOf(rows),
      n_valid_rows: backward?.validRows ?? score?.validRows ?? rows,
      n_slots: backward?.slots ?? 0,
      n_dim: dim,
      n_context: contextDim,
      accumulate: Number(args.accumulate),
      d_log_det: backward?.dLogDet ?? 0,
      score_start: score?.start ?? 0,
      score_sign: score?.sign ?? 1,
      ...drawParams(draws ?? NO_DRAWS),
      n_rounds: PHILOX_ROUNDS,
    },
    flags: {
      BACKWARD: isBackward,
      CONTEXT: context !== undefined,
      DOMAINS: has(['domain']),
      KEEP_ROWS: kept !== undefined,
      LOG_DET: !isBackward,
      SPLINES: has(SPLINES),
      TRIANGLES: has(TRIANGULAR),
      SCORE: score !== undefined,
      LOSS: ops.some(({ kind }) => kind === 'log_density_backward'),
      SAMPLE: draws !== undefined,
      LATENT: draws?.latent !== undefined,
      NORMAL: density === 'normal',
      STUDENT_T: density === 'student_t',
      MIXTURE: density === 'mixture',
      UNIFORM: density === 'uniform',
    },
    constants: { ACTIVATION: activationCode(args.activation), SCALE_MAP: scaleMapCode(args.scale) },
    sizes: {
      N_UNITS: memory.units,
      ROW_QUADS: tile.rowQuads,
      OUTPUT_QUADS: tile.outputQuads,
      GROUP: tile.group,
      N_PARTS: memory.parts,
    },
    tables: { ops: opWords(ops) },
    buffers: {
      parameters: args.parameters,
      packed: args.packed,
      state: args.state,
      ...(context === undefined ? {} : { context }),
      ...(isBackward ? { d_state: backward.dState, factors: backward.factors } : { log_det: args.logDet }),
      ...(kept === undefined ? {} : { kept }),
      ...(score === undefined ? {} : { log_prob: score.logProb }),
      ...(draws?.latent === undefined ? {} : { latent: draws.latent }),
    },
    workgroups: foldedGroups(tiles),
    flops: rows * args.flops,
    chain: { operations: ops.length, trips: ops.reduce((sum, op) => sum + denseTrips(op, tile), 0) },
    bytes: 4 * rows * moved + 4 * OP_WORDS * ops.length,
  });
}
