import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow/flow.ts';
import { encodeModel } from '../../src/io/modelFile.ts';
import type { Model } from '../../src/io/modelFile.ts';
import { LIBRARIES } from '../../src/io/torch/libraries.ts';
import type { LibraryName } from '../../src/io/torch/libraries.ts';
import { readStateDict } from '../../src/io/torch/stateDict.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { expectClose } from '../support/compare.ts';
import { testOptions } from '../support/device.ts';

interface Fixture {
  options: object;
  /** Of all rows. */
  context?: number[];
  x: number[][];
  z: number[][];
  log_det: number[];
  log_prob: number[];
  latent: number[][];
  inverse_x: number[][];
  inverse_log_det: number[];
}

const folder = new URL('./libraries/', import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.safetensors'))
  .map((file) => file.replace('.safetensors', ''));

// Values folded into weights are rounded to float32 once more.
const F64_BOUND = 1e-5;
const GPU_BOUND = 1e-4;

describe('models that PyTorch libraries built', () => {
  it('are there', () => {
    expect(names.filter((name) => name.startsWith('nflows')).length).toBeGreaterThanOrEqual(3);
    expect(names.filter((name) => name.startsWith('normflows')).length).toBeGreaterThanOrEqual(4);
    expect(names.filter((name) => name.startsWith('zuko')).length).toBeGreaterThanOrEqual(4);
  });

  it.each(names)('%s: the f64 twin gives the library’s numbers', (name) => {
    const { model, fixture } = read(name);
    const flow = new ReferenceFlow(model.spec, model.parameters);
    const [x, { context }] = [fixture.x.flat(), fixture];
    const forward = flow.forward(x, context);
    const inverse = flow.inverse(fixture.latent.flat(), context);
    expectSame(fixture, { ...forward, logProb: flow.logProb(x, context), inverse }, F64_BOUND);
  });

  it.each(names)('%s: the GPU gives the library’s numbers', async (name) => {
    const { model, fixture } = read(name);
    using flow = await Flow.load(encodeModel(model), await testOptions());
    const x = Float32Array.from(fixture.x.flat());
    const options = fixture.context && { context: Float32Array.from(fixture.context) };
    const forward = await flow.forward(x, options);
    const inverse = await flow.inverse(Float32Array.from(fixture.latent.flat()), options);
    expectSame(fixture, { ...forward, logProb: await flow.logProb(x, options), inverse }, GPU_BOUND);
  });
});

interface Found {
  z: ArrayLike<number>;
  logDet: ArrayLike<number>;
  logProb: ArrayLike<number>;
  inverse: { x: ArrayLike<number>; logDet: ArrayLike<number> };
}

function expectSame(fixture: Fixture, { z, logDet, logProb, inverse }: Found, bound: number): void {
  expectClose('z', z, fixture.z.flat(), bound);
  expectClose('log_det', logDet, fixture.log_det, bound);
  expectClose('log_prob', logProb, fixture.log_prob, bound);
  expectClose('inverse x', inverse.x, fixture.inverse_x.flat(), bound);
  expectClose('inverse log_det', inverse.logDet, fixture.inverse_log_det, bound);
}

function read(name: string): { model: Model; fixture: Fixture } {
  const fixture: Fixture = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
  const state = readStateDict(readFileSync(new URL(`${name}.safetensors`, folder)), name);
  const library = LIBRARIES[name.split('_')[0] as LibraryName];
  return { model: library.model(state, fixture.options, name), fixture };
}
