import { describe } from 'vitest';
import { convBackwardWeight } from '../../../src/kernels/conv/conv_backward_weight.ts';
import { rowSlices } from '../../../src/kernels/dense/dense_backward_weight.ts';
import { testConvBackwardWeight } from './convBackwardWeightTests.ts';

describe('conv_backward_weight', () => {
  testConvBackwardWeight(convBackwardWeight, (_, layer) => rowSlices(layer));
});
