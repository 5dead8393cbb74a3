import { describe } from 'vitest';
import {
  blockedImageSlices,
  convBackwardWeightBlocked,
} from '../../../src/kernels/conv/conv_backward_weight_blocked.ts';
import { testConvBackwardWeight } from './convBackwardWeightTests.ts';

describe('conv_backward_weight_blocked', () => {
  testConvBackwardWeight(convBackwardWeightBlocked, blockedImageSlices);
});
