/** Random flows: specs of every shape with parameters that make them far from the identity. */
import * as fc from 'fast-check';
import { paramLayout } from '../../src/paramLayout.ts';
import { ACTIVATIONS } from '../../src/spec.ts';
import type { Activation, AffineCouplingSpec, FlowSpec } from '../../src/spec.ts';
import { uniforms } from '../../src/random.ts';
import type { FlowModel } from '../../src/steps/forward.ts';

export interface RandomFlow {
  spec: FlowSpec;
  /** f32 values, flat in the order of the layout. */
  parameters: Float32Array;
}

export interface SpecRange {
  maxDim?: number;
  maxCouplings?: number;
  activations?: readonly Activation[];
}

/** Activations whose flows have as many derivatives as one likes. */
export const SMOOTH: readonly Activation[] = ['identity', 'tanh', 'silu'];

/** Specs of 1 to 4 couplings on 2 to 65 features; narrow nets, so that the twins are quick. */
export function randomSpecs({
  maxDim = 65,
  maxCouplings = 4,
  activations = ACTIVATIONS,
}: SpecRange = {}): fc.Arbitrary<FlowSpec> {
  return fc
    .oneof(fc.integer({ min: 2, max: Math.min(5, maxDim) }), fc.integer({ min: 2, max: maxDim }))
    .chain((dim) =>
      fc
        .tuple(
          fc.boolean(),
          fc.array(randomCoupling(dim, activations), { minLength: 1, maxLength: maxCouplings }),
        )
        .map(([standardize, couplings]) => specOf(dim, couplings, standardize)),
    );
}

/** Random specs with parameters. */
export function randomFlows(range: SpecRange = {}): fc.Arbitrary<RandomFlow> {
  return fc
    .tuple(randomSpecs(range), fc.integer({ min: 0, max: 2 ** 31 }))
    .map(([spec, seed]) => ({ spec, parameters: randomParameters(spec, seed) }));
}

export function specOf(dim: number, couplings: AffineCouplingSpec[], standardize = false): FlowSpec {
  return {
    version: 1,
    dim,
    contextDim: 0,
    base: { type: 'standard_normal' },
    bijectors: standardize ? [{ type: 'standardize' }, ...couplings] : couplings,
  };
}

export function modelOf(spec: FlowSpec): FlowModel {
  return { spec, layout: paramLayout(spec) };
}

/** Weights and biases of every layer from U(−1/√in, 1/√in), means of ±2, standard deviations from 0.4 to 2.4. */
export function randomParameters(spec: FlowSpec, seed: number): Float32Array {
  const layout = paramLayout(spec);
  const draws = uniforms(seed, 0, layout.length);
  const parameters = new Float32Array(layout.length);
  // Tensor by tensor, trainable or not, as they would lie end to end.
  const firstDraws = new Map<number, number>();
  let next = 0;
  for (const { offset, length } of layout.tensors) {
    firstDraws.set(offset, next);
    next += length;
  }
  const fill = (slot: { offset: number; length: number }, from: number, to: number): void => {
    const first = firstDraws.get(slot.offset)!;
    for (let i = 0; i < slot.length; i++) {
      parameters[slot.offset + i] = from + (to - from) * draws[first + i]!;
    }
  };
  for (const slots of layout.bijectors) {
    if (slots.type === 'standardize') {
      fill(slots.mean, -2, 2);
      fill(slots.std, 0.4, 2.4);
      continue;
    }
    for (const { inputs, weight, bias } of slots.nets.flatMap(({ layers }) => layers)) {
      const bound = 1 / Math.sqrt(inputs);
      fill(weight, -bound, bound);
      fill(bias, -bound, bound);
    }
  }
  return parameters;
}

/** Rows [rows, dim] of about unit size, the same for the same seed. */
export function randomRows(rows: number, dim: number, seed = 1): Float64Array {
  return uniforms(seed, 1, rows * dim).map((u) => 4 * u - 2);
}

function randomCoupling(dim: number, activations: readonly Activation[]): fc.Arbitrary<AffineCouplingSpec> {
  return fc.record({
    type: fc.constant('affine_coupling' as const),
    split: fc.integer({ min: 1, max: dim - 1 }),
    flip: fc.boolean(),
    scale: fc.oneof(
      fc.constant({ map: 'exp' as const }),
      fc.constant({ map: 'sigmoid' as const }),
      fc.record({ map: fc.constant('tanh' as const), bound: fc.constantFrom(0.5, 1, 3) }),
    ),
    conditioner: fc.record({
      hidden: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }),
      activation: fc.constantFrom(...activations),
      separate: fc.boolean(),
      init: fc.constant('torch_linear' as const),
    }),
  });
}
