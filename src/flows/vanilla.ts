/**
 * The Real NVP of an introductory article, Brennan Gebotys, "Going with the Flow: An Introduction to Normalizing
 * Flows": unbounded exp scales, separate s and t nets, PyTorch's initialisation.
 */
import type { BaseSpec, BijectorSpec, Domain, FlowSpec, NetSpec } from '../spec.ts';
import { domainMap } from './domainMap.ts';

export interface FlowOptions {
  /** Number of couplings; of splines, with a single feature. */
  couplings?: number;
  /** Widths of the hidden layers of each conditioner net; a single feature has nets only with a context. */
  hidden?: number[];
  /** Makes each net a residual one of so many blocks, as wide as the one entry of `hidden`, by default the first. */
  residualBlocks?: number;
  /** Context features that every conditioner reads beside the data. Default 0. */
  contextDim?: number;
  /** Where the data lie, of all features or of each: `real` (the default), `positive` in (0, ∞) or `unit` in (0, 1). */
  domain?: Domain | readonly Domain[];
  /** Density of the latent. Default: the standard normal. */
  base?: BaseSpec;
}

/** Widths and blocks of a family's nets, whose plain ones have the widths `plain` by default. */
export function netShape(
  { hidden, residualBlocks }: FlowOptions,
  plain: readonly number[],
): Pick<NetSpec, 'hidden' | 'residualBlocks'> {
  if (residualBlocks === undefined) return { hidden: [...(hidden ?? plain)] };
  return { hidden: [...(hidden ?? plain.slice(0, 1))], residualBlocks };
}

/**
 * `couplings` affine couplings (default 5) whose roles swap from one to the next, s and t nets of one 512-wide
 * LeakyReLU layer, no standardisation; needs two features. A small model after Dinh et al. 2016, whose own networks are residual with
 * batch normalisation.
 * @see Gebotys, "Going with the Flow: An Introduction to Normalizing Flows"
 * @see Dinh et al. 2016, https://arxiv.org/abs/1605.08803
 */
export function vanilla(
  dim: number,
  { couplings = 5, contextDim = 0, domain, base = { type: 'standard_normal' }, ...net }: FlowOptions = {},
): FlowSpec {
  return {
    version: 1,
    dim,
    contextDim,
    base,
    bijectors: [
      ...domainMap(dim, domain),
      ...Array.from({ length: couplings }, (_, index): BijectorSpec => ({
        type: 'affine_coupling',
        split: Math.max(1, Math.floor(dim / 2)),
        flip: index % 2 === 1,
        scale: { map: 'exp' },
        conditioner: {
          ...netShape(net, [512]),
          activation: 'leaky_relu',
          separate: true,
          init: 'torch_linear',
        },
      })),
    ],
  };
}
