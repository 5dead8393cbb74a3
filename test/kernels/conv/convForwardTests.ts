/** Tests that the plain and the blocked kernel of a convolution share. */
import { expect, it } from 'vitest';
import type { ConvForwardArguments, ConvSlots } from '../../../src/kernels/conv/conv_forward.ts';
import type { Dispatch } from '../../../src/plan/kernel.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import type { BufferContents } from '../harness.ts';
import { CONV_SIZES, convSlots, imageElements } from './convTests.ts';

const F32_BOUND = 1e-5;

export function testConvForward(launch: (args: ConvForwardArguments) => Dispatch): void {
  const dispatch = (rows: number, layer: ConvSlots, more: Partial<ConvForwardArguments> = {}): Dispatch =>
    launch({
      rows,
      layer,
      activation: 'leaky_relu',
      parameters: 'parameters',
      input: 'input',
      inputStart: 0,
      output: 'output',
      outputStart: 0,
      ...more,
    });

  it.each(CONV_SIZES)(
    'matches its twin at %i rows, %i channels, %i outputs, %i × %i pixels',
    async (rows, channels, outputs, height, width) => {
      const layer = convSlots(outputs, { channels, height, width });
      const { gpu, twin } = await runBoth([dispatch(rows, layer)], contents(rows, layer));
      expectClose('output', gpu('output'), twin('output'), F32_BOUND);
    },
  );

  it.each([0, 1] as const)('reads the pixels of parity %i and the context, and keeps φ′', async (parity) => {
    const layer = convSlots(6, { channels: 2, height: 3, width: 5, parity, contextCount: 3 });
    const more = { context: 'context', derivative: 'derivative', activation: 'silu' } as const;
    const { gpu, twin } = await runBoth([dispatch(8, layer, more)], contents(8, layer));
    expectClose('output', gpu('output'), twin('output'), F32_BOUND);
    expectClose('derivative', gpu('derivative'), twin('derivative'), F32_BOUND);
  });

  it('adds to what is there, reads and writes in the middle, and leaves the rest alone', async () => {
    const layer = convSlots(2, { channels: 1, height: 2, width: 3 });
    const plane = imageElements(layer, 1, 4);
    const { gpu, twin } = await runBoth([dispatch(4, layer, { add: true, inputStart: 1, outputStart: 1 })], {
      parameters: ramp(layer.bias.offset + 2),
      input: ramp(3 * plane),
      output: ramp(4 * plane, 1, 9),
    });
    expectClose('output', gpu('output'), twin('output'), F32_BOUND);
    expect(gpu('output').slice(0, plane)).toEqual(ramp(4 * plane, 1, 9).slice(0, plane));
    expect(gpu('output').slice(3 * plane)).toEqual(ramp(4 * plane, 1, 9).slice(3 * plane));
  });

  it('gives the same bits on every run', async () => {
    const layer = convSlots(9, { channels: 7, height: 5, width: 5 });
    const runs = [1, 2].map(() => runBoth([dispatch(12, layer)], contents(12, layer)));
    const [first, second] = await Promise.all(runs);
    expect(first!.gpu('output')).toEqual(second!.gpu('output'));
  });
}

function contents(rows: number, layer: ConvSlots): BufferContents {
  const outputs = imageElements(layer, layer.outputs, rows);
  return {
    parameters: ramp(layer.bias.offset + layer.outputs),
    input: ramp(imageElements(layer, layer.conv.channels, rows), 2),
    context: ramp(Math.max(1, rows * layer.conv.contextCount), 1, 4),
    output: outputs,
    derivative: outputs,
  };
}
