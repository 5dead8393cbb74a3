import { describe, it } from 'vitest';
import type { Dispatch } from '../../../src/plan/kernel.ts';
import { deepBackwardWeight, deepPartials } from '../../../src/kernels/fused/deep_backward_weight.ts';
import { deepWeightReduce } from '../../../src/kernels/fused/deep_weight_reduce.ts';
import { ReferenceProgram } from '../../../src/reference/executor.ts';
import { expectClose, expectNormClose } from '../../support/compare.ts';
import { lanesOf } from '../../support/device.ts';
import { runBoth } from '../harness.ts';
import type { BufferContents } from '../harness.ts';
import { hiddensOf, INPUTS, pieceCase } from './pieces.ts';
import { named, PIECE_STACKS, stackModel } from './stacks.ts';
import type { StackShape } from './stacks.ts';

const GRADIENT_BOUND = 1e-4;
/** Both sides are f64, but they add in different orders. */
const F64_BOUND = 1e-10;
const shapes = named(PIECE_STACKS);

describe.each(shapes)('piece_backward_weight of %s', (_name, shape) => {
  it.each([4, 68, 2048])('adds what its twin adds at %i rows', async (rows) => {
    for (const lanes of await lanesOf()) {
      for (const inputs of INPUTS) {
        const { dispatches, contents } = pieceCase(shape, rows, inputs, lanes);
        const { gpu, twin } = await runBoth(dispatches.slice(1), contents);
        for (const { name, offset, length } of tensorsOf(shape)) {
          expectNormClose(
            `${name} of ${inputs}, ${lanes} lanes`,
            gpu('gradients').subarray(offset, offset + length),
            twin('gradients').subarray(offset, offset + length),
            GRADIENT_BOUND,
          );
        }
      }
    }
  });

  it.each(INPUTS)('gives with its like what sums over all rows give, in float64: %s', (inputs) => {
    const rows = 36;
    const { stack } = stackModel(shape);
    const { dispatches, contents } = pieceCase(shape, rows, inputs, 1);
    const args = {
      stack,
      lanes: 1,
      rows,
      first: 0,
      count: shape.couplings,
      parameters: 'parameters',
      conditions: 'conditions',
      dOutputs: 'd_outputs',
      hiddens: 'hiddens',
      gradients: 'gradients',
      partials: 'partials',
    };
    const all = {
      ...contents,
      hiddens: hiddensOf(shape, contents, rows),
      partials: deepPartials(stack, shape.couplings),
    };
    expectClose(
      'gradients',
      gradientsBy(dispatches, all),
      gradientsBy([deepBackwardWeight(args), deepWeightReduce(args)], all),
      F64_BOUND,
    );
  });
});

function gradientsBy(
  dispatches: readonly Dispatch[],
  contents: Record<string, BufferContents[string] | Float64Array>,
): Float64Array {
  const program = new ReferenceProgram({
    label: 'gradients',
    buffers: Object.entries(contents).map(([name, content]) => ({
      name,
      element: content instanceof Uint32Array ? 'u32' : 'f32',
      length: typeof content === 'number' ? content : content.length,
    })),
    dispatches,
  });
  for (const [name, content] of Object.entries(contents)) {
    if (typeof content !== 'number') program.buffer(name).set(content);
  }
  program.run();
  return program.floats('gradients');
}

function tensorsOf(shape: StackShape): { name: string; offset: number; length: number }[] {
  return stackModel(shape).layout.tensors.filter(({ trainable }) => trainable);
}
