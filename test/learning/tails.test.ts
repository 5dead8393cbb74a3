import { describe, expect, it } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { Flow } from '../../src/flow/flow.ts';
import { PRESETS } from '../../src/presets/index.ts';
import { initialParameters } from '../../src/spec/init.ts';
import { encodeModel } from '../../src/io/modelFile.ts';
import { paramLayout } from '../../src/spec/layout.ts';
import { STREAMS } from '../../src/random.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { testOptions } from '../support/device.ts';
import { scaledParameters } from '../support/randomSpecs.ts';

const toy = toyDensity('8gaussians');
const ROWS = 20_000;

it('realnvp gives no row of the training density next to nothing', async () => {
  const { spec, training } = PRESETS.realnvp;
  using flow = await Flow.create(spec(2), { ...(await testOptions()), seed: 2 });
  const rows = toy.sample(2, STREAMS.toyTraining, 0, ROWS);
  for await (const _ of flow.fit(rows, { ...training, steps: 100, batch: 256, seed: 2 }));
  const heldOut = await flow.logProb(toy.sample(2, STREAMS.toyTest, 0, ROWS));
  expect(Math.min(...heldOut)).toBeGreaterThan(-60);
});

describe.each(['realnvp', 'glow', 'nice', 'spline'] as const)(
  '%s with nets that reach their bounds',
  (preset) => {
    const spec = PRESETS[preset].spec(2, { hidden: [8] });

    it('takes a row 100 standard deviations out by some hundreds of nats, not by their square', async () => {
      using flow = await Flow.load(withWildNets(spec), await testOptions());
      const logProb = await flow.logProb(circle(200, 100));
      expect(logProb.filter((value) => !Number.isFinite(value))).toHaveLength(0);
      const falls = preset === 'spline' ? 100 ** 2 : 500;
      expect(Math.min(...logProb)).toBeGreaterThan(-falls);
    });
  },
);

describe.each(['realnvp', 'glow'] as const)('%s with nets that reach their bounds', (preset) => {
  it.each([1, 12, 33])('keeps the log-scales of %i couplings within 6 of a feature', (couplings) => {
    const { bijectors } = PRESETS[preset].spec(2, { couplings, hidden: [8] });
    const affine = bijectors.filter(({ type }) => type === 'affine_coupling');
    const spec = { ...PRESETS.realnvp.spec(2), bijectors: affine };
    const flow = new ReferenceFlow(spec, Float64Array.from(scaledParameters(spec, 1, 50)));
    const { logDet } = flow.forward(Float64Array.from(circle(50, 2)));
    expect(affine).toHaveLength(couplings);
    expect(Math.max(...logDet.map(Math.abs))).toBeLessThanOrEqual(2 * 6 + 1e-9);
  });
});

/** A fresh flow with random nets, `factor` times as large as usual. */
function withWildNets(spec: FlowSpec, factor = 2): Uint8Array {
  const parameters = initialParameters(spec, 1);
  const wild = scaledParameters(spec, 1, factor);
  for (const { name, offset, length } of paramLayout(spec).tensors) {
    if (name.includes('.conditioner.')) parameters.set(wild.subarray(offset, offset + length), offset);
  }
  return encodeModel({ spec, parameters });
}

/** `count` points around the origin. */
function circle(count: number, radius: number): Float32Array {
  return Float32Array.from({ length: 2 * count }, (_, i) => {
    const angle = (2 * Math.PI * Math.floor(i / 2)) / count;
    return radius * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  });
}
