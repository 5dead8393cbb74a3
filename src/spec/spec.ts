/** The plain-data description of a flow: everything that the model file says beside the tensors. */

/** Activation functions of a conditioner; `leaky_relu` has PyTorch's default negative slope of 0.01. */
import type { Domain } from '../model/domain.ts';
import type { ScaleMap } from '../model/scaleMap.ts';
import type { Activation } from '../model/activation.ts';
import type { FeatureBlock } from '../model/blocks.ts';

/**
 * An MLP, or with `residualBlocks` a residual MLP. `init`: `zero_last` starts the last layer at zero (the coupling
 * starts as the identity), `torch_linear` draws every weight and bias from U(−1/√in, 1/√in) as PyTorch's Linear does.
 */
export interface NetSpec {
  hidden: number[];
  /**
   * Number of pre-activation blocks h + W φ(V φ(h) + c) + b between the first and the last layer, neither of which is
   * followed by an activation; all are as wide as the one entry of `hidden`.
   */
  residualBlocks?: number;
  activation: Activation;
  init: 'zero_last' | 'torch_linear';
}

/**
 * The MLP that computes (a, t) from the conditioning features.
 * `separate: false`: one net, outputs [a | t]; `separate: true`: one net for a (`scale`), one for t (`shift`).
 */
export interface ConditionerSpec extends NetSpec {
  separate: boolean;
}

/**
 * Fixed maps of bounded data to all numbers, feature by feature: z = log(x / (1 − x)) for `unit`, z = log(exp(x / s) − 1)
 * for `positive`, with s the mean of the training data, 1 in a fresh flow. Only as the first bijector.
 */
export interface DomainSpec {
  type: 'domain';
  /** One for each feature, not all of them `real`. */
  features: Domain[];
}

/** z = (x − offset − mean) / std with the training data's statistics; only as the first bijector, or after a `domain`. */
export interface StandardizeSpec {
  type: 'standardize';
  /**
   * [D], in the data's units; 0 of a feature that needs none, and of a bounded one. The host subtracts it in float64 before
   * the cast to float32. The data give a fresh flow its own; without it no feature has one.
   */
  offset?: number[];
}

/**
 * Real NVP's coupling. The features are two blocks, [0, split) and [split, dim). The conditioner reads one
 * block and the other is transformed: z₂ = x₂ ⊙ exp(s(x₁)) + t(x₁).
 * `flip: false` conditions on the first block, `flip: true` on the second; no feature changes place.
 * In a flow with a context `split` may be 0: the conditioner reads the context alone, and all features are transformed.
 */
export interface AffineCouplingSpec {
  type: 'affine_coupling';
  split: number;
  flip: boolean;
  scale: ScaleMap;
  /** Whether the shift comes before the scale, z₂ = (x₂ + t) ⊙ exp(s), as in Glow's code and in normflows. */
  shiftFirst?: boolean;
  conditioner: ConditionerSpec;
}

/** NICE's coupling: z₂ = x₂ + t(x₁), with the blocks of an affine coupling. It keeps volumes. */
export interface AdditiveCouplingSpec {
  type: 'additive_coupling';
  split: number;
  flip: boolean;
  conditioner: NetSpec;
}

/**
 * z₂ = spline(x₂) feature by feature, with a monotone rational-quadratic spline of `bins` bins on [−bound, bound] that
 * the conditioner makes from x₁; outside it is the identity. Widths and heights are at least 1e-3 of the whole, slopes
 * at least 1e-3.
 */
export interface SplineCouplingSpec {
  type: 'rational_quadratic_coupling';
  split: number;
  flip: boolean;
  /** From 2 to 64. */
  bins: number;
  bound: number;
  conditioner: NetSpec;
}

/** z = spline(x) feature by feature, each with a spline of its own, like those of a spline coupling but without a net. */
export interface SplineElementwiseSpec {
  type: 'rational_quadratic_elementwise';
  /** From 2 to 64. */
  bins: number;
  bound: number;
  /** The features that have one, side by side, such as those that a coupling conditions on; without it all. */
  block?: FeatureBlock;
}

export const SPLINE_BINS = { min: 2, max: 64 };

export type CouplingSpec = AffineCouplingSpec | AdditiveCouplingSpec | SplineCouplingSpec;

/** One learned scale a feature, z = x ⊙ exp(log_scale): the last bijector of NICE. */
export interface DiagonalScaleSpec {
  type: 'diagonal_scale';
}

/**
 * z[j] = x[permutation[j]]: a tensor that is stored and not trained. `init` says what a fresh flow has. With `signed`,
 * z[j] = signs[j] · x[permutation[j]], each sign 1 or −1; 1 in a fresh flow.
 */
export interface PermutationSpec {
  type: 'permutation';
  init: 'reverse' | 'random';
  signed?: boolean;
}

/** Glow's normalisation, z = (x + bias) ⊙ exp(log_scale); the first batch of training gives a fresh one its start. */
export interface ActnormSpec {
  type: 'actnorm';
}

/**
 * Glow's 1 × 1 convolution for vectors, z = P L (U + diag(exp(log_diagonal))) x, with L unit lower triangular, U
 * strictly upper triangular, both learned, and P a permutation drawn at random for a fresh flow; needs 2 features.
 * With `init: 'whiten'` a fresh flow has the identity, until the training data set L and diag so that the standardised
 * data have no correlation left: the flow starts as the Gaussian of its data. Only after a `standardize`.
 */
export interface InvertibleLinearSpec {
  type: 'invertible_linear';
  init?: 'whiten';
}

export type BijectorSpec =
  | DomainSpec
  | StandardizeSpec
  | CouplingSpec
  | SplineElementwiseSpec
  | DiagonalScaleSpec
  | PermutationSpec
  | ActnormSpec
  | InvertibleLinearSpec;

/** z ~ N(0, I). */
export interface StandardNormalSpec {
  type: 'standard_normal';
}

/** z ~ N(M c, I) with the context c and a learned M [D, C]: a mean for each class where c is one-hot. */
export interface ClassConditionalSpec {
  type: 'class_conditional';
}

/** A mean and a standard deviation a feature, learned. */
export interface DiagonalNormalSpec {
  type: 'diagonal_normal';
}

/** Independent, with degrees of freedom a feature that start at `df` and are learned where `learned` says so. */
export interface StudentTSpec {
  type: 'student_t';
  df: number;
  learned: boolean;
}

/** Of `components` diagonal normals, learned with their weights. */
export interface MixtureSpec {
  type: 'mixture';
  components: number;
}

/** On the box [−bound, bound] of each feature. */
export interface UniformSpec {
  type: 'uniform';
  bound: number;
}

/** The density of the latent z. */
export type BaseSpec =
  StandardNormalSpec | ClassConditionalSpec | DiagonalNormalSpec | StudentTSpec | MixtureSpec | UniformSpec;

/** Degrees of freedom that a Student's t may start from: float32 tells more of them from a normal no longer. */
export const STUDENT_T_DF = { min: 0.1, max: 1000 };

export const MIXTURE_COMPONENTS = { min: 2, max: 1024 };

export interface FlowSpec {
  version: 1;
  /** Number of features D of the data, ≥ 1; couplings need 2, or a context. */
  dim: number;
  /** Number of context features C that every conditioner reads beside its block of the data; 0 for none. */
  contextDim: number;
  base: BaseSpec;
  /** In the direction data → latent. */
  bijectors: BijectorSpec[];
}

/** Widths of a net's layers between its inputs and its outputs; a residual block is two layers. */
export function innerWidths({ hidden, residualBlocks = 0 }: NetSpec): number[] {
  return [...hidden, ...Array.from({ length: 2 * residualBlocks }, () => hidden[0] ?? 0)];
}

/** The features that an elementwise spline has. */
export function splineBlock(dim: number, { block }: SplineElementwiseSpec): FeatureBlock {
  return block ?? { start: 0, count: dim };
}
