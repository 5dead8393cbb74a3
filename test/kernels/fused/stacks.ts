/** Stacks of couplings, with parameters, for the tests of the fused kernels. */
import { goesByLayers } from '../../../src/kernels/fused/coupling_stack.ts';
import { isTrainedFused } from '../../../src/passes/fused.ts';
import { couplingStackAt } from '../../../src/passes/couplingStack.ts';
import { couplingOutputs, mixFactors, netInputs } from '../../../src/model/couplingStack.ts';
import type { CouplingStack } from '../../../src/model/couplingStack.ts';
import { paramLayout } from '../../../src/spec/layout.ts';
import type { ParamLayout } from '../../../src/spec/layout.ts';
import type { TensorSlot } from '../../../src/model/tensors.ts';
import type { BijectorSpec } from '../../../src/bijectors/index.ts';
import type { ScaleMap } from '../../../src/model/scaleMap.ts';
import type { Activation } from '../../../src/model/activation.ts';
import { randomParameters, specOf } from '../../support/randomSpecs.ts';

export interface StackShape {
  dim: number;
  contextDim: number;
  split: number;
  hidden: number[];
  separate: boolean;
  couplings: number;
  /** Whether an actnorm and a linear map come before each coupling. */
  mix: boolean;
  activation: Activation;
  /** Undefined for additive couplings. */
  scale: ScaleMap | undefined;
}

/** Shapes of every kind that a stack can have. */
export const STACKS: StackShape[] = [
  shape({}),
  shape({ hidden: [512], separate: true, activation: 'leaky_relu', scale: { map: 'exp' }, couplings: 5 }),
  shape({ hidden: [13], activation: 'silu', couplings: 8 }),
  shape({ dim: 8, split: 4, hidden: [9], separate: true, activation: 'tanh' }),
  shape({ dim: 3, split: 1, hidden: [7], activation: 'relu', scale: { map: 'sigmoid' } }),
  shape({ dim: 5, split: 4, hidden: [1], activation: 'identity', couplings: 1 }),
  shape({ dim: 3, split: 2, contextDim: 3, hidden: [6] }),
  shape({ dim: 4, split: 2, hidden: [5], activation: 'tanh', scale: undefined }),
  shape({ dim: 3, hidden: [5], mix: true, couplings: 3 }),
  shape({ dim: 4, split: 2, hidden: [6], activation: 'silu', separate: true, mix: true }),
];

/** Stacks with two hidden layers. */
export const DEEP_STACKS: StackShape[] = [
  shape({ hidden: [32, 24], couplings: 3 }),
  shape({ hidden: [5, 11], separate: true, activation: 'tanh', couplings: 4 }),
  shape({ dim: 4, split: 2, hidden: [17, 8], activation: 'silu', scale: { map: 'exp' } }),
  shape({ dim: 3, split: 2, hidden: [1, 1], activation: 'relu' }),
  shape({ contextDim: 4, hidden: [32, 32], couplings: 3 }),
  shape({ dim: 4, split: 2, contextDim: 1, hidden: [9, 6], activation: 'tanh', separate: true }),
  shape({ contextDim: 2, hidden: [8, 8], mix: true }),
];

/** Two hidden layers, piecewise linear, above one input. */
export const PIECE_STACKS: StackShape[] = [
  shape({ hidden: [32, 24], couplings: 3 }),
  shape({ hidden: [5, 11], separate: true, activation: 'relu', couplings: 4 }),
  shape({ dim: 4, hidden: [17, 70], scale: { map: 'exp' } }),
  shape({ hidden: [128, 128], couplings: 1 }),
  shape({ hidden: [1, 1], activation: 'identity' }),
  shape({ hidden: [32, 32], scale: undefined }),
  shape({ hidden: [8, 12], mix: true }),
];

/** One coupling each, some with more outputs than a subgroup has lanes. */
export const SINGLE_PIECE_STACKS: StackShape[] = [
  shape({ hidden: [32, 32], couplings: 1 }),
  shape({ hidden: [5, 11], separate: true, activation: 'relu', couplings: 1 }),
  shape({ dim: 8, hidden: [9, 6], couplings: 1 }),
  shape({ dim: 8, hidden: [17, 70], scale: undefined, couplings: 1 }),
];

/** Stacks with three hidden layers. */
export const DEEPER_STACKS: StackShape[] = [
  shape({ hidden: [32, 16, 20], couplings: 3 }),
  shape({ hidden: [5, 11, 7], separate: true, activation: 'tanh', couplings: 2 }),
  shape({ dim: 4, split: 2, hidden: [12, 36, 8], activation: 'silu', scale: { map: 'exp' } }),
  shape({ dim: 3, split: 2, hidden: [1, 1, 1], activation: 'relu' }),
  shape({ contextDim: 2, hidden: [8, 5, 7], couplings: 3 }),
  shape({ hidden: [4, 6, 5], scale: undefined }),
];

/** A name and a shape per test. */
export function named(shapes: readonly StackShape[]): [string, StackShape][] {
  return shapes.map((shape) => [shapeName(shape), shape]);
}

/** The stacks with two hidden layers whose tape has both, or has the second one alone. */
export function byLayers(shapes: readonly StackShape[], keeps: boolean): StackShape[] {
  return shapes.filter((shape) => goesByLayers(stackModel(shape).stack) === keeps);
}

/** The stacks that a training step runs fused; no plan has a tape of the others. */
export function trainedFused(shapes: readonly StackShape[]): StackShape[] {
  return shapes.filter((shape) => isTrainedFused(stackModel(shape).stack));
}

export function shapeName({
  dim,
  contextDim,
  split,
  hidden,
  separate,
  couplings,
  mix,
  activation,
  scale,
}: StackShape): string {
  const given = contextDim > 0 ? `, context ${contextDim},` : '';
  return `${couplings} × ${split}|${dim - split}${given} ${hidden.join('-')} ${activation} ${scale?.map ?? 'additive'}${separate ? ' separate' : ''}${mix ? ' mixed' : ''}`;
}

export interface StackModel {
  stack: CouplingStack;
  layout: ParamLayout;
  parameters: Float32Array;
  standardize: { mean: TensorSlot; std: TensorSlot };
}

/** Elements of the tape of a whole stack, by the names of `flowForward`. */
export function tapeElements(
  { stack }: StackModel,
  rows: number,
): Record<'conditions' | 'mixed' | 'outputs' | 'jacobians', number> {
  const outputs = stack.flips.length * couplingOutputs(stack) * rows;
  return {
    conditions: stack.flips.length * netInputs(stack) * rows,
    // What the backward pass keeps after the conditions.
    mixed: stack.flips.length * mixFactors(stack) * rows,
    outputs,
    jacobians: outputs * stack.conditionCount,
  };
}

/** Couplings whose flips alternate if both blocks have equal sizes. */
export function stackModel({
  dim,
  contextDim,
  split,
  hidden,
  separate,
  couplings,
  mix,
  activation,
  scale,
}: StackShape): StackModel {
  const bijectors = Array.from({ length: couplings }, (_, index): BijectorSpec[] => {
    const blocks = { split, flip: 2 * split === dim && index % 2 === 1 };
    const net = { hidden, activation, init: 'torch_linear' } as const;
    return [
      ...(mix ? ([{ type: 'actnorm' }, { type: 'invertible_linear' }] as const) : []),
      scale === undefined
        ? { type: 'additive_coupling', ...blocks, conditioner: net }
        : { type: 'affine_coupling', ...blocks, scale, conditioner: { ...net, separate } },
    ];
  }).flat();
  const spec = { ...specOf(dim, bijectors, true), contextDim };
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
    contextDim: 0,
    split: 1,
    hidden: [16],
    separate: false,
    couplings: 2,
    mix: false,
    activation: 'leaky_relu',
    scale: { map: 'tanh', bound: 3 },
    ...parts,
  };
}
