import { describe } from 'vitest';
import { denseForwardBlocked } from '../../../src/kernels/dense/dense_forward_blocked.ts';
import { testDenseForward } from './denseForwardTests.ts';

describe('dense_forward_blocked', () => {
  testDenseForward(
    denseForwardBlocked,
    [
      [4, 1, 1],
      [60, 7, 13],
      [128, 16, 64],
      [132, 17, 65],
      [68, 1, 512],
      [260, 101, 127],
      [1028, 31, 5],
    ],
    [132, 17, 65],
  );
});
