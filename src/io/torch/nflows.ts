/** Models from the PyTorch state dicts of nflows and normflows. docs/pytorch.md lists the supported parts. */
import { ShapeError } from '../../errors.ts';
import { integer, oneOf, POSITIVE, requireOptions } from '../../calls/optionRules.ts';
import type { OptionRules } from '../../calls/optionRules.ts';
import { ACTIVATIONS } from '../../model/activation.ts';
import type { ScaleMap } from '../../model/scaleMap.ts';
import type { Activation } from '../../model/activation.ts';
import { FlowAssembly, identityOf, netTensors } from './flowAssembly.ts';
import { luFactors } from './luFactors.ts';
import { plainNet, residualNet, times, withOutputs } from './nets.ts';
import type { Model } from '../modelFile.ts';
import { STATE_DICT, StateReader } from './stateDict.ts';
import type { StateDict } from './stateDict.ts';

/** Facts that a state dict does not hold. */
export interface NetOptions {
  /** Activation of all nets. Default `relu`, as in both libraries. */
  activation?: Activation;
  /** `tail_bound` of splines with linear tails. Default: the library's, 1 in nflows and 3 in normflows. */
  tailBound?: number;
}

export interface NormflowsOptions extends NetOptions {
  /** `len(model.flows)`. A flow without tensors counts as `Permute(mode='swap')`. */
  flows: number;
  /** `scale_map` of the affine couplings. Default `exp`, as in normflows. */
  scaleMap?: 'exp' | 'sigmoid';
}

export const NET_RULES: OptionRules<keyof NetOptions> = {
  activation: oneOf(ACTIVATIONS),
  tailBound: POSITIVE,
};
export const NORMFLOWS_RULES: OptionRules<keyof NormflowsOptions> = {
  ...NET_RULES,
  flows: integer(0),
  scaleMap: oneOf(['exp', 'sigmoid']),
};

/** The minimum derivative of a spline in both libraries. */
const MIN_SLOPE = 1e-3;
/** In wgflow a raw 0 gives the derivative 1; in these libraries it does not. */
const SLOPE_SHIFT = Math.log(Math.expm1(1 - MIN_SLOPE));

/** `sigmoid(a + 2) + 1e-3`, nflows' default scale. */
const NFLOWS_SCALE: ScaleMap = { map: 'sigmoid', floor: 1e-3 };

/** `LULinear` adds this to the softplus of its diagonal. */
const LU_FLOOR = 1e-3;

/**
 * The model of an nflows `Flow` over `StandardNormal`, such as `SimpleRealNVP`. It may have couplings with
 * residual nets (affine with the default scale, additive, rational-quadratic with linear tails), `ActNorm`,
 * `LULinear` and permutations.
 * @param fileName used in messages only
 * @throws {ModelFileError} naming the first missing tensor, or the first one of an unsupported part
 */
export function nflowsModel(state: StateDict, options: NetOptions = {}, fileName = STATE_DICT): Model {
  requireOptions('nflowsModel', options, NET_RULES);
  const reader = new StateReader(state, fileName);
  const flow = new FlowAssembly(dimOf(reader, state), fileName);
  addTransform({ reader, flow, tailBound: 1, ...options }, '_transform');
  reader.ignore('_distribution._log_z');
  reader.requireAllRead();
  return flow.build();
}

/**
 * The model of a normflows `NormalizingFlow` over `DiagGaussian`, data → latent. It may have
 * `AffineCouplingBlock` with `MLP`s, `CoupledRationalQuadraticSpline`, `ActNorm`, `LULinearPermute`,
 * `InvertibleAffine`, `Permute`. Its latent is the base's latent divided by the base's scale.
 * @param fileName used in messages only
 * @throws {ShapeError} when `flows` is not the number of the model's flows
 * @throws {ModelFileError} naming the first missing tensor, or the first one of an unsupported part
 */
export function normflowsModel(state: StateDict, options: NormflowsOptions, fileName = STATE_DICT): Model {
  requireOptions('normflowsModel', options, NORMFLOWS_RULES, ['flows']);
  const reader = new StateReader(state, fileName);
  // Permutations have no tensors, so trailing flows may not show up in the state dict.
  const least = 1 + Math.max(-1, ...reader.indices('flows'));
  if (options.flows < least) {
    const advice = 'In Python it is len(model.flows).';
    throw new ShapeError(
      'flows',
      String(options.flows),
      `the model's number of flows, ${least} or more`,
      advice,
    );
  }
  const loc = reader.values('q0.loc');
  const flow = new FlowAssembly(loc.length, fileName);
  const assembling = { reader, flow, tailBound: 3, ...options };
  for (let index = options.flows - 1; index >= 0; index--) {
    addFlow(assembling, `flows.${index}`, loc.length, options.scaleMap ?? 'exp');
  }
  flow.affine(negated(loc), negated(reader.values('q0.log_scale')));
  reader.requireAllRead();
  return flow.build();
}

interface Assembling {
  reader: StateReader;
  flow: FlowAssembly;
  activation?: Activation;
  tailBound: number;
}

/** Adds an nflows transform, or the parts of a composite. */
function addTransform(assembling: Assembling, prefix: string): void {
  const { reader, flow } = assembling;
  const parts = reader.indices(`${prefix}._transforms`);
  if (parts.length > 0) {
    for (const index of identityOf(parts.length)) addTransform(assembling, `${prefix}._transforms.${index}`);
  } else if (reader.has(`${prefix}.identity_features`)) {
    addMaskedCoupling(assembling, prefix);
  } else if (reader.has(`${prefix}._permutation`)) {
    flow.permute(reader.values(`${prefix}._permutation`));
  } else if (reader.has(`${prefix}.lower_entries`)) {
    addLuLinear(assembling, prefix);
  } else if (reader.has(`${prefix}.log_scale`) && reader.has(`${prefix}.shift`)) {
    const logScale = reader.values(`${prefix}.log_scale`);
    const shift = reader.values(`${prefix}.shift`);
    reader.ignore(`${prefix}.initialized`);
    flow.affine(
      shift.map((value, j) => value * Math.exp(-(logScale[j] ?? 0))),
      logScale,
    );
  } else {
    throw reader.problem(
      `${prefix}: found no tensor of a coupling, an ActNorm, an LULinear or a permutation, expected one of them`,
      'docs/pytorch.md says which parts can be loaded.',
    );
  }
}

/** Adds a normflows flow from data to latent, which is its `inverse`. */
function addFlow(assembling: Assembling, prefix: string, dim: number, scaleMap: 'exp' | 'sigmoid'): void {
  const { reader, flow } = assembling;
  if (reader.has(`${prefix}.inv_perm`)) {
    flow.permute(reader.values(`${prefix}.inv_perm`));
    reader.ignore(`${prefix}.perm`);
  } else if (reader.has(`${prefix}.prqct.identity_features`)) {
    addMaskedCoupling(assembling, `${prefix}.prqct`);
  } else if (reader.has(`${prefix}.linear.lower_entries`)) {
    flow.permute(reader.values(`${prefix}.permutation._permutation`));
    addLuLinear(assembling, `${prefix}.linear`);
  } else if (reader.has(`${prefix}.s`) && reader.has(`${prefix}.t`)) {
    flow.affine(negated(reader.values(`${prefix}.t`)), negated(reader.values(`${prefix}.s`)));
    reader.ignore(`${prefix}.data_dep_init_done`);
  } else if (reader.has(`${prefix}.L`) || reader.has(`${prefix}.W`)) {
    addInvertibleAffine(assembling, prefix);
  } else if (reader.indices(`${prefix}.flows.1.param_map.net`).length > 0) {
    addAffineBlock(assembling, `${prefix}.flows.1.param_map`, dim, scaleMap);
  } else {
    const half = Math.floor((dim + 1) / 2);
    flow.permute([...identityOf(dim).slice(half), ...identityOf(half)]);
  }
}

/** Adds a coupling whose mask is two lists of features; its spline may also be in normflows' form. */
function addMaskedCoupling({ reader, flow, activation, tailBound }: Assembling, prefix: string): void {
  const condition = reader.values(`${prefix}.identity_features`);
  const transform = reader.values(`${prefix}.transform_features`);
  const net = residualNet(reader, `${prefix}.transform_net`, activation);
  const blocks = flow.blocks(condition, transform);
  const outputs = net.layers.at(-1) ?? [];
  const each = outputs.length / transform.length;
  if (each === 1) {
    flow.add({ type: 'additive_coupling', ...blocks, conditioner: net.spec }, netTensors(net));
    return;
  }
  if (each === 2) {
    // The libraries store the outputs as [t | a].
    const swapped = [...outputs.slice(transform.length), ...outputs.slice(0, transform.length)];
    const conditioner = { ...net.spec, separate: false };
    flow.add(
      { type: 'affine_coupling', ...blocks, scale: NFLOWS_SCALE, conditioner },
      netTensors(withOutputs(net, swapped)),
    );
    return;
  }
  const bins = (each + 1) / 3;
  if (!Number.isInteger(bins) || bins < 2) {
    throw reader.problem(
      `${prefix}.transform_net: found ${each} outputs a feature, expected 1, 2, or 3 · bins − 1 of a spline with linear tails`,
    );
  }
  // nflows divides a net's raw widths and heights by the square root of its width.
  const scaled = 1 / Math.sqrt(net.spec.hidden[0] ?? 1);
  const raw = outputs.map((row, index) =>
    index % each < 2 * bins ? times(row, scaled) : { ...row, bias: row.bias - SLOPE_SHIFT },
  );
  const spline = { type: 'rational_quadratic_coupling', bins, bound: tailBound } as const;
  flow.add({ ...spline, ...blocks, conditioner: net.spec }, netTensors(withOutputs(net, raw)));

  const own = `${prefix}.unconditional_transform`;
  if (!reader.has(`${own}.unnormalized_widths`)) return;
  const widths = reader.matrix(`${own}.unnormalized_widths`);
  const heights = reader.matrix(`${own}.unnormalized_heights`);
  const slopes = reader.matrix(`${own}.unnormalized_derivatives`);
  const splines = widths.flatMap((values, feature) => [
    ...values,
    ...(heights[feature] ?? []),
    ...(slopes[feature] ?? []).map((value) => value - SLOPE_SHIFT),
  ]);
  const start = blocks.flip ? blocks.split : 0;
  flow.add(
    {
      type: 'rational_quadratic_elementwise',
      bins,
      bound: tailBound,
      block: { start, count: condition.length },
    },
    { raw: splines },
  );
}

/** Adds an `AffineCoupling` between the halves of the features: z₂ = (x₂ − t) ⊙ exp(s). */
function addAffineBlock(
  { reader, flow, activation }: Assembling,
  prefix: string,
  dim: number,
  scaleMap: 'exp' | 'sigmoid',
): void {
  const features = identityOf(dim);
  const half = Math.floor((dim + 1) / 2);
  const transform = features.slice(half);
  const net = plainNet(reader, `${prefix}.net`, activation);
  const blocks = flow.blocks(features.slice(0, half), transform);
  const outputs = net.layers.at(-1) ?? [];
  const each = outputs.length / transform.length;
  if (each !== 1 && each !== 2) {
    throw reader.problem(`${prefix}: found ${each} outputs a feature, expected 1 or 2`);
  }
  // With a scale, the outputs alternate: t, a, t, a, …
  const shifts = outputs.filter((_, index) => index % each === 0).map((row) => times(row, -1));
  if (each === 1) {
    const shifted = withOutputs(net, shifts);
    flow.add({ type: 'additive_coupling', ...blocks, conditioner: net.spec }, netTensors(shifted));
    return;
  }
  const raw = outputs.filter((_, index) => index % each === 1);
  const scales = scaleMap === 'exp' ? raw.map((row) => times(row, -1)) : raw;
  flow.add(
    {
      type: 'affine_coupling',
      ...blocks,
      scale: { map: scaleMap },
      shiftFirst: true,
      conditioner: { ...net.spec, separate: false },
    },
    netTensors(withOutputs(net, [...scales, ...shifts])),
  );
}

/** Adds z = L U x + b with a diagonal softplus(u) + 1e-3. */
function addLuLinear({ reader, flow }: Assembling, prefix: string): void {
  const diagonal = reader.values(`${prefix}.unconstrained_upper_diag`);
  flow.addOrdered(
    { type: 'invertible_linear' },
    {
      lower: reader.values(`${prefix}.lower_entries`),
      upper: reader.values(`${prefix}.upper_entries`),
      log_diagonal: diagonal.map((u) =>
        Math.log(Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u))) + LU_FLOOR),
      ),
      permutation: identityOf(diagonal.length),
    },
  );
  const bias = reader.values(`${prefix}.bias`);
  flow.affine(
    bias,
    bias.map(() => 0),
  );
}

/** Adds z = Wᵀ x: normflows multiplies row vectors. */
function addInvertibleAffine({ reader, flow }: Assembling, prefix: string): void {
  const weight = reader.has(`${prefix}.W`) ? reader.matrix(`${prefix}.W`) : assembled(reader, prefix);
  const factors = luFactors(transposed(weight));
  if (factors === undefined)
    throw reader.problem(`${prefix}: found a singular matrix, expected an invertible one`);
  const { lower, upper, logDiagonal, permutation, signs } = factors;
  flow.addOrdered({ type: 'invertible_linear' }, { lower, upper, log_diagonal: logDiagonal, permutation });
  if (signs.every((sign) => sign > 0)) return;
  flow.add(
    { type: 'permutation', init: 'random', signed: true },
    { permutation: identityOf(signs.length), signs },
  );
}

/** The matrix P L (U + diag(sign · exp(log_S))). */
function assembled(reader: StateReader, prefix: string): number[][] {
  const logS = reader.values(`${prefix}.log_S`);
  const sign = reader.values(`${prefix}.sign_S`);
  const lower = reader
    .matrix(`${prefix}.L`)
    .map((row, i) => row.map((value, j) => (j < i ? value : Number(i === j))));
  const upper = reader
    .matrix(`${prefix}.U`)
    .map((row, i) =>
      row.map((value, j) => (j > i ? value : i === j ? (sign[i] ?? 0) * Math.exp(logS[i] ?? 0) : 0)),
    );
  reader.ignore(`${prefix}.eye`);
  return product(product(reader.matrix(`${prefix}.P`), lower), upper);
}

/** The number of features, from the first transform that determines it. */
function dimOf(reader: StateReader, state: StateDict): number {
  for (const [name, { data }] of state) {
    const stem = name.slice(name.lastIndexOf('.') + 1);
    if (['_permutation', 'log_scale', 'unconstrained_upper_diag'].includes(stem)) return data.length;
    if (stem === 'identity_features') {
      const other = state.get(name.replace(/identity_features$/, 'transform_features'));
      if (other !== undefined) return data.length + other.data.length;
    }
  }
  throw reader.problem('found no tensor of a transform, expected the state dict of an nflows Flow');
}

function negated(values: readonly number[]): number[] {
  return values.map((value) => -value);
}

function transposed(matrix: readonly (readonly number[])[]): number[][] {
  return matrix.map((_, j) => matrix.map((row) => row[j] ?? 0));
}

function product(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] {
  return a.map((row) =>
    (b[0] ?? []).map((_, j) => row.reduce((sum, value, k) => sum + value * (b[k]?.[j] ?? 0), 0)),
  );
}
