import { describe, expect, it } from 'vitest';
import { affineCoupling } from '../../../src/kernels/coupling/affine_coupling.ts';
import { couplingTiles, denseCouplingBlocked } from '../../../src/kernels/coupling/dense_coupling_blocked.ts';
import type { DenseCouplingBlockedArguments } from '../../../src/kernels/coupling/dense_coupling_blocked.ts';
import { denseForward } from '../../../src/kernels/dense/dense_forward.ts';
import { logDetReduce } from '../../../src/kernels/coupling/log_det_reduce.ts';
import { ReferenceProgram } from '../../../src/reference/executor.ts';
import { expectClose } from '../../support/compare.ts';
import { expectHalfTwin } from '../dense/halves.ts';
import { ramp, runBoth } from '../harness.ts';
import type { BufferContents } from '../harness.ts';
import { denseSlots, SCALE_MAPS, transformBlock } from '../slots.ts';

const F32_BOUND = 1e-5;

describe('dense_coupling_blocked', () => {
  describe.each(SCALE_MAPS)('with the scale map $map', (scale) => {
    it.each([
      [4, 1, 1],
      [60, 7, 13],
      [128, 16, 32],
      [132, 17, 33],
      [260, 5, 67],
    ])('matches its twin at %i rows, %i inputs, %i transformed features', async (rows, inputs, features) => {
      for (const inverse of [false, true]) {
        const { gpu, twin } = await runBoth(
          [dispatch(rows, inputs, features, { scale, inverse, output: 'output' })],
          contents(rows, inputs, features),
        );
        for (const name of ['state', 'log_scale', 'output']) {
          expectClose(name, gpu(name), twin(name), F32_BOUND);
        }
      }
    });
  });

  it('is the layer, then the coupling, in f64', () => {
    const [rows, inputs, features] = [8, 3, 35];
    const layer = denseSlots(inputs, 2 * features);
    const blocks = transformBlock(0, features);
    const separate = [
      denseForward({
        rows,
        layer,
        activation: 'identity',
        parameters: 'parameters',
        input: 'input',
        inputStart: 0,
        output: 'output',
        outputStart: 0,
      }),
      affineCoupling({
        inverse: false,
        rows,
        blocks,
        scale: { map: 'exp' },
        conditionerOutput: 'output',
        state: 'state',
        logScale: 'log_scale',
      }),
      logDetOf(rows, features),
    ];
    const fused = [
      dispatch(rows, inputs, features, { output: 'output' }),
      logDetOf(rows, couplingTiles(features)),
    ];
    const [expected, found] = [separate, fused].map((dispatches) => {
      const values: BufferContents = {
        ...contents(rows, inputs, features),
        log_scale: features * rows,
        log_det: rows,
      };
      const program = new ReferenceProgram({
        label: 'coupling',
        buffers: Object.entries(values).map(([name, value]) => ({
          name,
          element: 'f32',
          length: typeof value === 'number' ? value : value.length,
        })),
        dispatches,
      });
      for (const [name, value] of Object.entries(values)) {
        if (typeof value !== 'number') program.buffer(name).set(value);
      }
      program.run();
      return program;
    });
    for (const name of ['state', 'output', 'log_det']) {
      expectClose(name, found!.floats(name), expected!.floats(name), 1e-12);
    }
  });

  it('changes the transformed block alone', async () => {
    const rows = 8;
    const before = ramp(6 * rows);
    const { gpu, twin } = await runBoth([dispatch(rows, 2, 3, { blocks: transformBlock(2, 3) })], {
      ...contents(rows, 2, 3),
      state: before,
      output: 1,
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    expect(gpu('state').slice(0, 2 * rows)).toEqual(before.slice(0, 2 * rows));
    expect(gpu('state').slice(5 * rows)).toEqual(before.slice(5 * rows));
  });

  it.each([
    [4, 1, 1],
    [132, 17, 33],
  ])(
    'takes weights and inputs of half precision at %i rows, %i inputs, %i features',
    async (rows, inputs, features) => {
      for (const inverse of [false, true]) {
        await expectHalfTwin([dispatch(rows, inputs, features, { inverse, output: 'output', f16: true })], {
          contents: contents(rows, inputs, features),
          halves: ['parameters', 'input'],
          values: ['state', 'log_scale', 'output'],
        });
      }
    },
  );

  it('undoes itself', async () => {
    const before = ramp(33 * 132, 3, 5);
    const { gpu } = await runBoth(
      [dispatch(132, 5, 33, { inverse: false }), dispatch(132, 5, 33, { inverse: true })],
      { ...contents(132, 5, 33), output: 1 },
    );
    expectClose('state', gpu('state'), before, 1e-4);
  });

  it('gives the same bits on every run', async () => {
    const runs = [1, 2].map(() => runBoth([dispatch(132, 5, 33, {})], contents(132, 5, 33)));
    const [first, second] = await Promise.all(runs);
    for (const name of ['state', 'log_scale']) expect(first!.gpu(name)).toEqual(second!.gpu(name));
  });
});

function dispatch(
  rows: number,
  inputs: number,
  features: number,
  more: Partial<DenseCouplingBlockedArguments>,
): ReturnType<typeof denseCouplingBlocked> {
  return denseCouplingBlocked({
    rows,
    layer: denseSlots(inputs, 2 * features),
    blocks: transformBlock(0, features),
    scale: { map: 'exp' },
    inverse: false,
    parameters: 'parameters',
    input: 'input',
    state: 'state',
    logScale: 'log_scale',
    ...more,
  });
}

function logDetOf(rows: number, features: number): ReturnType<typeof logDetReduce> {
  return logDetReduce({
    rows,
    features,
    sign: 1,
    accumulate: false,
    logScale: 'log_scale',
    logDet: 'log_det',
  });
}

/** Weights small enough for log-scales to stay within a unit or two. */
function contents(rows: number, inputs: number, features: number): Record<string, Float32Array | number> {
  return {
    parameters: ramp(2 * features * (inputs + 1), 0.3),
    input: ramp(rows * inputs, 1, 2),
    state: ramp(rows * features, 3, 5),
    log_scale: rows * couplingTiles(features),
    output: rows * 2 * features,
  };
}
