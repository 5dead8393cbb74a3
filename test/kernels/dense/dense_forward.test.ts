import { describe } from 'vitest';
import { denseForward } from '../../../src/kernels/dense/dense_forward.ts';
import { testDenseForward } from './denseForwardTests.ts';

describe('dense_forward', () => {
  testDenseForward(
    denseForward,
    [
      [4, 1, 1],
      [60, 7, 13],
      [64, 64, 2],
      [68, 1, 512],
      [260, 3, 4],
      [1028, 31, 5],
    ],
    [68, 65, 5],
  );
});
