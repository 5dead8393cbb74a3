/** What every family but `vanilla` is for a single feature, which leaves a coupling nothing to condition on. */
import type { BijectorSpec, FlowSpec } from '../spec.ts';
import { domainMap } from './domainMap.ts';
import type { FlowOptions } from './vanilla.ts';

/**
 * Standardisation, then `couplings` times (default 3) a monotone spline of 8 bins on [−3, 3] and an actnorm. A fresh
 * flow only standardises, until the first batch gives the actnorms their start.
 */
export function oneFeature({
  couplings = 3,
  domain,
  base = { type: 'standard_normal' },
}: FlowOptions): FlowSpec {
  const step: BijectorSpec[] = [
    { type: 'rational_quadratic_elementwise', bins: 8, bound: 3 },
    { type: 'actnorm' },
  ];
  return {
    version: 1,
    dim: 1,
    contextDim: 0,
    base,
    bijectors: [
      ...domainMap(1, domain),
      { type: 'standardize' },
      ...Array.from({ length: couplings }, () => step).flat(),
    ],
  };
}
