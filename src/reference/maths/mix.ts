/** The actnorm and the invertible linear map before a coupling of a stack, in f64, for one row. */
import { roundUp } from '../../plan/shape.ts';
import { at } from './at.ts';

interface MixParams {
  mix_start: number;
  permutation_start: number;
  permutation_stride: number;
  coupling_stride: number;
}

export interface Mix {
  bias: number[];
  logScale: number[];
  logDiagonal: number[];
  /** L with ones on its diagonal, U with its own. */
  lower: number[][];
  upper: number[][];
  permutation: number[];
}

/** Offsets of the trained tensors from their start. */
export function mixOffsets(
  dim: number,
): Record<'bias' | 'logScale' | 'lower' | 'upper' | 'logDiagonal', number> {
  const [vector, triangle] = [roundUp(dim, 4), roundUp((dim * (dim - 1)) / 2, 4)];
  const lower = 2 * vector;
  return { bias: 0, logScale: vector, lower, upper: lower + triangle, logDiagonal: lower + 2 * triangle };
}

export function mixOf(dim: number, params: MixParams, parameters: Float64Array, coupling: number): Mix {
  const start = params.mix_start + coupling * params.coupling_stride;
  const offsets = mixOffsets(dim);
  const features = Array.from({ length: dim }, (_, i) => i);
  const vector = (first: number): number[] => features.map((i) => at(parameters, first + i));
  const logDiagonal = vector(start + offsets.logDiagonal);
  let lowerPlace = start + offsets.lower;
  let upperPlace = start + offsets.upper;
  return {
    bias: vector(start),
    logScale: vector(start + offsets.logScale),
    logDiagonal,
    lower: features.map((i) => features.map((j) => (i === j ? 1 : j < i ? at(parameters, lowerPlace++) : 0))),
    upper: features.map((i) =>
      features.map((j) =>
        i === j ? Math.exp(logDiagonal[i] ?? NaN) : j > i ? at(parameters, upperPlace++) : 0,
      ),
    ),
    permutation: vector(params.permutation_start + coupling * params.permutation_stride),
  };
}

export function mixLogDet({ logScale, logDiagonal }: Mix): number {
  return [...logScale, ...logDiagonal].reduce((sum, value) => sum + value, 0);
}

export function mixed(x: readonly number[], mix: Mix): number[] {
  const scaled = x.map((value, i) => (value + (mix.bias[i] ?? NaN)) * Math.exp(mix.logScale[i] ?? NaN));
  const w = product(mix.lower, product(mix.upper, scaled));
  return mix.permutation.map((i) => w[i] ?? NaN);
}

/** z → x, with x′ after the actnorm and y = U x′. */
export function unmixed(z: readonly number[], mix: Mix): { x: number[]; scaled: number[]; y: number[] } {
  const y = unpermuted(z, mix);
  y.forEach((_, i) => {
    for (let k = 0; k < i; k++) y[i] = (y[i] ?? NaN) - (mix.lower[i]?.[k] ?? NaN) * (y[k] ?? NaN);
  });
  const scaled = y.slice();
  for (let i = y.length - 1; i >= 0; i--) {
    for (let j = i + 1; j < y.length; j++) {
      scaled[i] = (scaled[i] ?? NaN) - (mix.upper[i]?.[j] ?? NaN) * (scaled[j] ?? NaN);
    }
    scaled[i] = (scaled[i] ?? NaN) / (mix.upper[i]?.[i] ?? NaN);
  }
  const x = scaled.map((value, i) => value * Math.exp(-(mix.logScale[i] ?? NaN)) - (mix.bias[i] ?? NaN));
  return { x, scaled, y };
}

/** The gradients of w, y, x′ and x. */
export function mixGradient(
  dZ: readonly number[],
  mix: Mix,
): { dW: number[]; dY: number[]; dScaled: number[]; dX: number[] } {
  const dW = unpermuted(dZ, mix);
  const dY = product(transposed(mix.lower), dW);
  const dScaled = product(transposed(mix.upper), dY);
  return { dW, dY, dScaled, dX: dScaled.map((d, i) => d * Math.exp(mix.logScale[i] ?? NaN)) };
}

function unpermuted(z: readonly number[], { permutation }: Mix): number[] {
  const w = z.map(() => NaN);
  permutation.forEach((i, j) => {
    w[i] = z[j] ?? NaN;
  });
  return w;
}

function product(matrix: readonly number[][], vector: readonly number[]): number[] {
  return matrix.map((row) => row.reduce((sum, value, j) => sum + value * (vector[j] ?? NaN), 0));
}

function transposed(matrix: readonly number[][]): number[][] {
  return matrix.map((_, i) => matrix.map((row) => row[i] ?? NaN));
}
