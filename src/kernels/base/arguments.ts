/** The arguments of the kernels of every base distribution. */
import type { BindingSpec, ScalarType } from '../../plan/kernel.ts';
import { splitRow, splitSeed, STREAMS } from '../../random.ts';

export const LOG_PROB_PARAMS = {
  n_rows: 'u32',
  n_valid_rows: 'u32',
  n_features: 'u32',
  row_start: 'u32',
  n_total: 'u32',
  sign: 'f32',
} as const satisfies Record<string, ScalarType>;

/** Bindings of a base with tensors. */
export const LOG_PROB_BINDINGS = {
  parameters: { access: 'read', element: 'f32' },
  state: { access: 'read', element: 'f32' },
  log_det: { access: 'read', element: 'f32' },
  log_prob: { access: 'read_write', element: 'f32' },
  d_state: { access: 'read_write', element: 'f32', when: 'LOSS' },
  d_base: { access: 'read_write', element: 'f32', when: 'LOSS' },
} as const satisfies Record<string, BindingSpec>;

/** The log-density of rows, or the loss with its gradients. */
export interface LogProbArguments {
  rows: number;
  features: number;
  /** +1 if `logDet` belongs to the forward map, −1 if it belongs to the inverse. */
  sign: 1 | -1;
  parameters: string;
  state: string;
  logDet: string;
  /** With `loss` it receives the negative log-likelihoods. */
  logProb: string;
  loss?: BaseLoss;
}

/** The additional arguments of a loss. */
export interface BaseLoss {
  /** Rows before the padding; padded rows have neither loss nor gradient. */
  validRows: number;
  /** The start of this chunk's rows in the buffer of the losses. */
  rowStart: number;
  /** Rows B of the whole batch; the loss is the mean over them. */
  totalRows: number;
  dState: string;
  /** Each row's gradients of the base's tensors, one after another; unused by a base without tensors. */
  dBase: string;
}

export function logProbParams({
  rows,
  features,
  sign,
  loss,
}: LogProbArguments): Record<keyof typeof LOG_PROB_PARAMS, number> {
  return {
    n_rows: rows,
    n_valid_rows: loss?.validRows ?? rows,
    n_features: features,
    row_start: loss?.rowStart ?? 0,
    n_total: loss?.totalRows ?? rows,
    sign,
  };
}

export function logProbBuffers({ parameters, state, logDet, logProb, loss }: LogProbArguments) {
  return {
    parameters,
    state,
    log_det: logDet,
    log_prob: logProb,
    ...(loss && { d_state: loss.dState, d_base: loss.dBase }),
  };
}

export const DRAW_PARAMS = {
  row_start_lo: 'u32',
  row_start_hi: 'u32',
  seed_lo: 'u32',
  seed_hi: 'u32',
  stream: 'u32',
  temperature: 'f32',
} as const satisfies Record<string, ScalarType>;

export const SAMPLE_PARAMS = {
  n_rows: 'u32',
  n_features: 'u32',
  ...DRAW_PARAMS,
} as const satisfies Record<string, ScalarType>;

/** How to draw rows. */
export interface DrawArguments {
  /** Index of the first row; row indices are 64-bit. */
  rowStart: number;
  seed: number;
  /** Standard deviation of a normal base; for other bases, a factor of their spread. */
  temperature: number;
}

/** Samples of the base distribution. */
export interface SampleArguments extends DrawArguments {
  rows: number;
  features: number;
  parameters: string;
  state: string;
}

/** @throws {ShapeError} for a bad seed or row index */
export function sampleParams({
  rows,
  features,
  ...draws
}: SampleArguments): Record<keyof typeof SAMPLE_PARAMS, number> {
  return { n_rows: rows, n_features: features, ...drawParams(draws) };
}

/** @throws {ShapeError} for a bad seed or row index */
export function drawParams({
  rowStart,
  seed,
  temperature,
}: DrawArguments): Record<keyof typeof DRAW_PARAMS, number> {
  const [rowLow, rowHigh] = splitRow(rowStart);
  const [seedLow, seedHigh] = splitSeed(seed);
  return {
    row_start_lo: rowLow,
    row_start_hi: rowHigh,
    seed_lo: seedLow,
    seed_hi: seedHigh,
    stream: STREAMS.baseSample,
    temperature,
  };
}

// Box and Muller per pair: logarithm 14, square root 1, cosine and sine 31, products 3; a product for the temperature.
export const FLOPS_PER_NORMAL = 26;
