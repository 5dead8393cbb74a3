import { describe } from 'vitest';
import { convBackwardInputBlocked } from '../../../src/kernels/conv/conv_backward_input_blocked.ts';
import { testConvBackwardInput } from './convBackwardInputTests.ts';

describe('conv_backward_input_blocked', () => {
  testConvBackwardInput(convBackwardInputBlocked);
});
