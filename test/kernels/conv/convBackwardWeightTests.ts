/** Tests that the plain and the blocked kernel of a convolution share. */
import { expect, it } from 'vitest';
import type { ConvBackwardWeightArguments } from '../../../src/kernels/conv/conv_backward_weight.ts';
import type { ConvSlots } from '../../../src/kernels/conv/conv_forward.ts';
import { weightElements } from '../../../src/kernels/dense/dense_backward_weight.ts';
import type { Dispatch } from '../../../src/plan/kernel.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import type { BufferContents } from '../harness.ts';
import { CONV_SIZES, convSlots, imageElements } from './convTests.ts';

/** Sums of up to a thousand terms that cancel. */
const SUM_BOUND = 5e-5;

export function testConvBackwardWeight(
  launch: (args: ConvBackwardWeightArguments) => Dispatch,
  slicesOf: (rows: number, layer: ConvSlots) => number,
): void {
  const dispatch = (
    rows: number,
    layer: ConvSlots,
    more: Partial<ConvBackwardWeightArguments> = {},
  ): Dispatch =>
    launch({
      rows,
      layer,
      dOutput: 'd_output',
      outputStart: 0,
      input: 'input',
      inputStart: 0,
      partials: 'partials',
      ...more,
    });

  it.each(CONV_SIZES)(
    'matches its twin at %i rows, %i channels, %i outputs, %i × %i pixels',
    async (rows, channels, outputs, height, width) => {
      const layer = convSlots(outputs, { channels, height, width });
      const { gpu, twin } = await runBoth(
        [dispatch(rows, layer)],
        contents(rows, layer, slicesOf(rows, layer)),
      );
      expectClose('partials', gpu('partials'), twin('partials'), SUM_BOUND);
    },
  );

  it.each([0, 1] as const)('reads the pixels of parity %i, and 12 context features', async (parity) => {
    const layer = convSlots(3, { channels: 2, height: 3, width: 5, parity, contextCount: 12 });
    const { gpu, twin } = await runBoth(
      [dispatch(8, layer, { context: 'context', inputStart: 1, outputStart: 2 })],
      {
        ...contents(8, layer, slicesOf(8, layer)),
        input: ramp(imageElements(layer, 4, 8), 2),
        d_output: ramp(imageElements(layer, 6, 8), 1, 2),
      },
    );
    expectClose('partials', gpu('partials'), twin('partials'), SUM_BOUND);
    expect(gpu('partials').some((value) => value !== 0)).toBe(true);
  });
}

function contents(rows: number, layer: ConvSlots, slices: number): BufferContents {
  return {
    d_output: ramp(imageElements(layer, layer.outputs, rows), 1, 2),
    input: ramp(imageElements(layer, layer.conv.channels, rows), 2),
    context: ramp(Math.max(1, rows * layer.conv.contextCount), 1, 4),
    partials: slices * weightElements(layer),
  };
}
