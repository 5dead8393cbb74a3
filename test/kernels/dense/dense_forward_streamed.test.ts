import { describe, expect, it } from 'vitest';
import { denseForwardStreamed } from '../../../src/kernels/dense/dense_forward_streamed.ts';
import { ACTIVATIONS } from '../../../src/model/activation.ts';
import type { Activation } from '../../../src/model/activation.ts';
import { subgroupLanesOf } from '../../support/device.ts';
import { expectClose } from '../../support/compare.ts';
import { expectHalfTwin } from './halves.ts';
import { ramp, runBoth } from '../harness.ts';
import { denseSlots } from '../slots.ts';

const F32_BOUND = 1e-5;

describe('dense_forward_streamed', () => {
  it.each([
    [4, 1, 1],
    [60, 7, 13],
    [64, 64, 2],
    [68, 65, 33],
    [132, 128, 17],
    [260, 131, 5],
  ])('matches its twin at %i rows, %i inputs, %i outputs', async (rows, inputs, outputs) => {
    for (const lanes of await subgroupLanesOf()) await expectTwin({ rows, inputs, outputs, lanes });
  });

  it.each(ACTIVATIONS)('matches its twin with the activation %s', async (activation) => {
    for (const lanes of await subgroupLanesOf()) {
      await expectTwin({ rows: 36, inputs: 68, outputs: 5, lanes, activation });
    }
  });

  it('adds to what is there before the activation', async () => {
    for (const lanes of await subgroupLanesOf()) {
      for (const inputs of [7, 68]) await expectTwin({ rows: 36, inputs, outputs: 5, lanes, add: true });
    }
  });

  it('reads from and writes to the middle of wider buffers and leaves the rest alone', async () => {
    for (const lanes of await subgroupLanesOf()) {
      const gpu = await expectTwin({
        rows: 8,
        inputs: 2,
        outputs: 3,
        lanes,
        inputStart: 1,
        outputStart: 2,
        width: 6,
      });
      const before = ramp(6 * 8, 1, 9);
      expect(gpu('output').slice(0, 2 * 8)).toEqual(before.slice(0, 2 * 8));
      expect(gpu('output').slice(5 * 8)).toEqual(before.slice(5 * 8));
    }
  });

  it.each([
    ['first', { f16: true, f16Output: true, sums: 'sums' }, ['parameters', 'output', 'derivative']],
    [
      'middle',
      { f16: true, f16Input: true, f16Output: true, sums: 'sums' },
      ['parameters', 'input', 'output', 'derivative'],
    ],
    ['last', { f16: true, f16Input: true }, ['parameters', 'input']],
  ])(
    'rounds what its twin rounds at half precision, as the %s layer of a net',
    async (_place, storage, halves) => {
      for (const lanes of (await subgroupLanesOf()).slice(-1)) {
        // Aligned and unaligned, with one pass over the inputs and with several.
        for (const [rows, inputs, outputs] of [
          [36, 3, 5],
          [68, 128, 33],
        ] as const) {
          const layer = denseSlots(inputs, outputs);
          const args = { rows, layer, lanes, activation: 'silu', inputStart: 0, outputStart: 0 } as const;
          const names = {
            parameters: 'parameters',
            input: 'input',
            output: 'output',
            derivative: 'derivative',
          };
          await expectHalfTwin([denseForwardStreamed({ ...args, ...names, ...storage })], {
            contents: {
              parameters: ramp(layer.bias.offset + outputs),
              input: ramp(rows * inputs, 2),
              output: rows * outputs,
              derivative: rows * outputs,
              sums: rows * outputs,
            },
            halves,
            values: ['output', 'derivative'],
          });
        }
      }
    },
  );

  it('gives the same bits on every run', async () => {
    for (const lanes of await subgroupLanesOf()) {
      const shape = { rows: 68, inputs: 130, outputs: 20, lanes };
      const [first, second] = [await expectTwin(shape), await expectTwin(shape)];
      expect(first('output')).toEqual(second('output'));
    }
  });
});

interface Shape {
  rows: number;
  inputs: number;
  outputs: number;
  lanes: number;
  activation?: Activation;
  add?: boolean;
  inputStart?: number;
  outputStart?: number;
  /** Extra features of the buffers next to `inputs` and `outputs`. */
  width?: number;
}

async function expectTwin(shape: Shape): Promise<(name: string) => Float32Array | Uint32Array> {
  const { rows, inputs, outputs, lanes, width = 0 } = shape;
  const layer = denseSlots(inputs, outputs);
  const dispatch = denseForwardStreamed({
    rows,
    layer,
    lanes,
    activation: shape.activation ?? 'leaky_relu',
    parameters: 'parameters',
    input: 'input',
    inputStart: shape.inputStart ?? 0,
    output: 'output',
    outputStart: shape.outputStart ?? 0,
    add: shape.add,
    derivative: 'derivative',
  });
  const { gpu, twin } = await runBoth([dispatch], {
    parameters: ramp(layer.bias.offset + outputs),
    input: ramp(rows * Math.max(inputs, width), 2),
    output: ramp(rows * Math.max(outputs, width), 1, 9),
    derivative: rows * Math.max(outputs, width),
  });
  for (const name of ['output', 'derivative']) {
    expectClose(`${name}, ${lanes} lanes`, gpu(name), twin(name), F32_BOUND);
  }
  return gpu;
}
