/** Tensors that keep their values while the others train. */
import { describe, expect, it } from 'vitest';
import { studentT } from '../../src/bases/index.ts';
import { Flow } from '../../src/flow/flow.ts';
import { decodeModel } from '../../src/io/modelFile.ts';
import { realnvp } from '../../src/presets/index.ts';
import type { FitOptions } from '../../src/training/options.ts';
import { testOptions } from '../support/device.ts';

const SPEC = { ...realnvp(2, { couplings: 3, hidden: [8] }), base: studentT() };
const OPTIONS = { batch: 32, validation: false, steps: 30, learningRate: 1e-2 } as const;

describe('frozen tensors', () => {
  it.each([
    ['Adam', {}],
    ['weight decay', { weightDecay: 0.5 }],
    ['an average', { averageDecay: 0.9 }],
    ['gradient descent', { optimizer: 'sgd', weightDecay: 0.5 }],
  ] as const)('keep their values exactly, and no others do: %s', async (_, more) => {
    const start = await started();
    using flow = await Flow.load(start, await testOptions());
    const before = await flow.parameters();
    const freeze = ['bijectors.1', 'bijectors.2.conditioner.0.weight', 'base'];
    for await (const _ of flow.fit(points(300), { ...OPTIONS, ...more, freeze }));
    const isFrozen = /^bijectors\.1\.|^bijectors\.2\.conditioner\.0\.weight$|^base\.|^bijectors\.0\./;
    const moved = Object.entries(await flow.parameters())
      .filter(([name, values]) => values.some((value, i) => !Object.is(value, before[name]?.[i])))
      .map(([name]) => name);
    expect(moved).toEqual(Object.keys(before).filter((name) => !isFrozen.test(name)));
  });

  it('do not count in the norm of the gradient', async () => {
    const start = await started();
    const norms: number[] = [];
    for (const freeze of [[], ['base', 'bijectors.1', 'bijectors.2']]) {
      using flow = await Flow.load(start, await testOptions());
      const { gradients } = await flow.gradients(points(32));
      for await (const { gradientNorm } of flow.fit(points(32), { ...OPTIONS, steps: 1, freeze })) {
        const kept = Object.entries(gradients).filter(
          ([name]) => !freeze.some((one) => name.startsWith(`${one}.`)),
        );
        expect(gradientNorm).toBeCloseTo(Math.hypot(...kept.flatMap(([, values]) => [...values])), 4);
        norms.push(gradientNorm);
      }
    }
    expect(norms[1]).toBeLessThan(norms[0]!);
  });

  it('stay frozen when the run resumes, bit for bit', async () => {
    const freeze = ['bijectors.1', 'base'];
    const whole = await trained(await started(), { ...OPTIONS, freeze });
    const half = await trained(await started(), { ...OPTIONS, freeze, until: 13 });
    expect(decodeModel(half).optimizer?.settings).toMatchObject({ freeze: 'bijectors.1,base' });
    expect(await trained(half, { validation: false, resume: true })).toEqual(whole);
  });

  it('can be frozen and freed when a run resumes; no momentum moves them', async () => {
    const half = await trained(await started(), { ...OPTIONS, until: 10 });
    const frozen = await trained(half, { ...OPTIONS, freeze: ['bijectors.1'], until: 20, resume: true });
    const freed = await trained(frozen, { ...OPTIONS, freeze: [], resume: true });
    const [at10, at20, at30] = await Promise.all([half, frozen, freed].map(firstCoupling));
    expect(at20).toEqual(at10);
    expect(at30).not.toEqual(at20);
  });

  it('are named by tensors of the model, and leave something to train', async () => {
    using flow = await Flow.create(SPEC, await testOptions());
    const fitted = async (freeze: unknown): Promise<void> => {
      for await (const _ of flow.fit(points(32), { ...OPTIONS, freeze: freeze as string[] }));
    };
    await expect(fitted(['bijectors.9'])).rejects.toThrow(
      /fit option freeze: found "bijectors\.9", which names no tensor, expected one of bijectors\.1\.conditioner\.0\.weight, .*bijectors\.0\.std, or the beginning of some up to a dot/,
    );
    await expect(fitted(['bijectors.1.cond'])).rejects.toThrow('which names no tensor');
    await expect(fitted(['bijectors', 'base'])).rejects.toThrow('found all trainable tensors');
    await expect(fitted('base')).rejects.toThrow('expected a list of names of tensors');
  });
});

async function started(): Promise<Uint8Array> {
  using flow = await Flow.create(SPEC, { ...(await testOptions()), seed: 1 });
  // After a few steps no tensor is at a start where its gradient is zero.
  for await (const _ of flow.fit(points(300), { ...OPTIONS, steps: 5 }));
  return await flow.save();
}

async function trained(from: Uint8Array, options: FitOptions): Promise<Uint8Array> {
  using flow = await Flow.load(from, await testOptions());
  for await (const _ of flow.fit(points(300), options));
  return await flow.save({ checkpoint: true });
}

async function firstCoupling(bytes: Uint8Array): Promise<unknown> {
  using flow = await Flow.load(bytes, await testOptions());
  return Object.entries(await flow.parameters()).filter(([name]) => name.startsWith('bijectors.1.'));
}

/** A bent cloud. */
function points(count: number): Float32Array {
  const rows = new Float32Array(2 * count);
  for (let row = 0; row < count; row++) {
    const radius = ((row * 7 + 3) % count) / count;
    rows.set([radius * Math.cos(2.4 * row), radius ** 2 + 0.3 * Math.sin(2.4 * row)], 2 * row);
  }
  return rows;
}
