import { describe, expect, it } from 'vitest';
import { activationForward } from '../../../src/kernels/dense/activation_forward.ts';
import { ACTIVATIONS } from '../../../src/model/activation.ts';
import type { Activation } from '../../../src/model/activation.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';

const F32_BOUND = 1e-5;

describe('activation_forward', () => {
  it.each([
    [4, 1],
    [252, 1],
    [256, 1],
    [260, 3],
    [68, 65],
  ])('matches its twin at %i rows, %i features', async (rows, features) => {
    await expectTwin(rows, features, 'silu', true);
  });

  it.each(ACTIVATIONS)('matches its twin with the activation %s', async (activation) => {
    await expectTwin(36, 5, activation, true);
    await expectTwin(36, 5, activation, false);
  });
});

async function expectTwin(
  rows: number,
  features: number,
  activation: Activation,
  keepsDerivative: boolean,
): Promise<void> {
  const dispatch = activationForward({
    rows,
    features,
    activation,
    input: 'input',
    output: 'output',
    ...(keepsDerivative ? { derivative: 'derivative' } : {}),
  });
  const input = ramp(rows * features, 3, 7);
  const results = keepsDerivative ? ['output', 'derivative'] : ['output'];
  const { gpu, twin } = await runBoth([dispatch], {
    input,
    ...Object.fromEntries(results.map((name) => [name, rows * features])),
  });
  for (const name of results) expectClose(name, gpu(name), twin(name), F32_BOUND);
  expect(gpu('input')).toEqual(input);
}
