import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { activationCode } from '../../model/activation.ts';
import type { Activation } from '../../model/activation.ts';
import { scaleMapCode } from '../../model/scaleMap.ts';
import type { ScaleMap } from '../../model/scaleMap.ts';
import { ceilDivide, foldedGroups, quadsOf } from '../../plan/shape.ts';
import { DRAW_PARAMS, drawParams } from '../base/arguments.ts';
import type { DrawArguments } from '../base/arguments.ts';
import { rawCount } from '../spline/rational_quadratic.ts';
import { PHILOX_ROUNDS } from '../../random.ts';
import { opWords, OP_WORDS, STEPS } from './ops.ts';
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
    resume: 'u32',
    ...DRAW_PARAMS,
    n_rounds: 'u32',
  },
  bindings: {
    ops: { access: 'read', element: 'u32', table: true },
    parameters: { access: 'read', element: 'f32' },
    packed: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32', when: 'STATE' },
    log_det: { access: 'read_write', element: 'f32', when: 'LOG_DET' },
    context: { access: 'read', element: 'f32', when: 'CONTEXT' },
    d_state: { access: 'read_write', element: 'f32', when: 'D_STATE' },
    factors: { access: 'read_write', element: 'f32', when: 'KEEP' },
    checkpoints: { access: 'read_write', element: 'f32', when: 'CHECKPOINTS' },
    log_prob: { access: 'read_write', element: 'f32', when: 'SCORE' },
    latent: { access: 'read_write', element: 'f32', when: 'LATENT' },
  },
  flags: [
    'STATE',
    'CHECKPOINTS',
    'CONTEXT',
    'DOMAINS',
    'D_STATE',
    'KEEP',
    'LOG_DET',
    'RESTORE',
    'RESUME',
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

/** WebGPU's guaranteed workgroup memory, in bytes and in vec4f elements. */
const WORKGROUP_BYTES = 16_384;
const WORKGROUP_QUADS = WORKGROUP_BYTES / 16;

/** Few counts are few kernels to compile. */
const UNIT_COUNTS = [32, 64, 96, 128, 192, 256, 320, 384, 448, 512, 576, 640, 768, 896];
const PART_COUNTS = [1, 64, 128, 192, 256, 320, 384, 448, 512, 768];

/** How the invocations share a layer. */
interface Shares {
  /** Blocks of outputs. */
  blocks: number;
  /** Slices of the inputs, each summed by other invocations. */
  slices: number;
}

/** How the invocations share a dense operation, if `parts` elements of workgroup memory are for parts of its sums. */
function sharesOf({ count = 0, inputs = 0 }: Op, tile: Tile, parts: number): Shares {
  const blocks = ceilDivide(count, 4 * tile.outputQuads);
  const most = Math.min(lanesOf(tile) / blocks, ceilDivide(inputs, 4), parts / (count * tile.rowQuads));
  return { blocks, slices: Math.max(1, Math.floor(most)) };
}

function lanesOf({ group, rowQuads }: Tile): number {
  return group / rowQuads;
}

/** Elements of `parts` that an operation needs; a dense one can do with none. */
function neededParts({ kind, count = 0, inputs = 0 }: Op, tile: Tile): number {
  const lanes = lanesOf(tile);
  switch (kind) {
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

/** Elements of `parts` with which most invocations have a share in a dense operation. */
function wantedParts(op: Op, tile: Tile): number {
  if (op.kind !== 'dense') return neededParts(op, tile);
  const { slices } = sharesOf(op, tile, Infinity);
  return slices === 1 ? 0 : slices * (op.count ?? 0) * tile.rowQuads;
}

/** vec4f elements of workgroup memory: units of the rows, and parts of sums. Dense operations read whole quads of units. */
function memoryOf(units: number, ops: readonly Op[], tile: Tile): { units: number; parts: number } {
  const stored = UNIT_COUNTS.find((count) => count >= units + 3) ?? units + 3;
  const left = WORKGROUP_QUADS - stored * tile.rowQuads;
  const most = (of: typeof neededParts): number => Math.max(1, ...ops.map((op) => of(op, tile)));
  const fits = PART_COUNTS.filter((count) => count <= left);
  const parts = fits.find((count) => count >= most(wantedParts)) ?? fits.at(-1) ?? 0;
  return { units: stored, parts: Math.max(parts, most(neededParts)) };
}

/** Whether the rows of a tile and the sums of the operations fit the guaranteed workgroup memory. */
export function tileFits(units: number, ops: readonly Op[], tile: Tile): boolean {
  const memory = memoryOf(units, ops, tile);
  const dense = ops.filter(({ kind }) => kind === 'dense');
  return (
    memory.units * tile.rowQuads + memory.parts <= WORKGROUP_QUADS &&
    dense.every((op) => sharesOf(op, tile, memory.parts).blocks <= lanesOf(tile))
  );
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
  /** Floating-point operations for one row. */
  flops: number;
  parameters: string;
  packed: string;
  context?: string;
  /** The density of the base, for operations that need it. */
  density?: Density;
  /** Receives the log-det, to which the operations added the log-density, or its negative. */
  score?: { logProb: string; start: number; sign: 1 | -1; validRows: number };
  draws?: DrawArguments & {
    /** Receives the draws. */
    latent?: string;
  };
  /** The state: the pass begins with it, or restores it to what it was at the checkpoint. */
  state?: string;
  /** Of a pass that leaves the log-det: whether it adds to it. */
  logDet?: { buffer: string; accumulate: boolean };
  /** Buffer of state and log-det between bijectors, and where to begin. */
  checkpoints?: { buffer: string; resume?: number };
  /** The part of a training step that the pass does. */
  training?: {
    validRows: number;
    dLogDet: number;
    /** Slots of factors, each a number for every row. */
    slots: number;
    factors: string;
    /** The gradient of the state, if there are other bijectors before or after. */
    dState?: string;
  };
}

/** Pairs of quads of `rows` rows: the factors of a pair lie together. */
export function pairsOf(rows: number): number {
  return ceilDivide(quadsOf(rows), 2);
}

/** Elements of the factors that the tiles of `rows` rows write, rows past the last one included. */
export function factorElements(rows: number, slots: number, tile: Tile): number {
  return 4 * slots * 2 * ceilDivide(tilesOf(rows, tile) * tile.rowQuads, 2);
}

/** Tiles of `rows` rows, and of whole pairs of quads. */
export function tilesOf(rows: number, { rowQuads }: Tile): number {
  return ceilDivide(2 * pairsOf(rows), rowQuads);
}

/** The unit at which the context begins. */
export function contextUnit(dim: number): number {
  return dim + 1;
}

const NO_DRAWS: DrawArguments = { rowStart: 0, seed: 0, temperature: 0 };

const OF_DENSITY: readonly Op['kind'][] = ['draw', 'log_density', 'log_density_backward'];

const SPLINES: readonly Op['kind'][] = ['spline', 'spline_backward'];
const TRIANGULAR: readonly Op['kind'][] = ['solve_upper', 'solve_lower'];

/** Runs of a dense operation's loop by the invocation that has most to do. */
function denseTrips(op: Op, tile: Tile, parts: number): number {
  if (op.kind !== 'dense') return 0;
  return ceilDivide(ceilDivide(op.inputs ?? 0, 4), sharesOf(op, tile, parts).slices);
}

/** Factors of a row that an operation reads and writes. */
function movedFactors({ kind, count = 0, inputs = 0, aux = 0, slot = 0, slope = 0, option = 0 }: Op): number {
  switch (kind) {
    case 'dense':
    case 'activate': {
      const { keep, keepSlope, timesSlope } = STEPS;
      const moves = [keep, keepSlope, timesSlope].filter((step) => (option & step) !== 0).length;
      return moves * count + (aux === 0 ? 0 : inputs);
    }
    case 'affine':
      return slot === 0 ? 0 : 2 * count;
    case 'spline':
      return slope === 0 ? 0 : count;
    case 'scale':
      return slot === 0 ? 0 : count;
    case 'keep':
    case 'recall':
      return count;
    case 'scale_backward':
      return 3 * count;
    case 'diagonal_factors':
      return 2 * count;
    case 'affine_backward':
      return 4 * count;
    case 'spline_backward':
      return (1 + rawCount(inputs)) * count;
    default:
      return 0;
  }
}

/** Takes rows through `ops`. */
export function residentPass(args: ResidentPassArguments): Dispatch {
  const { rows, dim, contextDim, ops, tile, context, score, draws } = args;
  const { state, logDet, checkpoints, training } = args;
  const has = (kinds: readonly Op['kind'][]): boolean => ops.some(({ kind }) => kinds.includes(kind));
  const memory = memoryOf(args.units, ops, tile);
  const density = has(OF_DENSITY) ? args.density : undefined;
  const resumes = checkpoints?.resume !== undefined;
  const factors = ops.reduce((sum, op) => sum + movedFactors(op), 0);
  const moved = 2 * dim + 2 + (training === undefined ? 0 : factors);
  return dispatchOf(residentPassKernel, {
    params: {
      n_ops: ops.length,
      n_quads: quadsOf(rows),
      n_valid_rows: training?.validRows ?? score?.validRows ?? rows,
      n_slots: training?.slots ?? 0,
      n_dim: dim,
      n_context: contextDim,
      accumulate: Number(logDet?.accumulate ?? false),
      d_log_det: training?.dLogDet ?? 0,
      score_start: score?.start ?? 0,
      score_sign: score?.sign ?? 1,
      resume: checkpoints?.resume ?? 0,
      ...drawParams(draws ?? NO_DRAWS),
      n_rounds: PHILOX_ROUNDS,
    },
    flags: {
      STATE: state !== undefined,
      CHECKPOINTS: checkpoints !== undefined,
      CONTEXT: context !== undefined,
      DOMAINS: has(['domain']),
      D_STATE: training?.dState !== undefined,
      KEEP: training !== undefined,
      LOG_DET: logDet !== undefined,
      RESTORE: resumes && state !== undefined,
      RESUME: resumes,
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
      ...given({
        state,
        log_det: logDet?.buffer,
        context,
        d_state: training?.dState,
        factors: training?.factors,
        checkpoints: checkpoints?.buffer,
        log_prob: score?.logProb,
        latent: draws?.latent,
      }),
    },
    workgroups: foldedGroups(tilesOf(rows, tile)),
    flops: rows * args.flops,
    chain: {
      operations: ops.length,
      trips: ops.reduce((sum, op) => sum + denseTrips(op, tile, memory.parts), 0),
    },
    bytes: 4 * rows * moved + 4 * OP_WORDS * ops.length,
  });
}

/** Only the buffers that there are. */
function given<Name extends string>(
  buffers: Record<Name, string | undefined>,
): Partial<Record<Name, string>> {
  return Object.fromEntries(Object.entries(buffers).filter(([, name]) => name !== undefined)) as Partial<
    Record<Name, string>
  >;
}
