import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow/flow.ts';
import { decodeModel } from '../../src/io/modelFile.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { expectClose } from '../support/compare.ts';
import { testOptions } from '../support/device.ts';

interface Fixture {
  x: number[][];
  z: number[][];
  log_det: number[];
  log_prob: number[];
  latent: number[][];
  inverse_x: number[][];
  inverse_log_det: number[];
  mean_nll: number;
  gradients: Record<string, Nested>;
}
type Nested = number | Nested[];

const folder = new URL('./fixtures/', import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.safetensors'))
  .map((file) => file.replace('.safetensors', ''));

// The weights are float32 in both; f64 arithmetic in another order agrees far below this bound.
const F64_BOUND = 1e-10;
// The documented bound for models written from PyTorch.
const GPU_BOUND = 1e-4;

describe('models written from PyTorch', () => {
  it('are there', () => expect(names.length).toBeGreaterThanOrEqual(15));

  it.each(names)('%s: the f64 twin gives what PyTorch gives in float64', (name) => {
    const { bytes, fixture } = read(name);
    const { spec, parameters } = decodeModel(bytes, name);
    const flow = new ReferenceFlow(spec, parameters);
    const forward = flow.forward(fixture.x.flat());
    expectClose('z', forward.z, fixture.z.flat(), F64_BOUND);
    expectClose('log_det', forward.logDet, fixture.log_det, F64_BOUND);
    expectClose('log_prob', flow.logProb(fixture.x.flat()), fixture.log_prob, F64_BOUND);
    const inverse = flow.inverse(fixture.latent.flat());
    expectClose('inverse x', inverse.x, fixture.inverse_x.flat(), F64_BOUND);
    expectClose('inverse log_det', inverse.logDet, fixture.inverse_log_det, F64_BOUND);
    const { nll, gradients } = flow.gradients(fixture.x.flat());
    expectClose('mean nll', [nll], [fixture.mean_nll], F64_BOUND);
    expectGradients(gradients, fixture, F64_BOUND);
  });

  it.each(names)('%s: the GPU gives what PyTorch gives', async (name) => {
    const { bytes, fixture } = read(name);
    using flow = await Flow.load(bytes, { ...(await testOptions()), fileName: name });
    const x = Float32Array.from(fixture.x.flat());
    const forward = await flow.forward(x);
    expectClose('z', forward.z, fixture.z.flat(), GPU_BOUND);
    expectClose('log_det', forward.logDet, fixture.log_det, GPU_BOUND);
    expectClose('log_prob', await flow.logProb(x), fixture.log_prob, GPU_BOUND);
    const inverse = await flow.inverse(Float32Array.from(fixture.latent.flat()));
    expectClose('inverse x', inverse.x, fixture.inverse_x.flat(), GPU_BOUND);
    expectClose('inverse log_det', inverse.logDet, fixture.inverse_log_det, GPU_BOUND);
    const { nll, gradients } = await flow.gradients(x);
    expectClose('mean nll', [nll], [fixture.mean_nll], GPU_BOUND);
    expectGradients(gradients, fixture, GPU_BOUND);
  });
});

function read(name: string): { bytes: Uint8Array; fixture: Fixture } {
  return {
    bytes: readFileSync(new URL(`${name}.safetensors`, folder)),
    fixture: JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Fixture,
  };
}

function flat(nested: Nested): number[] {
  return typeof nested === 'number' ? [nested] : nested.flatMap(flat);
}

function expectGradients(
  found: Record<string, ArrayLike<number>>,
  { gradients }: Fixture,
  bound: number,
): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(gradients).sort());
  for (const [name, wanted] of Object.entries(gradients)) {
    expectClose(name, found[name]!, flat(wanted), bound);
  }
}
