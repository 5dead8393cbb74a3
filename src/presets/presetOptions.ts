/** The options of every family, and their nets. */
import { ShapeError } from '../errors.ts';
import { eitherOf, integer, listOf, oneOf, requireOptions, withMembers } from '../calls/optionRules.ts';
import type { OptionRules } from '../calls/optionRules.ts';
import { MAX_CONTEXT, SPEC_LIMITS } from '../model/limits.ts';
import { DOMAINS } from '../model/domain.ts';
import type { BaseSpec } from '../bases/index.ts';
import type { NetSpec } from '../nets/net.ts';
import type { Domain } from '../model/domain.ts';

/** Options of the presets for rows of numbers. */
export interface PresetOptions {
  /** Number of couplings; for a single feature, of splines. Default: the family's, such as 12. */
  couplings?: number;
  /** Widths of the hidden layers of each conditioner net; a single feature has nets only with a context. */
  hidden?: number[];
  /** Makes each net residual, with this many blocks as wide as the single entry of `hidden` (default: the first). */
  residualBlocks?: number;
  /** Context features that every conditioner reads next to the data. Default 0. */
  contextDim?: number;
  /** The domain of all features or of each: `real` (the default), `positive` in (0, ∞) or `unit` in (0, 1). */
  domain?: Domain | readonly Domain[];
  /** Density of the latent. Default: the family's, a standard normal or a Student's t (10 degrees of freedom). */
  base?: BaseSpec;
}

const RULES: OptionRules<keyof PresetOptions> = {
  couplings: integer(0, SPEC_LIMITS.bijectors),
  hidden: listOf(
    integer(1, SPEC_LIMITS.width),
    `at most ${SPEC_LIMITS.hiddenLayers} widths, each an integer from 1 to ${SPEC_LIMITS.width}`,
    SPEC_LIMITS.hiddenLayers,
  ),
  residualBlocks: integer(1, SPEC_LIMITS.residualBlocks),
  contextDim: integer(0, MAX_CONTEXT),
  domain: eitherOf(oneOf(DOMAINS), listOf(oneOf(DOMAINS), 'one of these for each feature', SPEC_LIMITS.dim)),
  base: withMembers('a BaseSpec such as { type: "standard_normal" }', { type: 'string' }),
};

/** @throws {ShapeError} when the dimension or an option is out of range */
export function requirePreset(name: string, dim: number, options: PresetOptions): void {
  const rule = integer(1, SPEC_LIMITS.dim);
  if (!rule.accepts(dim)) throw new ShapeError(`${name}: dim`, String(dim), rule.expected);
  requireOptions(name, options, RULES);
}

/** Widths and blocks of a family's nets; plain nets have the widths `plain` by default. */
export function netShape(
  { hidden, residualBlocks }: PresetOptions,
  plain: readonly number[],
): Pick<NetSpec, 'hidden' | 'residualBlocks'> {
  if (residualBlocks === undefined) return { hidden: [...(hidden ?? plain)] };
  return { hidden: [...(hidden ?? plain.slice(0, 1))], residualBlocks };
}
