import { describe, expect, it } from 'vitest';
import { denseBackwardInput } from '../../../src/kernels/dense/dense_backward_input.ts';
import { denseBackwardInputStreamed } from '../../../src/kernels/dense/dense_backward_input_streamed.ts';
import {
  denseWeightTranspose,
  transposedElements,
} from '../../../src/kernels/dense/dense_weight_transpose.ts';
import { subgroupLanesOf } from '../../support/device.ts';
import { expectNormClose } from '../../support/compare.ts';
import { expectHalfTwin } from './halves.ts';
import { ramp, runBoth } from '../harness.ts';
import { denseSlots } from '../slots.ts';

const GRADIENT_BOUND = 1e-4;

describe('dense_backward_input_streamed', () => {
  it.each([
    [4, 1, 1],
    [60, 2, 13],
    [68, 65, 5],
    [132, 33, 66],
    [260, 5, 131],
  ])('matches its twin at %i rows, %i inputs, %i outputs', async (rows, inputs, outputs) => {
    for (const lanes of await subgroupLanesOf()) {
      for (const hidden of [false, true]) {
        for (const add of [false, true]) await expectTwin({ rows, inputs, outputs, lanes, hidden, add });
      }
    }
  });

  it('reads from and adds to the middle of wider buffers and leaves the rest alone', async () => {
    for (const lanes of await subgroupLanesOf()) {
      const places = { inputStart: 3, outputStart: 2, width: 6 };
      const gpu = await expectTwin({
        rows: 8,
        inputs: 2,
        outputs: 3,
        lanes,
        hidden: false,
        add: true,
        ...places,
      });
      const before = ramp(6 * 8, 5, 7);
      expect(gpu('d_input').slice(0, 3 * 8)).toEqual(before.slice(0, 3 * 8));
      expect(gpu('d_input').slice(5 * 8)).toEqual(before.slice(5 * 8));
    }
  });

  it('takes weights and derivatives of half precision', async () => {
    const [rows, inputs, outputs] = [36, 33, 37];
    const layer = denseSlots(inputs, outputs, 3);
    for (const lanes of (await subgroupLanesOf()).slice(-1)) {
      const args = {
        rows,
        layer,
        lanes,
        dOutput: 'd_output',
        outputStart: 0,
        dInput: 'd_input',
        inputStart: 0,
      };
      const dispatches = [
        denseWeightTranspose({ layer, parameters: 'parameters', transposed: 'transposed', f16: true }),
        denseBackwardInputStreamed({
          ...args,
          derivative: 'derivative',
          transposed: 'transposed',
          f16: true,
        }),
      ];
      await expectHalfTwin(dispatches, {
        contents: {
          parameters: ramp(layer.bias.offset + outputs),
          transposed: transposedElements(layer),
          d_output: ramp(rows * outputs, 2),
          derivative: ramp(rows * inputs, 1, 3),
          d_input: ramp(rows * inputs, 5, 7),
        },
        halves: ['parameters', 'transposed', 'derivative'],
        gradients: ['d_input'],
      });
    }
  });

  it('gives the first inputs alone a gradient where the others want none', async () => {
    for (const lanes of await subgroupLanesOf()) {
      const gpu = await expectTwin({
        rows: 68,
        inputs: 13,
        outputs: 7,
        lanes,
        hidden: false,
        add: true,
        wanted: 5,
      });
      expect(gpu('d_input').slice(5 * 68)).toEqual(ramp(68 * 13, 5, 7).slice(5 * 68));
    }
  });

  it('gives the same bits on every run', async () => {
    for (const lanes of await subgroupLanesOf()) {
      const shape = { rows: 68, inputs: 20, outputs: 130, lanes, hidden: true, add: true };
      const [first, second] = [await expectTwin(shape), await expectTwin(shape)];
      expect(first('d_input')).toEqual(second('d_input'));
    }
  });
});

interface Shape {
  rows: number;
  inputs: number;
  outputs: number;
  lanes: number;
  hidden: boolean;
  add: boolean;
  inputStart?: number;
  outputStart?: number;
  width?: number;
  /** Number of inputs that need a gradient. */
  wanted?: number;
}

/** Compares with its own twin and with the plain kernel's. */
async function expectTwin(shape: Shape): Promise<(name: string) => Float32Array | Uint32Array> {
  const { rows, inputs, outputs, lanes, hidden, add, width = 0 } = shape;
  const layer = denseSlots(inputs, outputs, 3);
  const args = {
    rows,
    layer,
    dOutput: 'd_output',
    outputStart: shape.outputStart ?? 0,
    inputStart: shape.inputStart ?? 0,
    inputs: shape.wanted ?? inputs,
    ...(hidden ? { derivative: 'derivative' } : {}),
    add,
  };
  const before = ramp(rows * Math.max(inputs, width), 5, 7);
  const { gpu, twin } = await runBoth(
    [
      denseWeightTranspose({ layer, parameters: 'parameters', transposed: 'transposed' }),
      denseBackwardInputStreamed({ ...args, lanes, transposed: 'transposed', dInput: 'd_input' }),
      denseBackwardInput({ ...args, parameters: 'parameters', dInput: 'd_input_plain' }),
    ],
    {
      parameters: ramp(layer.bias.offset + outputs),
      transposed: transposedElements(layer),
      d_output: ramp(rows * Math.max(outputs, width), 2),
      derivative: ramp(rows * inputs, 1, 3),
      d_input: before,
      d_input_plain: before,
    },
  );
  expectNormClose(`d_input, ${lanes} lanes`, gpu('d_input'), twin('d_input'), GRADIENT_BOUND);
  expectNormClose('plain', twin('d_input'), twin('d_input_plain'), 1e-12);
  return gpu;
}
