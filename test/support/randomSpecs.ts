/** Random flows: specs of every shape, with parameters far from the identity. */
import * as fc from 'fast-check';
import { netsOf } from '../../src/bijectors/bijector.ts';
import type { Bijector } from '../../src/bijectors/bijector.ts';
import { intoDomain, DOMAINS } from '../../src/model/domain.ts';
import { domainsOf } from '../../src/spec/offset.ts';
import { paramLayout } from '../../src/spec/layout.ts';
import type { FlowModel } from '../../src/spec/layout.ts';
import type { TensorSlot } from '../../src/model/tensors.ts';
import { ACTIVATIONS } from '../../src/model/activation.ts';
import type { Activation } from '../../src/model/activation.ts';
import type { ScaleMap } from '../../src/model/scaleMap.ts';
import { BIJECTORS, bijectorOf } from '../../src/bijectors/index.ts';
import type { BijectorSpec, BijectorType, DomainSpec } from '../../src/bijectors/index.ts';
import type { Base } from '../../src/bases/base.ts';
import { BASES } from '../../src/bases/index.ts';
import type { BaseSpec } from '../../src/bases/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import type { NetSpec } from '../../src/nets/net.ts';
import type { FeatureBlock } from '../../src/model/blocks.ts';
import { uniforms } from '../../src/random.ts';
import { ShapeError } from '../../src/errors.ts';
import { valuesOf } from './schemaArbitrary.ts';
import type { Fields } from './schemaArbitrary.ts';

export interface RandomFlow {
  spec: FlowSpec;
  /** f32 values, flat in the order of the layout. */
  parameters: Float32Array;
}

export interface SpecRange {
  minDim?: number;
  maxDim?: number;
  /** Not counting the standardisation. */
  maxBijectors?: number;
  activations?: readonly Activation[];
  /** The types to draw from: all by default. */
  types?: readonly BijectorType[];
  /** The most context features, 0 by default. Half of the flows have none, and so do flows that never read one. */
  maxContext?: number;
  /** The base distributions to draw from: all except the uniform one, which has no gradient at its walls. */
  bases?: readonly BaseSpec[];
}

/** The flow without the linear map that whitens the rows before its couplings. */
export function withoutWhitening(spec: FlowSpec): FlowSpec {
  return { ...spec, bijectors: spec.bijectors.filter(({ type }) => type !== 'invertible_linear') };
}

/** Activations that are infinitely differentiable. With these alone, the scale maps of random flows are too. */
export const SMOOTH: readonly Activation[] = ['identity', 'tanh', 'silu'];

/**
 * Specs of 1 to 4 bijectors of any kind on 1 to 65 features, with trainable parameters and narrow nets, so
 * that the twins are quick.
 */
export function randomSpecs({
  minDim = 1,
  maxDim = 65,
  maxBijectors = 4,
  activations = ACTIVATIONS,
  types = RANDOM_TYPES,
  maxContext = 0,
  bases = RANDOM_BASES,
}: SpecRange = {}): fc.Arbitrary<FlowSpec> {
  return fc
    .oneof(fc.integer({ min: minDim, max: Math.min(5, maxDim) }), fc.integer({ min: minDim, max: maxDim }))
    .chain((dim) => {
      const fitting = types.filter((type) => fits(type, dim));
      const bijector = fc.constantFrom(...fitting).chain((type) => randomBijector(type, dim, activations));
      return fc
        .tuple(
          fc.boolean(),
          fc.array(bijector, { minLength: 1, maxLength: maxBijectors }),
          fc.constantFrom(...bases),
          types === RANDOM_TYPES ? fc.option(randomDomains(dim), { freq: 3, nil: [] }) : fc.constant([]),
          fc.oneof(fc.constant(0), fc.integer({ min: 0, max: maxContext })),
          fc.boolean(),
        )
        .filter(([, bijectors]) => bijectors.some(({ type }) => type !== 'permutation'))
        .map(([standardize, bijectors, base, start, contextDim, hasMeans]) => {
          const spec = specOf(dim, bijectors, standardize);
          return {
            ...spec,
            ...contextOf(bijectors, base, contextDim, hasMeans),
            bijectors: [...start, ...spec.bijectors],
          };
        });
    });
}

function contextOf(
  bijectors: readonly BijectorSpec[],
  base: BaseSpec,
  contextDim: number,
  hasMeans: boolean,
): Pick<FlowSpec, 'contextDim' | 'base'> {
  if (contextDim > 0 && hasMeans) return { contextDim, base: { type: 'class_conditional' } };
  const isRead = bijectors.some((bijector) => 'conditioner' in bijector);
  return { contextDim: isRead ? contextDim : 0, base };
}

const STANDARD_NORMAL: BaseSpec = { type: 'standard_normal' };

/** Bases whose density has no walls and does not depend on a context. */
const RANDOM_BASES = [
  STANDARD_NORMAL,
  { type: 'student_t', df: 3, learned: false } as const,
  ...Object.entries<Base>(BASES).flatMap(([type, room]) => {
    if (room.isBounded === true || room.readsContext === true) return [];
    return [{ type, ...room.defaults(), ...(type === 'mixture' ? { components: 3 } : {}) } as BaseSpec];
  }),
];

const TYPES = Object.keys(BIJECTORS) as BijectorType[];

/** The types that may stand anywhere, affine couplings twice as often as the others. */
const RANDOM_TYPES = ['affine_coupling', ...TYPES.filter((type) => !isForStart(type))] as BijectorType[];

/** Whether the bijector stands before the learned ones. */
export function isForStart(type: BijectorType): boolean {
  const room: Bijector = BIJECTORS[type];
  return room.domains !== undefined || room.standardisation !== undefined || type === 'logit';
}

/** Random specs with parameters. */
export function randomFlows(range: SpecRange = {}): fc.Arbitrary<RandomFlow> {
  return fc
    .tuple(randomSpecs(range), fc.integer({ min: 0, max: 2 ** 31 }))
    .map(([spec, seed]) => ({ spec, parameters: randomParameters(spec, seed) }));
}

export function specOf(dim: number, bijectors: BijectorSpec[], standardize = false): FlowSpec {
  return {
    version: 1,
    dim,
    contextDim: 0,
    base: { type: 'standard_normal' },
    bijectors: standardize ? [{ type: 'standardize' }, ...bijectors] : bijectors,
  };
}

export function modelOf(spec: FlowSpec): FlowModel {
  return { spec, layout: paramLayout(spec) };
}

/**
 * Weights and biases of every layer from U(−1/√in, 1/√in), means of ±2, standard deviations from 0.4 to 2.4,
 * raw numbers of splines of ±1, log-scales and the diagonals of linear maps of ±0.5, their triangles of ±1/√dim, permutations by their draws.
 */
export function randomParameters(spec: FlowSpec, seed: number): Float32Array {
  const layout = paramLayout(spec);
  const draws = uniforms(seed, 0, layout.length);
  const parameters = new Float32Array(layout.length);
  // Tensor by tensor, trainable or not, as if they lay end to end.
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
  for (const { spec: owner, tensors } of [layout.base, ...layout.bijectors]) {
    for (const slot of slotsOf(tensors)) {
      const name = slot.name.replace(/^.*\./, '');
      const [from, to] = RANGES[owner.type]?.[name] ?? RANGES['']?.[name] ?? [-0.5, 0.5];
      fill(slot, from, to);
      if (name === 'permutation') replaceByRanks(parameters, slot);
      for (let i = slot.offset; i < slot.offset + slot.length; i++) {
        if (name === 'signs') parameters[i] = parameters[i]! < 0 ? -1 : 1;
      }
    }
  }
  for (const layer of layout.bijectors) {
    const { scale } = layer.tensors as { scale?: TensorSlot };
    layer.room.domains?.(layer.spec).forEach((domain, feature) => {
      if (domain !== 'positive') parameters[scale!.offset + feature] = 1;
    });
    for (const { inputs, weight, bias } of netsOf(layer).flatMap(({ layers }) => layers)) {
      const bound = 1 / Math.sqrt(inputs);
      fill(weight, -bound, bound);
      fill(bias, -bound, bound);
    }
  }
  for (const { name, offset, length } of layout.tensors) {
    if (!/\.(lower|upper)$/.test(name)) continue;
    for (let i = offset; i < offset + length; i++) parameters[i]! /= Math.sqrt(spec.dim);
  }
  return parameters;
}

/** A context for each row, of about unit size; undefined if the flow has none. */
export function randomContext({ contextDim }: FlowSpec, rows: number): Float32Array | undefined {
  if (contextDim === 0) return undefined;
  return Float32Array.from(uniforms(3, 2, rows * contextDim), (u) => 3 * u - 1.5);
}

/** The value range of a tensor, by its owner or for any owner; otherwise ±0.5. */
const RANGES: Readonly<Record<string, Record<string, [from: number, to: number]>>> = {
  '': {
    scale: [0.4, 2.4],
    std: [0.4, 2.4],
    permutation: [0, 1],
    signs: [-1, 1],
    lower: [-1, 1],
    upper: [-1, 1],
    bias: [-1, 1],
    raw: [-1, 1],
    logits: [-1, 1],
    log_df: [0, 2],
    initialised: [1, 1],
  },
  standardize: { mean: [-2, 2] },
  mixture: { mean: [-1, 1] },
  diagonal_normal: { mean: [-1, 1] },
};

/** The tensors of a bijector or base that do not belong to a net's layer. */
function slotsOf(tensors: object): TensorSlot[] {
  return Object.values(tensors).filter((value: unknown): value is TensorSlot => {
    return typeof value === 'object' && value !== null && 'offset' in value;
  });
}

/** Turns distinct numbers into a permutation: the indices in ascending order of the values. */
function replaceByRanks(parameters: Float32Array, { offset, length }: TensorSlot): void {
  const values = parameters.slice(offset, offset + length);
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
  parameters.set(order, offset);
}

/**
 * Like `randomParameters`, for many couplings. The last layer of each net is divided by √couplings, so that
 * all couplings together are about as far from the identity as one. Without that, 64 couplings can stretch a
 * row by factors that float32 cannot undo.
 */
export function deepParameters(spec: FlowSpec, seed: number): Float32Array {
  const parameters = randomParameters(spec, seed);
  const couplings = paramLayout(spec).bijectors.filter(({ spec: { type } }) => type === 'affine_coupling');
  for (const { layers } of couplings.flatMap(netsOf)) {
    const { weight, bias } = layers.at(-1)!;
    for (const { offset, length } of [weight, bias]) {
      for (let i = offset; i < offset + length; i++) parameters[i]! /= Math.sqrt(couplings.length);
    }
  }
  return parameters;
}

/** Random parameters, the trainable ones times a factor; the others, such as permutations, are unchanged. */
export function scaledParameters(spec: FlowSpec, seed: number, factor: number): Float32Array {
  const { trainableLength } = paramLayout(spec);
  return randomParameters(spec, seed).map((value, index) =>
    index < trainableLength ? factor * value : value,
  );
}

/** The same flow with another activation in its nets. */
export function withActivation(spec: FlowSpec, activation: Activation): FlowSpec {
  const bijectors = spec.bijectors.map((bijector) =>
    bijector.type === 'affine_coupling'
      ? { ...bijector, conditioner: { ...bijector.conditioner, activation } }
      : bijector,
  );
  return { ...spec, bijectors };
}

/** Rows [rows, dim] of about unit size, the same for the same seed. */
export function randomRows(rows: number, dim: number, seed = 1): Float64Array {
  return uniforms(seed, 1, rows * dim).map((u) => 4 * u - 2);
}

/** Like `randomRows`, within the domains of the flow's data. */
export function rowsWithin(spec: FlowSpec, rows: number, seed = 1): Float64Array {
  return within(spec, randomRows(rows, spec.dim, seed));
}

/** The rows, with bounded features moved into their domains. */
export function within<Rows extends Float32Array | Float64Array>(spec: FlowSpec, rows: Rows): Rows {
  const domains = domainsOf(spec) ?? [];
  const moved = rows.slice() as Rows;
  rows.forEach((value, i) => {
    const domain = domains[i % spec.dim] ?? 'real';
    if (domain !== 'real') moved[i] = intoDomain(domain, value).value;
  });
  return moved;
}

/** A list of one map of domains. */
function randomDomains(dim: number): fc.Arbitrary<[DomainSpec]> {
  return fc
    .array(fc.constantFrom(...DOMAINS), { minLength: dim, maxLength: dim })
    .filter((features) => features.some((domain) => domain !== 'real'))
    .map((features) => [{ type: 'domain', features }]);
}

/** Any bijector of that type that can be the only one in a flow of `dim` features. */
export function randomBijector(
  type: BijectorType,
  dim: number,
  activations: readonly Activation[],
): fc.Arbitrary<BijectorSpec> {
  return valuesOf(BIJECTORS[type].schema, fieldsOf(dim, activations)).filter((drawn) =>
    isAccepted(drawn as BijectorSpec, dim),
  ) as fc.Arbitrary<BijectorSpec>;
}

/** Whether a flow of `dim` features may have a bijector of that type. */
export function fits(type: BijectorType, dim: number): boolean {
  const defaults = BIJECTORS[type].defaults({ dim, contextDim: 0, couplings: 0 });
  return isAccepted({ type, ...defaults } as BijectorSpec, dim);
}

export function isAccepted(spec: BijectorSpec, dim: number): boolean {
  try {
    bijectorOf(spec).check?.(spec, { where: 'spec', flow: { dim, contextDim: 0 } });
    return true;
  } catch (error) {
    if (error instanceof ShapeError) return false;
    throw error;
  }
}

/** Fields with narrower values than their schemas, so that flows are well conditioned and the twins quick. */
function fieldsOf(dim: number, activations: readonly Activation[]): Fields {
  // A soft clip has no second derivative at 0, which differences would notice.
  const isSmooth = activations.every((activation) => SMOOTH.includes(activation));
  const isDrawn = (scale: unknown): boolean => !isSmooth || (scale as ScaleMap).map !== 'softclip';
  return {
    split: fc.integer({ min: Math.min(1, dim - 1), max: Math.max(0, dim - 1) }),
    bins: fc.integer({ min: 2, max: 5 }),
    bound: fc.constantFrom(2, 3.5),
    block: fc.option(randomBlock(dim), { nil: undefined }),
    scale: (schema) =>
      valuesOf(schema, {
        bound: fc.constantFrom(0.5, 1, 3),
        floor: fc.constantFrom(undefined, 1e-3),
      }).filter(isDrawn),
    conditioner: ({ entries = {} }) =>
      'separate' in entries
        ? fc.tuple(randomNet(activations), fc.boolean()).map(([net, separate]) => ({ ...net, separate }))
        : randomNet(activations),
  };
}

/** A block of neighbouring features. */
export const randomBlock = (dim: number): fc.Arbitrary<FeatureBlock> =>
  fc
    .integer({ min: 0, max: dim - 1 })
    .chain((start) =>
      fc.integer({ min: 1, max: dim - start }).map((count): FeatureBlock => ({ start, count })),
    );

/** One net in three is residual. */
function randomNet(activations: readonly Activation[]): fc.Arbitrary<NetSpec> {
  const width = fc.integer({ min: 1, max: 6 });
  const plain = fc.record({ hidden: fc.array(width, { minLength: 1, maxLength: 3 }) });
  const residual = fc.record({
    hidden: width.map((each) => [each]),
    residualBlocks: fc.integer({ min: 1, max: 3 }),
  });
  return fc
    .tuple(fc.oneof(plain, plain, residual), fc.constantFrom(...activations))
    .map(([shape, activation]) => ({ ...shape, activation, init: 'torch_linear' }));
}
