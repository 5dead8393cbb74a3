/** Weights of rows through whole runs. */
import { describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow/flow.ts';
import { realnvp } from '../../src/presets/index.ts';
import type { FitOptions } from '../../src/training/options.ts';
import { testOptions } from '../support/device.ts';

const spec = realnvp(2, { couplings: 2, hidden: [8] });
const OPTIONS = { batch: 32, steps: 30, validation: false } as const;
const ROWS = 200;

describe('weights of rows', () => {
  it('that are equal change no bit', async () => {
    const plain = await trained(points(), OPTIONS);
    const weights = new Float32Array(ROWS).fill(0.3);
    expect((await trained(points(), { ...OPTIONS, weights })).model).toEqual(plain.model);
  });

  it('of 0 leave the rows out, as if they were not in the table', async () => {
    const kept = points().slice(0, 2 * 150);
    const weights = Float32Array.from({ length: ROWS }, (_, row) => (row < 150 ? 2 : 0));
    const { parameters } = await trained(points(), { ...OPTIONS, weights });
    expect(parameters).toEqual((await trained(kept, OPTIONS)).parameters);
  });

  it('make the density follow them', async () => {
    // Two clouds; the right one has nine tenths of the weight.
    const rows = points().map((value, i) => (i % 2 === 0 ? value + (i % 4 === 0 ? 4 : -4) : value));
    const weights = Float32Array.from({ length: ROWS }, (_, row) => (row % 2 === 0 ? 9 : 1));
    const options = { batch: 64, steps: 600, learningRate: 5e-3, validation: false } as const;
    const share = async (more: FitOptions): Promise<number> => {
      using flow = await Flow.create(spec, { ...(await testOptions()), seed: 1 });
      for await (const _ of flow.fit(rows, { ...options, ...more }));
      const x = await flow.sample(4000, { seed: 2 });
      return x.filter((value, i) => i % 2 === 0 && value > 0).length / 4000;
    };
    expect(await share({})).toBeGreaterThan(0.4);
    expect(await share({})).toBeLessThan(0.6);
    expect(await share({ weights })).toBeGreaterThan(0.82);
  });

  it('count in the validation score', async () => {
    using flow = await Flow.create(spec, { ...(await testOptions()), seed: 1 });
    const [held, weights] = [points(40, 5), Float32Array.from({ length: 40 }, (_, row) => row % 3)];
    let best = NaN;
    const validation = { data: held, weights, every: 10 };
    for await (const { bestValidationNll } of flow.fit(points(), { ...OPTIONS, validation })) {
      best = bestValidationNll ?? best;
    }
    const logProb = await flow.logProb(held);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const nll = -logProb.reduce((sum, value, row) => sum + weights[row]! * value, 0) / total;
    expect(best).toBeCloseTo(nll, 4);
  });

  it('are held out with their rows, and resume bit for bit', async () => {
    const weights = Float32Array.from({ length: ROWS }, (_, row) => 1 + (row % 5));
    const options = { ...OPTIONS, weights, validation: { fraction: 0.2, every: 10 } };
    const whole = await trained(points(), options);
    const half = await trained(points(), { ...options, until: 20 });
    const resumed = await trained(points(), { ...options, resume: true }, half.checkpoint);
    expect(resumed.checkpoint).toEqual(whole.checkpoint);
    const { weights: _, ...unweighted } = options;
    await expect(trained(points(), { ...unweighted, resume: true }, half.checkpoint)).rejects.toThrow(
      'found other rows than those the earlier run learned from',
    );
  });

  it.each<[string, number[], string]>([
    ['too few', [1, 2], 'fit option weights: found 2 weights, expected 200, one for each row'],
    ['negative', weightsWith(-1), 'row 8: fit option weights: found -1, expected a finite weight ≥ 0'],
    ['not finite', weightsWith(NaN), 'row 8: fit option weights: found NaN, expected a finite weight ≥ 0'],
    ['all zero', Array(ROWS).fill(0), 'fit option weights: found only weights of 0, expected one above 0'],
    ['a single one', weightsWith(1, 0), 'fit option weights: found 1 above 0, expected at least 2'],
  ])('that are %s are refused', async (_, weights, message) => {
    const options = { ...OPTIONS, weights: Float32Array.from(weights) };
    await expect(trained(points(), options)).rejects.toThrow(message);
  });

  it('of a toy density are refused', async () => {
    using flow = await Flow.create(spec, await testOptions());
    const run = flow.fit({ toy: 'moons' }, { weights: Float32Array.of(1, 2) });
    await expect(run.next()).rejects.toThrow('fit option weights: found 2 weights, expected none');
  });
});

function weightsWith(value: number, others = 1): number[] {
  return Array.from({ length: ROWS }, (_, row) => (row === 7 ? value : others));
}

async function trained(
  rows: Float32Array,
  options: FitOptions,
  from?: Uint8Array,
): Promise<{ model: Uint8Array; checkpoint: Uint8Array; parameters: Record<string, Float32Array> }> {
  const opened = await testOptions();
  using flow =
    from === undefined ? await Flow.create(spec, { ...opened, seed: 1 }) : await Flow.load(from, opened);
  for await (const _ of flow.fit(rows, options));
  return {
    model: await flow.save(),
    checkpoint: await flow.save({ checkpoint: true }),
    parameters: await flow.parameters(),
  };
}

/** A round cloud. */
function points(count = ROWS, phase = 0): Float32Array {
  const rows = new Float32Array(2 * count);
  for (let row = 0; row < count; row++) {
    const radius = Math.sqrt(-2 * Math.log(((row * 7 + 3) % count) / count + 1e-3));
    const angle = 2.4 * row + phase;
    rows.set([radius * Math.cos(angle), radius * Math.sin(angle)], 2 * row);
  }
  return rows;
}
