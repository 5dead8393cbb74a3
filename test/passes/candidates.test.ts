import { describe, expect, it } from 'vitest';
import { realnvp, vanilla } from '../../src/presets/index.ts';
import { variantName } from '../../src/plan/kernel.ts';
import { candidateVariants, signature, storedVariants } from '../../src/passes/candidates.ts';
import { purposePlan, variantsText } from '../../src/passes/purpose.ts';
import type { DeviceFacts, Purpose } from '../../src/passes/purpose.ts';
import { fixedVariants } from '../../src/plan/variants.ts';
import type { KernelVariants } from '../../src/plan/variants.ts';
import { ADAPTERS, LAVAPIPE, NVIDIA, SWIFTSHADER } from '../support/adapters.ts';
import { modelOf } from '../support/randomSpecs.ts';
import { SPEC_SHAPES } from '../support/specShapes.ts';

const MIB = 2 ** 20;
const GPU: DeviceFacts = { ...NVIDIA, maxStorageBufferBindingSize: 128 * MIB };
const PURPOSES: Purpose[] = [
  { pass: 'gradient', rows: 512 },
  { pass: 'forward', rows: 4096 },
  { pass: 'inverse', rows: 4096 },
];
const training: Purpose = { pass: 'gradient', rows: 512 };

describe.each(SPEC_SHAPES)('the choices for %s', (_name, spec) => {
  const model = modelOf(spec);

  it.each(PURPOSES)('begin with the fixed one and each make another plan: $pass', (purpose) => {
    for (const [, facts] of ADAPTERS) {
      const candidates = candidateVariants(model, purpose, { ...GPU, ...facts });
      expect(candidates[0]).toEqual(fixedVariants(facts));
      const plans = candidates.map((variants) => {
        const { buffers, dispatches } = purposePlan(model, purpose, variants);
        return JSON.stringify([buffers, dispatches.map((dispatch) => [variantName(dispatch), dispatch])]);
      });
      expect(new Set(plans).size).toBe(candidates.length);
    }
  });
});

describe('candidateVariants', () => {
  it('has every regime and every number of lanes for small nets on a GPU', () => {
    const candidates = candidateVariants(modelOf(vanilla(2, { couplings: 5 })), training, GPU);
    const regimes = [{ regime: 'resident' }, { regime: 'fused' }, { regime: 'tiled' }] as const;
    for (const part of [...regimes, { lanes: 1 }, { lanes: 4 }, { lanes: 8 }] as const) {
      expect(candidates).toContainEqual(expect.objectContaining(part));
    }
  });

  it('has longer segments only for flows of more than one', () => {
    const segments = (couplings: number): number[] =>
      candidateVariants(modelOf(vanilla(2, { couplings })), training, GPU).map(({ segment }) => segment);
    expect(segments(8)).not.toContain(32);
    expect(segments(9)).toContain(32);
  });

  it('asks for no more lanes than the device has, and for the fixed ones on a CPU', () => {
    const model = modelOf(vanilla(2, { couplings: 9 }));
    const lanes = (facts: Partial<DeviceFacts>): Set<number> =>
      new Set(candidateVariants(model, training, { ...GPU, ...facts }).map((variants) => variants.lanes));
    expect(lanes({ subgroupMinSize: 4 })).toEqual(new Set([4, 1]));
    expect(lanes({ subgroupMinSize: 0 })).toEqual(new Set([1]));
    expect(lanes({ subgroupMinSize: 8, software: true })).toEqual(new Set([8]));
  });

  it('leaves out what a binding cannot hold, but never the fixed choice', () => {
    const model = modelOf(realnvp(2, { couplings: 32, hidden: [64, 64] }));
    const facts = { ...GPU, maxStorageBufferBindingSize: 1 * MIB };
    const candidates = candidateVariants(model, training, facts);
    expect(candidates[0]).toEqual(fixedVariants(NVIDIA));
    expect(candidates.length).toBeLessThan(candidateVariants(model, training, GPU).length);
    for (const variants of candidates.slice(1)) {
      const { buffers } = purposePlan(model, training, variants);
      expect(Math.max(...buffers.map(({ length }) => 4 * length))).toBeLessThanOrEqual(MIB);
    }
  });

  it('leaves out what takes more than 256 MiB where the fixed choice takes less', () => {
    const model = modelOf(realnvp(2, { couplings: 32, hidden: [128, 128] }));
    const large = { pass: 'gradient', rows: 8192 } as const;
    const bytes = (variants: KernelVariants): number =>
      purposePlan(model, large, variants).buffers.reduce((sum, { length }) => sum + 4 * length, 0);
    const [fixed, ...others] = candidateVariants(model, large, GPU);
    for (const variants of others) {
      expect(bytes(variants)).toBeLessThanOrEqual(Math.max(bytes(fixed), 256 * MIB));
    }
  });

  it('does not search for the best of thousands of launches', () => {
    const model = modelOf(realnvp(20, { couplings: 1000, hidden: [2] }));
    expect(candidateVariants(model, training, GPU)).toEqual([fixedVariants(NVIDIA)]);
  });
});

describe('the signature of a plan', () => {
  const plan = purposePlan(modelOf(realnvp(2)), training, fixedVariants(NVIDIA));
  const index = plan.dispatches.findIndex(({ tables }) => tables !== undefined);

  it('tells plans apart whose dispatches follow other tables', () => {
    const dispatches = plan.dispatches.map((dispatch, place) => {
      const entries = Object.entries(place === index ? (dispatch.tables ?? {}) : {});
      const tables = Object.fromEntries(entries.map(([name, words]) => [name, [...words, 0]]));
      return place === index ? { ...dispatch, tables } : dispatch;
    });
    expect(index).toBeGreaterThanOrEqual(0);
    expect(signature({ ...plan, dispatches })).not.toBe(signature(plan));
  });

  it('is the same for another label', () => {
    expect(signature({ ...plan, label: 'other' })).toBe(signature(plan));
  });
});

describe('a stored choice', () => {
  const model = modelOf(vanilla(2, { couplings: 9 }));
  const stored = (value: unknown, facts: Partial<DeviceFacts> = {}): KernelVariants | undefined =>
    storedVariants(value, model, training, { ...GPU, ...facts });

  it('is taken as it is, without what it does not know', () => {
    for (const variants of candidateVariants(model, training, GPU)) {
      expect(stored({ ...variants, of_later_versions: 3 })).toEqual(variants);
    }
  });

  it('is taken on a CPU too, where a search would not look at it', () => {
    const variants = { ...fixedVariants(LAVAPIPE), lanes: 1 } as const;
    expect(stored(variants, { subgroupMinSize: 8, software: true })).toEqual(variants);
  });

  it.each([
    undefined,
    null,
    'fused',
    {},
    { ...fixedVariants(LAVAPIPE), lanes: 2 },
    { ...fixedVariants(LAVAPIPE), regime: 'other' },
    { ...fixedVariants(LAVAPIPE), segment: '8' },
  ])('is not taken where it is none: %j', (value) => {
    expect(stored(value)).toBeUndefined();
  });

  it('is not taken where the device cannot run it', () => {
    expect(stored(fixedVariants(LAVAPIPE), { subgroupMinSize: 4 })).toBeUndefined();
    expect(stored(fixedVariants(SWIFTSHADER), { subgroupMinSize: 4 })).toBeDefined();
  });
});

describe('the precision', () => {
  const model = modelOf(realnvp(2, { hidden: [64, 64] }));
  const half: Purpose = { ...training, precision: 'f16' };

  it('is asked for and never chosen: it is the same in every choice', () => {
    const of = (purpose: Purpose): Set<string> =>
      new Set(candidateVariants(model, purpose, GPU).map(({ precision }) => precision));
    expect(of(training)).toEqual(new Set(['f32']));
    expect(of(half)).toEqual(new Set(['f16']));
    expect(new Set(candidateVariants(model, half, GPU).map(({ regime }) => regime))).toEqual(
      new Set(['tiled']),
    );
  });

  it('of a stored choice must be the one that is asked for; f32 where it tells none', () => {
    const { precision: _, ...older } = fixedVariants(LAVAPIPE);
    expect(storedVariants(older, model, training, GPU)).toEqual(fixedVariants(LAVAPIPE));
    expect(storedVariants(older, model, half, GPU)).toBeUndefined();
    expect(storedVariants(fixedVariants(LAVAPIPE, 'f16'), model, training, GPU)).toBeUndefined();
    expect(storedVariants(fixedVariants(LAVAPIPE, 'f16'), model, half, GPU)).toEqual(
      fixedVariants(LAVAPIPE, 'f16'),
    );
  });
});

it('tells a choice in words', () => {
  expect(variantsText(fixedVariants(LAVAPIPE))).toMatch(/^fused, lanes 8, segment 8/);
});
