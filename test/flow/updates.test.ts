/** Updates other than Adam's through whole runs: averages, weight decay, gradient descent. */
import { describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow/flow.ts';
import { decodeModel } from '../../src/io/modelFile.ts';
import type { Model } from '../../src/io/modelFile.ts';
import { glow, realnvp } from '../../src/presets/index.ts';
import type { FitOptions } from '../../src/training/options.ts';
import { expectClose } from '../support/compare.ts';
import { testOptions } from '../support/device.ts';
import { modelOf } from '../support/randomSpecs.ts';

const small = { couplings: 2, hidden: [8] };
const AVERAGED = { averageDecay: 0.8, batch: 32, validation: false } as const;

describe('an average of the parameters', () => {
  it.each([
    ['realnvp', realnvp(2, small)],
    ['glow, which starts from its first batch', glow(2, small)],
  ])('is the average of the parameters of each step, which train as without it: %s', async (_, spec) => {
    const { trainableLength } = modelOf(spec).layout;
    const steps = 12;
    const start = await checkpointOf(spec, { batch: 32, validation: false, steps, until: 1 });
    // After one step the average has a tenth of the start.
    const first = await checkpointOf(spec, { ...AVERAGED, steps, until: 1 });
    expect(first.optimizer?.trained).toEqual(start.parameters.slice(0, trainableLength));
    let average = Float64Array.from(first.parameters.slice(0, trainableLength));
    for (let until = 2; until <= steps; until++) {
      const plain = await checkpointOf(spec, { batch: 32, validation: false, steps, until });
      const weight = Math.max(0.2, 9 / (9 + until));
      average = average.map((value, i) => value + weight * (plain.parameters[i]! - value));
      if (until < steps) continue;
      const found = await checkpointOf(spec, { ...AVERAGED, steps });
      expect(found.optimizer?.trained).toEqual(plain.parameters.slice(0, trainableLength));
      expectClose('average', found.parameters.slice(0, trainableLength), average, 1e-5);
      expect(found.parameters.slice(trainableLength)).toEqual(plain.parameters.slice(trainableLength));
    }
  });

  it('resumes bit for bit, also with scores', async () => {
    const spec = realnvp(2, small);
    for (const validation of [false, { fraction: 0.2, every: 5 }] as const) {
      const options = { ...AVERAGED, steps: 40, validation };
      const whole = await trained(spec, undefined, options);
      const half = await trained(spec, undefined, { ...options, until: 17 });
      const resumed = await trained(spec, half.checkpoint, { validation, resume: true });
      expect(resumed.checkpoint).toEqual(whole.checkpoint);
      expect(resumed.model).toEqual(whole.model);
    }
  });

  it('is what validation scores and what the flow has', async () => {
    const rows = points(300);
    const held = points(60, 9);
    using flow = await Flow.create(realnvp(2, small), { ...(await testOptions()), seed: 1 });
    let best = NaN;
    const validation = { data: held, every: 10, patience: Infinity };
    for await (const { bestValidationNll } of flow.fit(rows, { ...AVERAGED, steps: 60, validation })) {
      best = bestValidationNll ?? best;
    }
    const logProb = await flow.logProb(held);
    const nll = (-logProb.reduce((sum, value) => sum + value, 0) / held.length) * 2;
    expect(best).toBeCloseTo(nll, 4);
  });

  it('is saved while the run goes on', async () => {
    using flow = await Flow.create(realnvp(2, small), { ...(await testOptions()), seed: 1 });
    for await (const { step } of flow.fit(points(300), { ...AVERAGED, steps: 40, submitMs: 1e-3 })) {
      if (step < 10) continue;
      const [model, checkpoint] = [await flow.save(), await flow.save({ checkpoint: true })].map((bytes) =>
        decodeModel(bytes),
      );
      expect(model!.parameters).toEqual(checkpoint!.parameters);
      expect(checkpoint!.optimizer?.trained).not.toEqual(
        checkpoint!.parameters.slice(0, checkpoint!.optimizer?.trained?.length),
      );
      break;
    }
  });

  it('can be left out when the run resumes, which goes on from the last step', async () => {
    const spec = realnvp(2, small);
    const plain = { batch: 32, validation: false, steps: 30 } as const;
    const whole = await trained(spec, undefined, plain);
    const half = await trained(spec, undefined, { ...plain, averageDecay: 0.8, until: 17 });
    const resumed = await trained(spec, half.checkpoint, { ...plain, averageDecay: 0, resume: true });
    expect(decodeModel(resumed.model).parameters).toEqual(decodeModel(whole.model).parameters);
  });
});

describe('weight decay', () => {
  it('makes the weights of the nets smaller over a run', async () => {
    const spec = realnvp(2, small);
    const options = { batch: 32, validation: false, steps: 60, learningRate: 1e-2 } as const;
    const norms = await Promise.all(
      [0, 1].map(async (weightDecay) => {
        const { parameters } = await checkpointOf(spec, { ...options, weightDecay });
        const weights = modelOf(spec).layout.tensors.filter(({ name }) => name.endsWith('weight'));
        return Math.hypot(
          ...weights.flatMap(({ offset, length }) =>
            Array.from(parameters.subarray(offset, offset + length)),
          ),
        );
      }),
    );
    expect(norms[1]!).toBeLessThan(0.8 * norms[0]!);
  });

  it('is kept by a checkpoint, which resumes bit for bit', async () => {
    const spec = realnvp(2, small);
    const options = { batch: 32, validation: false, steps: 30, weightDecay: 0.1 } as const;
    const whole = await trained(spec, undefined, options);
    const half = await trained(spec, undefined, { ...options, until: 11 });
    const resumed = await trained(spec, half.checkpoint, { validation: false, resume: true });
    expect(resumed.checkpoint).toEqual(whole.checkpoint);
  });
});

describe('gradient descent with momentum', () => {
  const spec = realnvp(2, small);
  const options = { batch: 32, validation: false, steps: 40, optimizer: 'sgd', learningRate: 0.02 } as const;

  it('learns, and resumes bit for bit', async () => {
    const whole = await trained(spec, undefined, options);
    const half = await trained(spec, undefined, { ...options, until: 17 });
    expect(decodeModel(half.checkpoint).optimizer?.secondMoment).toBeUndefined();
    const resumed = await trained(spec, half.checkpoint, { validation: false, resume: true });
    expect(resumed.checkpoint).toEqual(whole.checkpoint);
    expect(whole.losses.at(-1)!).toBeLessThan(whole.losses[0]! - 0.05);
  });

  it('takes the steps of its formula', async () => {
    using flow = await Flow.create(spec, { ...(await testOptions()), seed: 1, data: points(32) });
    const before = await flow.parameters();
    // The batch is the table, so every step has the gradient of all rows.
    const { gradients } = await flow.gradients(points(32));
    for await (const _ of flow.fit(points(32), { ...options, steps: 1 }));
    for (const [name, values] of Object.entries(await flow.parameters())) {
      const wanted = before[name]!.map((value, i) => value - 0.02 * (gradients[name]?.[i] ?? 0));
      expectClose(name, values, wanted, 1e-5);
    }
  });

  it('does not continue a run of Adam', async () => {
    const adam = await trained(spec, undefined, { ...options, optimizer: 'adam', until: 5 });
    await expect(trained(spec, adam.checkpoint, { ...options, resume: true })).rejects.toThrow(
      'fit option optimizer: found sgd, expected adam, as in the earlier run',
    );
  });
});

async function trained(
  spec: ReturnType<typeof realnvp>,
  from: Uint8Array | undefined,
  options: FitOptions,
): Promise<{ losses: number[]; model: Uint8Array; checkpoint: Uint8Array }> {
  const opened = await testOptions();
  using flow =
    from === undefined ? await Flow.create(spec, { ...opened, seed: 1 }) : await Flow.load(from, opened);
  const losses: number[] = [];
  for await (const report of flow.fit(points(300), options)) losses.push(...report.losses);
  return { losses, model: await flow.save(), checkpoint: await flow.save({ checkpoint: true }) };
}

async function checkpointOf(spec: ReturnType<typeof realnvp>, options: FitOptions): Promise<Model> {
  return decodeModel((await trained(spec, undefined, options)).checkpoint);
}

/** A bent cloud. */
function points(count: number, phase = 0): Float32Array {
  const rows = new Float32Array(2 * count);
  for (let row = 0; row < count; row++) {
    const angle = 2.4 * row + phase;
    const radius = ((row * 7 + 3) % count) / count;
    rows.set([radius * Math.cos(angle), radius ** 2 + 0.3 * Math.sin(angle)], 2 * row);
  }
  return rows;
}
