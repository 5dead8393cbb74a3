import { describe } from 'vitest';
import { convBackwardInput } from '../../../src/kernels/conv/conv_backward_input.ts';
import { testConvBackwardInput } from './convBackwardInputTests.ts';

describe('conv_backward_input', () => {
  testConvBackwardInput(convBackwardInput);
});
