import { describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow.ts';
import { nice } from '../../src/flows/index.ts';
import { encodeModel } from '../../src/io/modelFile.ts';
import { STREAMS, normals } from '../../src/random.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import type { BijectorSpec } from '../../src/spec.ts';
import { meanNll } from '../../src/trainer.ts';
import { expectClose } from '../support/compare.ts';
import { testDevice } from '../support/device.ts';
import { randomParameters, specOf } from '../support/randomSpecs.ts';

const INVERSE_BOUND = 1e-4;

const NET = { hidden: [4], activation: 'tanh', init: 'torch_linear' } as const;

/** One of each kind that has tensors of its own. */
const EACH: BijectorSpec[] = [
  { type: 'diagonal_scale' },
  { type: 'permutation', init: 'random' },
  { type: 'additive_coupling', split: 2, flip: false, conditioner: { ...NET, hidden: [4] } },
  {
    type: 'affine_coupling',
    split: 3,
    flip: true,
    scale: { map: 'sigmoid' },
    conditioner: { ...NET, hidden: [4], separate: false },
  },
];

describe('a flow of many bijectors', () => {
  it('stays finite and invertible at 64 of them', async () => {
    const spec = specOf(5, Array.from({ length: 16 }, () => EACH).flat());
    // Half of each parameter: the scales of 64 bijectors multiply.
    const parameters = randomParameters(spec, 1).map((value) => 0.5 * value);
    for (const { name, offset, length } of new ReferenceFlow(spec, parameters).model.layout.tensors) {
      if (name.endsWith('.permutation')) for (let j = 0; j < length; j++) parameters[offset + j]! *= 2;
    }
    using flow = await Flow.load(encodeModel({ spec, parameters }), { device: await testDevice() });
    const x = normalRows(65, 5);
    const { z, logDet } = await flow.forward(x);
    const back = await flow.inverse(z);
    expectClose('x', back.x, x, INVERSE_BOUND);
    expectClose(
      'log-dets',
      back.logDet,
      logDet.map((value) => -value),
      INVERSE_BOUND,
    );
  });
});

describe('nice', () => {
  it('is the identity when fresh', async () => {
    using flow = await Flow.create(nice(3), { device: await testDevice() });
    const x = normalRows(10, 3);
    expect(await flow.forward(x)).toEqual({ z: x, logDet: new Float32Array(10) });
  });

  it('reaches the entropy of a normal that was moved without changing volumes', async () => {
    const rows = 8192;
    const data = volumePreserved(normalRows(rows, 2, 1));
    const test = volumePreserved(normalRows(rows, 2, 2));
    using flow = await Flow.create(nice(2, { couplings: 4, hidden: [32] }), { device: await testDevice() });
    for await (const { nll } of flow.fit(data, {
      steps: 500,
      learningRate: 5e-3,
      schedule: { kind: 'cosine' },
    })) {
      expect(nll).toBeGreaterThan(2);
    }
    const entropy = Math.log(2 * Math.PI * Math.E);
    // The mean of 8,192 log-densities has a standard error of 0.011 nats.
    expect(meanNll(await flow.logProb(test)) - entropy).toBeLessThan(0.05);
  });

  it('learns the scale of a single feature', async () => {
    const data = normalRows(2048, 1, 3).map((value) => 5 + 3 * value);
    using flow = await Flow.create(nice(1), { device: await testDevice() });
    let last = NaN;
    for await (const { nll } of flow.fit(data, { steps: 20 })) last = nll;
    expect(Math.abs(last - 0.5 * Math.log(2 * Math.PI * Math.E * 9))).toBeLessThan(0.1);
  });
});

function normalRows(rows: number, dim: number, seed = 0): Float32Array {
  return new Float32Array(normals(seed, STREAMS.toyTest, rows * dim));
}

/** Shears along each axis: their Jacobians have determinant 1. */
function volumePreserved(rows: Float32Array): Float32Array {
  return rows.map((_, i) => {
    const [p, q] = [rows[i - (i % 2)]!, rows[i - (i % 2) + 1]!];
    const u = p + 0.7 * Math.sin(2 * q);
    return i % 2 === 0 ? u : q + Math.cos(1.5 * u);
  });
}
