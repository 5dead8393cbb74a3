import { describe } from 'vitest';
import { denseBackwardInput } from '../../../src/kernels/dense/dense_backward_input.ts';
import { testDenseBackwardInput } from './denseBackwardInputTests.ts';

describe('dense_backward_input', () => {
  testDenseBackwardInput(denseBackwardInput, [
    [4, 1, 1],
    [60, 2, 13],
    [64, 3, 2],
    [68, 65, 5],
    [260, 5, 512],
    [1028, 31, 3],
  ]);
});
