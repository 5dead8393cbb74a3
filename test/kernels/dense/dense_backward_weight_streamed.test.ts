import { describe, expect, it } from 'vitest';
import { denseBackwardWeightStreamed } from '../../../src/kernels/dense/dense_backward_weight_streamed.ts';
import { subgroupLanesOf } from '../../support/device.ts';
import { expectNormClose } from '../../support/compare.ts';
import { expectHalfTwin } from './halves.ts';
import { ramp, runBoth } from '../harness.ts';
import { denseSlots } from '../slots.ts';

const GRADIENT_BOUND = 1e-4;

describe('dense_backward_weight_streamed', () => {
  it.each([
    [4, 4, 1],
    [8, 4, 4],
    [60, 12, 13],
    [68, 68, 5],
    [260, 76, 19],
    [1028, 8, 3],
  ])('adds what its twin adds at %i rows, %i inputs, %i outputs', async (rows, inputs, outputs) => {
    for (const lanes of await subgroupLanesOf()) await expectTwin({ rows, inputs, outputs, lanes });
  });

  it('reads from the middle of wider buffers', async () => {
    for (const lanes of await subgroupLanesOf()) {
      await expectTwin({ rows: 36, inputs: 4, outputs: 3, lanes, inputStart: 1, outputStart: 2 });
    }
  });

  it('leaves the gradients of other layers alone', async () => {
    const [lanes] = await subgroupLanesOf();
    if (lanes === undefined) return;
    const gpu = await expectTwin({ rows: 36, inputs: 8, outputs: 7, lanes });
    const layer = denseSlots(8, 7, OFFSET);
    const before = ramp(layer.bias.offset + 7 + REST, 1, 2);
    expect(gpu('gradients').slice(0, OFFSET)).toEqual(before.slice(0, OFFSET));
    expect(gpu('gradients').slice(-REST)).toEqual(before.slice(-REST));
  });

  it('takes rows of whole quads only', () => {
    const args = {
      rows: 4,
      lanes: 4,
      dOutput: 'd',
      outputStart: 0,
      input: 'x',
      inputStart: 0,
      gradients: 'g',
    };
    expect(() => denseBackwardWeightStreamed({ ...args, layer: denseSlots(5, 2) })).toThrow(
      /5 inputs at 0 are not/,
    );
  });

  it('takes inputs of half precision', async () => {
    const [rows, inputs, outputs] = [36, 68, 5];
    const layer = denseSlots(inputs, outputs, OFFSET);
    for (const lanes of (await subgroupLanesOf()).slice(-1)) {
      const args = { rows, layer, lanes, dOutput: 'd_output', outputStart: 0, input: 'input', inputStart: 0 };
      await expectHalfTwin([denseBackwardWeightStreamed({ ...args, gradients: 'gradients', f16: true })], {
        contents: {
          d_output: ramp(rows * outputs),
          input: ramp(rows * inputs, 2, 5),
          gradients: ramp(layer.bias.offset + outputs, 1, 2),
        },
        halves: ['input'],
        gradients: ['gradients'],
      });
    }
  });

  it('gives the same bits on every run', async () => {
    for (const lanes of await subgroupLanesOf()) {
      const shape = { rows: 132, inputs: 20, outputs: 20, lanes };
      const [first, second] = [await expectTwin(shape), await expectTwin(shape)];
      expect(first('gradients')).toEqual(second('gradients'));
    }
  });
});

/** Elements before the layer's own. */
const OFFSET = 12;

/** Elements after it. */
const REST = 5;

interface Shape {
  rows: number;
  inputs: number;
  outputs: number;
  lanes: number;
  inputStart?: number;
  outputStart?: number;
}

async function expectTwin(shape: Shape): Promise<(name: string) => Float32Array | Uint32Array> {
  const { rows, inputs, outputs, lanes, inputStart = 0, outputStart = 0 } = shape;
  const layer = denseSlots(inputs, outputs, OFFSET);
  const dispatch = denseBackwardWeightStreamed({
    rows,
    layer,
    lanes,
    dOutput: 'd_output',
    outputStart,
    input: 'input',
    inputStart,
    gradients: 'gradients',
  });
  const { gpu, twin } = await runBoth([dispatch], {
    d_output: ramp(rows * (outputs + outputStart)),
    input: ramp(rows * (inputs + inputStart), 2, 5),
    gradients: ramp(layer.bias.offset + outputs + REST, 1, 2),
  });
  expectNormClose(`gradients, ${lanes} lanes`, gpu('gradients'), twin('gradients'), GRADIENT_BOUND);
  return gpu;
}
