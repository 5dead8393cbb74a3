import { describe } from 'vitest';
import { convForward } from '../../../src/kernels/conv/conv_forward.ts';
import { testConvForward } from './convForwardTests.ts';

describe('conv_forward', () => {
  testConvForward(convForward);
});
