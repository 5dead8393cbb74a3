/** The bijectors by type; a new one is a file beside this one and a row here. */
import type { BijectorSlots } from '../spec/layout.ts';
import { actnormSteps } from './actnorm.ts';
import { additiveCouplingSteps } from './additiveCoupling.ts';
import { affineCouplingSteps } from './affineCoupling.ts';
import type { BijectorSteps } from './bijector.ts';
import { diagonalScaleSteps } from './diagonalScale.ts';
import { domainSteps } from './domain.ts';
import { invertibleLinearSteps } from './invertibleLinear.ts';
import { permutationSteps } from './permutation.ts';
import { splineCouplingSteps } from './splineCoupling.ts';
import { splineElementwiseSteps } from './splineElementwise.ts';
import { standardizeSteps } from './standardize.ts';

const BIJECTORS: { [T in BijectorSlots['type']]: BijectorSteps<BijectorSlots & { type: T }> } = {
  domain: domainSteps,
  standardize: standardizeSteps,
  affine_coupling: affineCouplingSteps,
  additive_coupling: additiveCouplingSteps,
  rational_quadratic_coupling: splineCouplingSteps,
  rational_quadratic_elementwise: splineElementwiseSteps,
  diagonal_scale: diagonalScaleSteps,
  permutation: permutationSteps,
  actnorm: actnormSteps,
  invertible_linear: invertibleLinearSteps,
};

/** What the bijector with these slots does in each pass. */
export function stepsOf(slots: BijectorSlots): BijectorSteps {
  return BIJECTORS[slots.type];
}
