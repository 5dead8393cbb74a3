import { describe, expect, it } from 'vitest';
import { classConditionalBackward } from '../../../src/kernels/base/class_conditional_backward.ts';
import { expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import type { BufferContents } from '../harness.ts';
import { tensorSlot } from '../slots.ts';

const GRADIENT_BOUND = 1e-4;

describe('class_conditional_backward', () => {
  it.each([
    [4, 1, 1],
    [63, 2, 3],
    [64, 3, 1],
    [68, 5, 65],
    [1028, 7, 2],
  ])('matches its twin at %i rows, %i features and %i of context', async (rows, features, contextCount) => {
    const { gpu, twin } = await runBoth(
      [dispatch(rows, features, contextCount)],
      contents(rows, features, contextCount),
    );
    expectNormClose('gradients', gpu('gradients'), twin('gradients'), GRADIENT_BOUND);
  });

  it('adds to the gradients of its own tensor alone', async () => {
    const before = contents(5, 2, 3);
    const { gpu } = await runBoth([dispatch(5, 2, 3)], before);
    const gradients = before['gradients'] as Float32Array;
    const changed = [...gpu('gradients')].map((value, i) => value !== gradients[i]);
    expect(changed).toEqual([...gradients.keys()].map((i) => i >= 3 && i < 9));
  });

  it('gives the same bits on every run', async () => {
    const runs = [1, 2].map(() => runBoth([dispatch(260, 3, 4)], contents(260, 3, 4)));
    const [first, second] = await Promise.all(runs);
    expect(first!.gpu('gradients')).toEqual(second!.gpu('gradients'));
  });
});

function dispatch(
  rows: number,
  features: number,
  contextCount: number,
): ReturnType<typeof classConditionalBackward> {
  return classConditionalBackward({
    rows,
    features,
    contextCount,
    mean: tensorSlot('base.mean', [features, contextCount], 3),
    dState: 'd_state',
    context: 'context',
    gradients: 'gradients',
  });
}

function contents(rows: number, features: number, contextCount: number): BufferContents {
  return {
    d_state: ramp(features * rows, 2),
    context: ramp(contextCount * rows, 1, 5),
    gradients: ramp(3 + features * contextCount + 2, 0.1, 1),
  };
}
