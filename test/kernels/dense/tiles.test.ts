import { describe, expect, it } from 'vitest';
import { denseBackwardInput } from '../../../src/kernels/dense/dense_backward_input.ts';
import { denseBackwardInputBlocked } from '../../../src/kernels/dense/dense_backward_input_blocked.ts';
import {
  denseBackwardWeight,
  rowSlices,
  weightElements,
} from '../../../src/kernels/dense/dense_backward_weight.ts';
import {
  blockedRowSlices,
  denseBackwardWeightBlocked,
} from '../../../src/kernels/dense/dense_backward_weight_blocked.ts';
import { denseBackwardWeightStreamed } from '../../../src/kernels/dense/dense_backward_weight_streamed.ts';
import { denseForward } from '../../../src/kernels/dense/dense_forward.ts';
import { denseForwardBlocked } from '../../../src/kernels/dense/dense_forward_blocked.ts';
import { denseForwardStreamed } from '../../../src/kernels/dense/dense_forward_streamed.ts';
import { retiled, tileChoices, tileOf } from '../../../src/kernels/dense/tiles.ts';
import type { TileSizes } from '../../../src/kernels/dense/tiles.ts';
import type { Dispatch } from '../../../src/plan/kernel.ts';
import { expectClose, expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import type { BufferContents } from '../harness.ts';
import { denseSlots } from '../slots.ts';

const ROWS = 68;
const LAYER = denseSlots(20, 37);

const forwardArgs = {
  rows: ROWS,
  layer: LAYER,
  activation: 'tanh',
  parameters: 'parameters',
  input: 'input',
  inputStart: 0,
  output: 'output',
  outputStart: 0,
} as const;
const backwardInputArgs = {
  rows: ROWS,
  layer: LAYER,
  parameters: 'parameters',
  dOutput: 'd_output',
  outputStart: 0,
  dInput: 'd_input',
  inputStart: 0,
};
const backwardWeightArgs = {
  rows: ROWS,
  layer: LAYER,
  dOutput: 'd_output',
  outputStart: 0,
  input: 'input',
  inputStart: 0,
};
const parameters = ramp(LAYER.bias.offset + LAYER.outputs, 0.3);
const input = ramp(ROWS * LAYER.inputs);
const dOutput = ramp(ROWS * LAYER.outputs, 1, 4);

/** A dispatch, the contents of its buffers, and the buffer that it writes. */
const cases: [Dispatch, BufferContents, string][] = [
  [denseForward(forwardArgs), { parameters, input, output: ROWS * LAYER.outputs }, 'output'],
  [denseForwardBlocked(forwardArgs), { parameters, input, output: ROWS * LAYER.outputs }, 'output'],
  [
    denseForwardStreamed({ ...forwardArgs, lanes: 1 }),
    { parameters, input, output: ROWS * LAYER.outputs },
    'output',
  ],
  [
    denseBackwardInput(backwardInputArgs),
    { parameters, d_output: dOutput, d_input: ROWS * LAYER.inputs },
    'd_input',
  ],
  [
    denseBackwardInputBlocked(backwardInputArgs),
    { parameters, d_output: dOutput, d_input: ROWS * LAYER.inputs },
    'd_input',
  ],
  [
    denseBackwardWeight({ ...backwardWeightArgs, partials: 'partials' }),
    { d_output: dOutput, input, partials: rowSlices(LAYER) * weightElements(LAYER) },
    'partials',
  ],
  [
    denseBackwardWeightBlocked({ ...backwardWeightArgs, partials: 'partials' }),
    { d_output: dOutput, input, partials: blockedRowSlices(ROWS, LAYER) * weightElements(LAYER) },
    'partials',
  ],
  [
    denseBackwardWeightStreamed({ ...backwardWeightArgs, gradients: 'gradients', lanes: 1 }),
    { d_output: dOutput, input, gradients: LAYER.bias.offset + LAYER.outputs },
    'gradients',
  ],
];

describe('retiled', () => {
  it.each(cases.map(([dispatch, ...others]) => [dispatch.kernel.stem, dispatch, ...others] as const))(
    'leaves the result of %s what it is, whatever its tiles',
    async (_, dispatch, contents, result) => {
      const tiles = tilesOf(dispatch).filter((tile) => isPossible(dispatch, tile));
      expect(tiles.length).toBeGreaterThan(1);
      for (const tile of tiles) {
        const other = retiled(dispatch, tile);
        expect(tileOf(other)).toEqual(tile);
        const { gpu, twin } = await runBoth([other], contents);
        const compare = result === 'output' ? expectClose : expectNormClose;
        compare(
          `${result} with ${JSON.stringify(tile)}`,
          gpu(result),
          twin(result),
          result === 'output' ? 1e-5 : 1e-4,
        );
      }
    },
  );

  it('refuses sizes that the kernel cannot have', () => {
    const dispatch = denseForwardBlocked(forwardArgs);
    expect(() => retiled(dispatch, { ROW_QUADS: 3 })).toThrow(
      'ROW_QUADS of dense_forward_blocked: found 3, expected one of 1, 2, 4',
    );
    expect(() => retiled(dispatch, { FEATURE_QUADS: 4, ROW_QUADS: 4 })).toThrow(
      /bytes of workgroup memory, expected at most 16384/,
    );
  });
});

/** The launcher's own tile, and variants in which one size differs. */
function tilesOf(dispatch: Dispatch): TileSizes[] {
  const own = tileOf(dispatch);
  const others = Object.entries(tileChoices(dispatch)).flatMap(([name, sizes]) =>
    sizes.filter((size) => size !== own[name]).map((size) => ({ ...own, [name]: size })),
  );
  return [own, ...others];
}

function isPossible(dispatch: Dispatch, tile: TileSizes): boolean {
  try {
    retiled(dispatch, tile);
    return true;
  } catch {
    return false;
  }
}
