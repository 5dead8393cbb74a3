/** The one-feature flow of all families but `vanilla`: a coupling could condition only on the context. */
import type { BijectorSpec } from '../bijectors/index.ts';
import type { FlowSpec } from '../spec/spec.ts';
import type { NetSpec } from '../nets/net.ts';
import { domainMap } from './domainMap.ts';
import { netActivation } from './netActivation.ts';
import { netShape } from './presetOptions.ts';
import type { PresetOptions } from './presetOptions.ts';

const PIECES = { bins: 8, bound: 3 };
const GIVEN_CONTEXT = { split: 0, flip: false };

/**
 * Standardisation, then `couplings` times (default 3) a monotone spline of 8 bins on [−3, 3] and an actnorm.
 * Without a context the splines need no nets, so `hidden` and `residualBlocks` are unused. With a context,
 * nets compute the splines from it, and an affine coupling conditioned on the context comes first. A spline
 * alone would need many steps to follow a narrow density that moves far. A fresh flow only standardises until
 * the first batch initialises the actnorms.
 */
export function oneFeature({
  couplings = 3,
  contextDim = 0,
  domain,
  base = { type: 'standard_normal' },
  ...net
}: PresetOptions): FlowSpec {
  const conditioner: NetSpec = {
    ...netShape(net, [32, 32]),
    activation: netActivation(1),
    init: 'zero_last',
  };
  const start: BijectorSpec = {
    type: 'affine_coupling',
    ...GIVEN_CONTEXT,
    scale: { map: 'tanh', bound: 3 },
    conditioner: { ...conditioner, separate: false },
  };
  const spline: BijectorSpec =
    contextDim === 0
      ? { type: 'rational_quadratic_elementwise', ...PIECES }
      : { type: 'rational_quadratic_coupling', ...GIVEN_CONTEXT, ...PIECES, conditioner };
  const step: BijectorSpec[] = [spline, { type: 'actnorm' }];
  return {
    version: 1,
    dim: 1,
    contextDim,
    base,
    bijectors: [
      ...domainMap(1, domain),
      { type: 'standardize' },
      ...(contextDim === 0 ? [] : [start]),
      ...Array.from({ length: couplings }, () => step).flat(),
    ],
  };
}
