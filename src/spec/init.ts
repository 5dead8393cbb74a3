/** The parameters of a fresh flow. */
import { paramLayout } from './layout.ts';
import type { ParamLayout } from './layout.ts';
import type { LinearSlots, TensorSlot } from '../model/tensors.ts';
import { normals, STREAMS, uniforms } from '../random.ts';
import type { FlowSpec, InvertibleLinearSpec, PermutationSpec } from './spec.ts';

/**
 * Initial parameters, as `paramLayout(spec)` lays them out. Weights and biases are U(−1/√in, 1/√in), as
 * PyTorch's Linear draws them; last layers are zero where the conditioner says `zero_last`. Everything without nets
 * starts as the identity, but permutations, which are drawn from a stream of their own, and domains, whose scale is 1:
 * these and standardisation until the training data set them, actnorms until the first batch does. A learned normal starts
 * as the standard one, and a mixture as some of variance 1 around means drawn from it.
 */
export function initialParameters(
  spec: FlowSpec,
  seed: number,
  layout: ParamLayout = paramLayout(spec),
): Float32Array {
  const parameters = new Float32Array(layout.length);
  const draws = uniforms(seed, STREAMS.init, netLength(layout));
  let next = 0;
  const permutationDraws = uniforms(seed, STREAMS.permutation, permutationLength(layout));
  let nextPermutation = 0;
  const nextPermutationDraw = (): number => permutationDraws[nextPermutation++] ?? 0;
  startBase(parameters, spec, layout, seed);
  for (const slots of layout.bijectors) {
    if (slots.type === 'domain') fillWithOnes(parameters, slots.scale);
    if (slots.type === 'standardize') fillWithOnes(parameters, slots.std);
    if ('permutation' in slots) {
      parameters.set(orderOf(slots.spec, spec.dim, nextPermutationDraw), slots.permutation.offset);
    }
    if (slots.type === 'permutation' && slots.signs !== undefined) fillWithOnes(parameters, slots.signs);
    if (!('nets' in slots)) continue;
    for (const net of slots.nets) {
      net.layers.forEach((layer, depth) => {
        const isZero = slots.spec.conditioner.init === 'zero_last' && depth === net.layers.length - 1;
        const bound = 1 / Math.sqrt(layer.inputs);
        for (const { offset, length } of [layer.weight, layer.bias]) {
          for (let i = 0; i < length; i++, next++) {
            if (!isZero) parameters[offset + i] = bound * (2 * (draws[next] ?? 0) - 1);
          }
        }
      });
    }
  }
  return parameters;
}

/** What a fresh flow takes from its data: scales of domains, mean less offset and spread of a standardisation, a whitening [D, D]. */
export interface DataStart {
  scale: Float64Array;
  /** The mean less the offset that the host subtracts. */
  meanLeft: Float64Array;
  std: Float64Array;
  whitening?: Float64Array;
}

/** The tensors of a fresh flow that its data set. */
export function tensorsOfData(
  { bijectors }: ParamLayout,
  { scale, meanLeft, std, whitening }: DataStart,
): { tensor: TensorSlot; values: Float32Array<ArrayBuffer> }[] {
  return bijectors.flatMap((slots) => {
    if (slots.type === 'domain') return [{ tensor: slots.scale, values: new Float32Array(scale) }];
    if (slots.type === 'standardize') {
      return [
        { tensor: slots.mean, values: new Float32Array(meanLeft) },
        { tensor: slots.std, values: new Float32Array(std) },
      ];
    }
    if (slots.type !== 'invertible_linear' || whitening === undefined) return [];
    return slots.spec.init === 'whiten' ? whiteningTensors(slots, whitening) : [];
  });
}

/** Whether the flow starts with a whitening of its data. */
export function isWhitened({ bijectors }: FlowSpec): boolean {
  return bijectors.some((bijector) => bijector.type === 'invertible_linear' && bijector.init === 'whiten');
}

/** W = L diag for a lower triangular W [D, D]. */
function whiteningTensors(
  { lower, logDiagonal }: LinearSlots,
  W: Float64Array,
): { tensor: TensorSlot; values: Float32Array<ArrayBuffer> }[] {
  const dim = logDiagonal.length;
  const diagonal = Array.from({ length: dim }, (_, j) => W[j * dim + j] ?? NaN);
  const rows = diagonal.map((_, i) =>
    diagonal.slice(0, i).map((scale, j) => (W[i * dim + j] ?? NaN) / scale),
  );
  return [
    { tensor: lower, values: Float32Array.from(rows.flat()) },
    { tensor: logDiagonal, values: Float32Array.from(diagonal, Math.log) },
  ];
}

function fillWithOnes(parameters: Float32Array, { offset, length }: TensorSlot): void {
  parameters.fill(1, offset, offset + length);
}

/** Means apart, since components that are the same would stay so; degrees of freedom as the spec says. */
function startBase(
  parameters: Float32Array,
  { base }: FlowSpec,
  { base: slots }: ParamLayout,
  seed: number,
): void {
  if (base.type === 'mixture' && slots.type === 'mixture') {
    parameters.set(normals(seed, STREAMS.base, slots.mean.length), slots.mean.offset);
  }
  if (base.type === 'student_t' && slots.type === 'student_t') {
    const { offset, length } = slots.logDf;
    parameters.fill(Math.log(base.df), offset, offset + length);
  }
}

/** Weights and biases of all nets. */
function netLength({ bijectors }: ParamLayout): number {
  return bijectors
    .flatMap((slots) => ('nets' in slots ? slots.nets : []))
    .flatMap(({ layers }) => layers)
    .reduce((sum, { weight, bias }) => sum + weight.length + bias.length, 0);
}

function permutationLength({ bijectors }: ParamLayout): number {
  return bijectors.reduce((sum, slots) => sum + ('permutation' in slots ? slots.permutation.length : 0), 0);
}

function orderOf(
  { init }: PermutationSpec | InvertibleLinearSpec,
  count: number,
  draw: () => number,
): number[] {
  if (init === 'reverse') return Array.from({ length: count }, (_, j) => count - 1 - j);
  if (init === 'whiten') return Array.from({ length: count }, (_, j) => j);
  return shuffled(count, draw);
}

/** By Fisher and Yates, with uniform draws of (0, 1). */
function shuffled(count: number, draw: () => number): number[] {
  const order = Array.from({ length: count }, (_, j) => j);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(draw() * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}
