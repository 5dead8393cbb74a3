/** Small flows, one for each kind that the planner distinguishes. */
import { glow, nice, realnvp, spline, vanilla } from '../../src/presets/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';

const CLASSES = { type: 'class_conditional' } as const;

export const SPEC_SHAPES: [string, FlowSpec][] = [
  ['the article’s model, smaller', vanilla(2, { couplings: 5, hidden: [12] })],
  ['nine couplings, more than a segment', vanilla(2, { couplings: 9, hidden: [5] })],
  ['two hidden layers, nine couplings', realnvp(2, { couplings: 9, hidden: [8, 6] })],
  [
    'two hidden layers given a context, nine couplings',
    realnvp(2, { couplings: 9, hidden: [8, 6], contextDim: 2 }),
  ],
  ['additive couplings', nice(2, { couplings: 9, hidden: [8, 6] })],
  ['two hidden layers on four features', realnvp(4, { couplings: 2, hidden: [9, 5] })],
  ['features too many to be fused', realnvp(20, { couplings: 3, hidden: [24, 17] })],
  ['three hidden layers', realnvp(4, { couplings: 2, hidden: [6, 7, 5] })],
  ['three hidden layers, nine couplings', realnvp(2, { couplings: 9, hidden: [8, 8, 4] })],
  ['couplings between other layers', glow(5, { couplings: 2, hidden: [8, 6] })],
  ['actnorms and linear maps', glow(2, { couplings: 3, hidden: [8, 6] })],
  ['actnorms and linear maps, nine couplings', glow(2, { couplings: 9, hidden: [6, 5] })],
  ['splines of one feature given another', spline(2, { couplings: 3, hidden: [8, 6] })],
  ['splines', spline(3, { couplings: 2, hidden: [9] })],
  ['residual nets', realnvp(4, { couplings: 3, hidden: [9], residualBlocks: 2 })],
  [
    'a context and means of classes',
    { ...realnvp(5, { couplings: 2, hidden: [9], contextDim: 3 }), base: CLASSES },
  ],
  ['one feature given a context', realnvp(1, { couplings: 1, hidden: [9], contextDim: 3 })],
  ['four hidden layers', realnvp(4, { couplings: 2, hidden: [6, 7, 5, 4] })],
];
