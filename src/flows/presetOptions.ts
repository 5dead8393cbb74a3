/** What every family takes, and the nets that come of it. */
import type { BaseSpec, Domain, NetSpec } from '../spec.ts';

export interface PresetOptions {
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
  { hidden, residualBlocks }: PresetOptions,
  plain: readonly number[],
): Pick<NetSpec, 'hidden' | 'residualBlocks'> {
  if (residualBlocks === undefined) return { hidden: [...(hidden ?? plain)] };
  return { hidden: [...(hidden ?? plain.slice(0, 1))], residualBlocks };
}
