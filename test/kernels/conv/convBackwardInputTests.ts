/** Tests that the plain and the blocked kernel of a convolution share. */
import { expect, it } from 'vitest';
import type { ConvBackwardInputArguments } from '../../../src/kernels/conv/conv_backward_input.ts';
import type { ConvSlots } from '../../../src/kernels/conv/conv_forward.ts';
import type { Dispatch } from '../../../src/plan/kernel.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import type { BufferContents } from '../harness.ts';
import { CONV_SIZES, convSlots, imageElements } from './convTests.ts';

const F32_BOUND = 1e-5;

export function testConvBackwardInput(launch: (args: ConvBackwardInputArguments) => Dispatch): void {
  const dispatch = (
    rows: number,
    layer: ConvSlots,
    more: Partial<ConvBackwardInputArguments> = {},
  ): Dispatch =>
    launch({
      rows,
      layer,
      parameters: 'parameters',
      dOutput: 'd_output',
      outputStart: 0,
      dInput: 'd_input',
      inputStart: 0,
      ...more,
    });

  it.each(CONV_SIZES)(
    'matches its twin at %i rows, %i channels, %i outputs, %i × %i pixels',
    async (rows, channels, outputs, height, width) => {
      const layer = convSlots(outputs, { channels, height, width });
      const { gpu, twin } = await runBoth(
        [dispatch(rows, layer, { derivative: 'derivative' })],
        contents(rows, layer),
      );
      expectClose('d_input', gpu('d_input'), twin('d_input'), F32_BOUND);
    },
  );

  it.each([0, 1] as const)('adds to the pixels of parity %i alone', async (parity) => {
    const layer = convSlots(6, { channels: 2, height: 3, width: 5, parity, contextCount: 3 });
    const before = ramp(imageElements(layer, 4, 8), 1, 7);
    const { gpu, twin } = await runBoth([dispatch(8, layer, { add: true, inputStart: 1 })], {
      ...contents(8, layer),
      d_input: before,
    });
    expectClose('d_input', gpu('d_input'), twin('d_input'), F32_BOUND);
    const plane = imageElements(layer, 1, 8);
    const isSame = (pixel: number): boolean =>
      gpu('d_input')[plane + 8 * pixel] === before[plane + 8 * pixel];
    for (let pixel = 0; pixel < 15; pixel++) expect(isSame(pixel)).toBe(pixel % 2 !== parity);
    expect(gpu('d_input').slice(0, plane)).toEqual(before.slice(0, plane));
    expect(gpu('d_input').slice(3 * plane)).toEqual(before.slice(3 * plane));
  });
}

function contents(rows: number, layer: ConvSlots): BufferContents {
  const inputs = imageElements(layer, layer.conv.channels, rows);
  return {
    parameters: ramp(layer.bias.offset + layer.outputs),
    d_output: ramp(imageElements(layer, layer.outputs, rows), 2),
    derivative: ramp(inputs, 1, 3),
    d_input: inputs,
  };
}
