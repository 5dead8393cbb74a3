import { describe } from 'vitest';
import { denseBackwardInputBlocked } from '../../../src/kernels/dense/dense_backward_input_blocked.ts';
import { testDenseBackwardInput } from './denseBackwardInputTests.ts';

describe('dense_backward_input_blocked', () => {
  testDenseBackwardInput(denseBackwardInputBlocked, [
    [4, 1, 1],
    [60, 2, 13],
    [128, 64, 16],
    [132, 65, 17],
    [260, 5, 512],
    [260, 127, 101],
    [1028, 31, 3],
  ]);
});
