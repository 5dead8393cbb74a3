/** Stacks of couplings, with parameters, for the tests of the fused kernels. */
import { isTrainedFused } from '../../../src/passes/fused.ts';
import { couplingStackAt } from '../../../src/passes/couplingStack.ts';
import type { CouplingStack } from '../../../src/model/couplingStack.ts';
import { paramLayout } from '../../../src/spec/layout.ts';
import type { ParamLayout } from '../../../src/spec/layout.ts';
import type { TensorSlot } from '../../../src/model/tensors.ts';
import type { AffineCouplingSpec } from '../../../src/bijectors/index.ts';
import type { ScaleMap } from '../../../src/model/scaleMap.ts';
import type { Activation } from '../../../src/model/activation.ts';
import { randomParameters, specOf } from '../../support/randomSpecs.ts';

export interface StackShape {
  dim: number;
  split: number;
  hidden: number[];
  separate: boolean;
  couplings: number;
  activation: Activation;
  scale: ScaleMap;
}

/** Shapes of every kind that a stack can have. */
export const STACKS: StackShape[] = [
  shape({}),
  shape({ hidden: [512], separate: true, activation: 'leaky_relu', scale: { map: 'exp' }, couplings: 5 }),
  shape({ hidden: [13], activation: 'silu', couplings: 8 }),
  shape({ dim: 8, split: 4, hidden: [9], separate: true, activation: 'tanh' }),
  shape({ dim: 3, split: 1, hidden: [7], activation: 'relu', scale: { map: 'sigmoid' } }),
  shape({ dim: 5, split: 4, hidden: [1], activation: 'identity', couplings: 1 }),
];

/** Stacks with two hidden layers. */
export const DEEP_STACKS: StackShape[] = [
  shape({ hidden: [32, 24], couplings: 3 }),
  shape({ hidden: [5, 11], separate: true, activation: 'tanh', couplings: 4 }),
  shape({ dim: 4, split: 2, hidden: [17, 8], activation: 'silu', scale: { map: 'exp' } }),
  shape({ dim: 3, split: 2, hidden: [1, 1], activation: 'relu' }),
];

/** Two hidden layers, piecewise linear, above one input. */
export const PIECE_STACKS: StackShape[] = [
  shape({ hidden: [32, 24], couplings: 3 }),
  shape({ hidden: [5, 11], separate: true, activation: 'relu', couplings: 4 }),
  shape({ dim: 4, hidden: [17, 70], scale: { map: 'exp' } }),
  shape({ hidden: [128, 128], couplings: 1 }),
  shape({ hidden: [1, 1], activation: 'identity' }),
];

/** Stacks with three hidden layers. */
export const DEEPER_STACKS: StackShape[] = [
  shape({ hidden: [32, 16, 20], couplings: 3 }),
  shape({ hidden: [5, 11, 7], separate: true, activation: 'tanh', couplings: 2 }),
  shape({ dim: 4, split: 2, hidden: [12, 36, 8], activation: 'silu', scale: { map: 'exp' } }),
  shape({ dim: 3, split: 2, hidden: [1, 1, 1], activation: 'relu' }),
];

/** A name and a shape per test. */
export function named(shapes: readonly StackShape[]): [string, StackShape][] {
  return shapes.map((shape) => [shapeName(shape), shape]);
}

/** The stacks that a training step runs fused; no plan has a tape of the others. */
export function trainedFused(shapes: readonly StackShape[]): StackShape[] {
  return shapes.filter((shape) => isTrainedFused(stackModel(shape).stack));
}

export function shapeName({
  dim,
  split,
  hidden,
  separate,
  couplings,
  activation,
  scale,
}: StackShape): string {
  return `${couplings} × ${split}|${dim - split} ${hidden.join('-')} ${activation} ${scale.map}${separate ? ' separate' : ''}`;
}

export interface StackModel {
  stack: CouplingStack;
  layout: ParamLayout;
  parameters: Float32Array;
  standardize: { mean: TensorSlot; std: TensorSlot };
}

/** Couplings whose flips alternate if both blocks have equal sizes. */
export function stackModel({
  dim,
  split,
  hidden,
  separate,
  couplings,
  activation,
  scale,
}: StackShape): StackModel {
  const bijectors = Array.from({ length: couplings }, (_, index): AffineCouplingSpec => ({
    type: 'affine_coupling',
    split,
    flip: 2 * split === dim && index % 2 === 1,
    scale,
    conditioner: { hidden, activation, separate, init: 'torch_linear' },
  }));
  const spec = specOf(dim, bijectors, true);
  const layout = paramLayout(spec);
  const stack = couplingStackAt(spec, layout.bijectors, 1);
  const [first] = layout.bijectors;
  const standardize = first?.room.standardisation?.(first);
  if (stack === undefined || standardize === undefined) throw new Error('the spec is no stack');
  return { stack, layout, standardize, parameters: randomParameters(spec, couplings) };
}

function shape(parts: Partial<StackShape>): StackShape {
  return {
    dim: 2,
    split: 1,
    hidden: [16],
    separate: false,
    couplings: 2,
    activation: 'leaky_relu',
    scale: { map: 'tanh', bound: 3 },
    ...parts,
  };
}
