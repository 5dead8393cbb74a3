import { describe } from 'vitest';
import { convForwardBlocked } from '../../../src/kernels/conv/conv_forward_blocked.ts';
import { testConvForward } from './convForwardTests.ts';

describe('conv_forward_blocked', () => {
  testConvForward(convForwardBlocked);
});
