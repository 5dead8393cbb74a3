import { describe, it } from 'vitest';
import { deepPartials } from '../../../src/kernels/fused/deep_backward_weight.ts';
import { deepWeightReduce } from '../../../src/kernels/fused/deep_weight_reduce.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { DEEP_STACKS, DEEPER_STACKS, byLayers, named, stackModel, trainedFused } from './stacks.ts';

const F32_BOUND = 1e-5;
const shapes = named(byLayers(trainedFused([...DEEP_STACKS, ...DEEPER_STACKS]), false));

describe.each(shapes)('deep_weight_reduce of %s', (_name, shape) => {
  it('adds the blocks to the first layers of its range, and nothing else', async () => {
    const { stack, parameters } = stackModel(shape);
    const { gpu, twin } = await runBoth(
      [deepWeightReduce({ stack, first: 1, count: 1, partials: 'partials', gradients: 'gradients' })],
      { partials: ramp(deepPartials(stack, 1)), gradients: ramp(parameters.length, 1, 7) },
    );
    expectClose('gradients', gpu('gradients'), twin('gradients'), F32_BOUND);
  });
});
