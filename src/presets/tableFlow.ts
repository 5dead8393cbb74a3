/** The frame of the families for tables: domains, a standardisation and a whitening come before a family's couplings. */
import type { BaseSpec } from '../bases/index.ts';
import type { BijectorSpec } from '../bijectors/index.ts';
import type { NetSpec } from '../nets/net.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { domainMap } from './domainMap.ts';
import { netActivation } from './netActivation.ts';
import { oneFeature } from './oneFeature.ts';
import { netShape, requirePreset } from './presetOptions.ts';
import type { PresetOptions } from './presetOptions.ts';
import { whitening } from './whitening.ts';

export interface TableFamily {
  name: string;
  /** Default number of couplings. */
  couplings: number;
  /** Default base. */
  base: BaseSpec;
  /** The bijectors of one coupling: the coupling itself, and those before it. */
  coupling: (parts: CouplingParts) => BijectorSpec[];
  /** The bijectors between the standardisation and the whitening of more than two features. */
  marginals?: BijectorSpec[];
  /** The bijectors after the last coupling. */
  last?: BijectorSpec[];
}

interface CouplingParts {
  /** Number of features. */
  dim: number;
  /** Roles swap from one coupling to the next. */
  half: { split: number; flip: boolean };
  net: Pick<NetSpec, 'hidden' | 'residualBlocks' | 'activation'>;
  /** Number of couplings of the flow. */
  couplings: number;
}

/** A flow of the family; with one feature it is `oneFeature`. @throws {ShapeError} when an option is out of range */
export function tableFlow(family: TableFamily, dim: number, options: PresetOptions): FlowSpec {
  requirePreset(family.name, dim, options);
  if (dim === 1) return oneFeature(options);
  const { couplings = family.couplings, contextDim = 0, base = family.base } = options;
  const net = { ...netShape(options, [32, 32]), activation: netActivation(dim) };
  const partsOf = (index: number): CouplingParts => ({
    dim,
    half: { split: Math.floor(dim / 2), flip: index % 2 === 1 },
    net,
    couplings,
  });
  return {
    version: 1,
    dim,
    contextDim,
    base,
    bijectors: [
      ...domainMap(dim, options.domain),
      { type: 'standardize' },
      ...(dim > 2 ? (family.marginals ?? []) : []),
      ...whitening(dim),
      ...Array.from({ length: couplings }, (_, index) => family.coupling(partsOf(index))).flat(),
      ...(family.last ?? []),
    ],
  };
}
