import { afterEach, describe, expect, it, vi } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { DisposedError, ShaderCompileError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import type { FlowOptions } from '../../src/flow/options.ts';
import { realnvp, vanilla } from '../../src/presets/index.ts';
import { Gpu } from '../../src/gpu/gpu.ts';
import { planTimes } from '../../src/gpu/planTimes.ts';
import { decodeModel, encodeModel } from '../../src/io/modelFile.ts';
import { openDevice } from '../../src/node.ts';
import type { Dispatch } from '../../src/plan/kernel.ts';
import { planCost } from '../../src/plan/plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { STREAMS } from '../../src/random.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { purposePlan } from '../../src/passes/purpose.ts';
import { fixedVariants, PLAIN_VARIANTS } from '../../src/plan/variants.ts';
import type { FitOptions } from '../../src/training/options.ts';
import { fastest, measuredRows, tuningKey } from '../../src/flow/search.ts';
import { Tuner } from '../../src/flow/tuning.ts';
import type { TuningMode, TuningReport } from '../../src/flow/tuningOptions.ts';
import { LAVAPIPE } from '../support/adapters.ts';
import { testGpu, testDevice, testOptions } from '../support/device.ts';
import { modelOf, specOf } from '../support/randomSpecs.ts';
import { undisturbed } from '../support/undisturbed.ts';

/** More couplings than a segment, so that a CPU has a choice too. */
const chosen = realnvp(2, { couplings: 9, hidden: [4] });
const rows = toyDensity('moons').sample(0, STREAMS.toyTest, 0, 5000);

afterEach(() => {
  vi.restoreAllMocks();
});

async function tuned(
  spec: FlowSpec,
  options: Partial<FlowOptions> = {},
): Promise<{ flow: Flow; reports: TuningReport[] }> {
  const reports: TuningReport[] = [];
  const flow = await Flow.create(spec, {
    device: await testDevice(),
    onTuning: (report) => reports.push(report),
    ...options,
  });
  return { flow, reports };
}

async function train(flow: Flow, options: Partial<FitOptions> = {}): Promise<void> {
  for await (const _ of flow.fit({ toy: 'moons' }, { steps: 3, batch: 32, ...options }));
}

describe('the search', () => {
  it('takes the fixed choice unless another is faster by more than the noise', () => {
    expect(fastest([10, 9.6, 12])).toBe(0);
    expect(fastest([10, 9.4, 9.3])).toBe(2);
    expect(fastest([10, undefined, 5])).toBe(2);
    expect(fastest([10])).toBe(0);
    expect(fastest([undefined, 5])).toBe(0);
    expect(fastest([])).toBe(0);
  });

  it('times what was asked for, or fewer rows where those would take too long', () => {
    const facts = { subgroupMinSize: 8, software: true, maxStorageBufferBindingSize: 2 ** 27 };
    const wide = modelOf(realnvp(42, { couplings: 10, hidden: [256, 256] }));
    const purpose = { pass: 'gradient', rows: 1024 } as const;
    expect(measuredRows(modelOf(chosen), purpose, facts)).toBe(1024);
    const fewer = measuredRows(wide, purpose, facts);
    expect(fewer).toBeLessThan(1024);
    expect(fewer).toBeGreaterThanOrEqual(64);
    const { flops } = planCost(purposePlan(wide, { ...purpose, rows: fewer }, fixedVariants(LAVAPIPE)));
    expect(flops).toBeLessThan(2 ** 30);
    expect(measuredRows(wide, purpose, { ...facts, software: false })).toBe(1024);
    expect(measuredRows(wide, { ...purpose, rows: 5 }, facts)).toBe(5);
  });

  it('tells plans apart by their time, within the budget and without a trace', async () => {
    const context = await testGpu();
    const model = modelOf(realnvp(20, { couplings: 1, hidden: [64, 64] }));
    const plans = [4, 2048].map((count) =>
      purposePlan(model, { pass: 'forward', rows: count }, PLAIN_VARIANTS),
    );
    const { live, liveBytes } = context.buffers.counts;
    const {
      ms: [few, many],
    } = await planTimes(context, plans, 20_000);
    expect(many).toBeGreaterThan(few!);
    expect(context.buffers.counts).toMatchObject({ live, liveBytes });
  });

  it('leaves out a plan that does not compile, and times nothing once the budget is spent', async () => {
    const context = await testGpu();
    const model = modelOf(chosen);
    const plan = purposePlan(model, { pass: 'forward', rows: 64 }, PLAIN_VARIANTS);
    const broken = {
      ...plan,
      dispatches: plan.dispatches.map((dispatch) => ({
        ...dispatch,
        constants: { ...dispatch.constants, no_such_constant: 1 },
      })),
    };
    const times = async (plans: Plan[], budgetMs: number): Promise<boolean[]> =>
      (await planTimes(context, plans, budgetMs)).ms.map((ms) => ms !== undefined);
    expect(await times([plan, broken, plan], 20_000)).toEqual([true, false, true]);
    expect(await times([broken, plan], 20_000)).toEqual([false, false]);
    expect(await times([plan, plan], 0)).toEqual([true, false]);
  });

  it('compares choices, changes nothing of the flow and frees what it took', async () => {
    const { buffers } = await testGpu();
    const { live } = buffers.counts;
    const { flow, reports } = await tuned(chosen);
    const before = await flow.save();
    await flow.gradients(rows);
    expect(await flow.save()).toEqual(before);
    flow.dispose();
    expect(buffers.counts.live).toBe(live);
    expect(reports).toHaveLength(1);
    const [report] = reports;
    expect(report).toMatchObject({
      pass: 'gradient',
      candidates: [{ variants: fixedVariants((await testGpu()).adapter) }, {}],
    });
    expect(['measured', 'untimed']).toContain(report!.source);
  });

  it('ends with the flow that asked for it', async () => {
    const { buffers } = await testGpu();
    const { live } = buffers.counts;
    const { flow } = await tuned(realnvp(2, { couplings: 14, hidden: [3] }));
    const training = train(flow);
    flow.dispose();
    await expect(training).rejects.toThrow(DisposedError);
    expect(buffers.counts.live).toBe(live);
  });

  it('is done once for a device, shared by flows that ask at the same time', async () => {
    const spec = realnvp(2, { couplings: 10, hidden: [3] });
    const flows = [await tuned(spec), await tuned(spec)];
    await Promise.all(flows.map(({ flow }) => flow.gradients(rows)));
    const [first, second] = flows.map(({ reports }) => reports[0]);
    expect(second).toBe(first);
    for (const { flow } of flows) flow.dispose();
  });

  it('is left to calls of many rows', async () => {
    const { flow, reports } = await tuned(chosen);
    await flow.logProb(rows.subarray(0, 2 * 4095));
    await flow.sample(100);
    expect(reports).toEqual([]);
    await flow.logProb(rows);
    await flow.forward(rows);
    await flow.sample(5000);
    expect(reports.map(({ pass }) => pass)).toEqual(['forward', 'inverse']);
    flow.dispose();
  });

  it('does not take place with the fixed table', async () => {
    const { flow, reports } = await tuned(chosen, {
      ...(await testOptions()),
      tuningCache: forced(PLAIN_VARIANTS),
    });
    await train(flow);
    const variants = fixedVariants((await testGpu()).adapter);
    expect(reports).toEqual([{ pass: 'gradient', rows: 32, variants, source: 'fixed' }]);
    flow.dispose();
  });

  it('avoids resident kernels where the driver refuses one', async () => {
    const real = await testGpu();
    const refused: string[] = [];
    const refusing = Object.create(real, {
      adapter: { value: { ...real.adapter, software: false } },
      device: { value: real.device },
      pipelines: {
        value: {
          get: async (dispatch: Dispatch) => {
            if (!dispatch.kernel.stem.startsWith('resident')) return real.pipelines.get(dispatch);
            refused.push(dispatch.kernel.stem);
            throw new ShaderCompileError(dispatch.kernel.stem, 1, 'barriers in a loop');
          },
        },
      },
    }) as Gpu;
    const tuner = new Tuner(refusing, modelOf(chosen), { tuning: 'fixed' });
    expect(tuner.fixed.regime).toBe('resident');
    expect((await tuner.fixedFor('forward', 64)).regime).toBe('tiled');
    expect((await tuner.variantsFor('gradient', 64)).regime).toBe('tiled');
    expect(refused).not.toEqual([]);
    const other = new Tuner(refusing, modelOf(realnvp(3)), { tuning: 'fixed' });
    expect(other.fixed.regime).toBe('tiled');
  });

  it('keeps its choices when the flow moves to another device', async () => {
    const gpu = Gpu.of((await testOptions()).device);
    const model = modelOf(realnvp(2));
    const tuner = new Tuner(gpu, model, { tuning: 'fixed' });
    const stored = { ...tuner.fixed, segment: tuner.fixed.segment === 8 ? 32 : 8 };
    const chosen = await tuner.variantsFor('gradient', 64, stored);
    expect(chosen).not.toEqual(tuner.fixed);
    const moved = new Tuner(gpu, model, { tuning: 'fixed' }, tuner);
    expect(moved.chosenFor('gradient', 64)).toEqual(chosen);
  });

  it('delays a first step by 0.8 s and a few times what the step takes without it', async () => {
    const firstStep = async (tuning: TuningMode): Promise<number> => {
      const device = await openDevice();
      using flow = await Flow.create(vanilla(2, { couplings: 5 }), { device, tuning });
      const start = performance.now();
      const iterator = flow.fit({ toy: 'moons' }, { steps: 2, batch: 512 });
      await iterator.next();
      const ms = performance.now() - start;
      await iterator.return();
      device.destroy();
      return ms;
    };
    // With nothing compiled before, the fixed choice shows the machine's own speed.
    const excess = async (): Promise<number> => {
      const fixedMs = await firstStep('fixed');
      return ((await firstStep('measured')) - 800) / fixedMs;
    };
    expect(await undisturbed(excess, (found) => found < 4)).toBeLessThan(4);
  });
});

describe('a choice', () => {
  it('comes from the cache where it has one that is sound', async () => {
    const spec = realnvp(2, { couplings: 11, hidden: [3] });
    const { flow, reports } = await tuned(spec, { tuningCache: forced(PLAIN_VARIANTS) });
    await train(flow);
    expect(reports).toEqual([{ pass: 'gradient', rows: 32, variants: PLAIN_VARIANTS, source: 'cache' }]);
    flow.dispose();
  });

  it('is put into the cache when it was measured, under a name that tells what it depends on', async () => {
    const spec = realnvp(2, { couplings: 12, hidden: [3] });
    const kept = new Map<string, unknown>();
    const { flow, reports } = await tuned(spec, {
      tuningCache: {
        get: () => ({ regime: 'of another kind' }),
        set: (key, variants) => void kept.set(key, variants),
      },
    });
    await train(flow);
    const key = tuningKey(await testDevice(), spec, { pass: 'gradient', rows: 32 });
    expect(key).toMatch(
      / \| wgflow \d+\.\d+\.\d+\S* \| 2 features, .*12 × 1>1 3 leaky_relu tanh, student_t \| gradient 32 rows$/,
    );
    const [report] = reports;
    expect([...kept]).toEqual(report!.source === 'measured' ? [[key, report!.variants]] : []);
    flow.dispose();
  });

  it('is another’s for another adapter, shape, pass or batch', async () => {
    const device = await testDevice();
    const gradient = { pass: 'gradient', rows: 32 } as const;
    const elementwise = (bins: number): FlowSpec =>
      specOf(2, [{ type: 'rational_quadratic_elementwise', bins, bound: 3 }]);
    const keys = [
      tuningKey(device, chosen, gradient),
      tuningKey(device, chosen, { ...gradient, rows: 33 }),
      tuningKey(device, chosen, { ...gradient, pass: 'forward' }),
      tuningKey(device, realnvp(2, { couplings: 8, hidden: [4] }), gradient),
      tuningKey(device, vanilla(2, { couplings: 9, hidden: [4] }), gradient),
      tuningKey(device, realnvp(3, { couplings: 9, hidden: [4] }), gradient),
      tuningKey(device, realnvp(2, { couplings: 9, hidden: [4], residualBlocks: 1 }), gradient),
      tuningKey(device, realnvp(2, { couplings: 9, hidden: [4], residualBlocks: 2 }), gradient),
      tuningKey(device, realnvp(1, { couplings: 9 }), gradient),
      tuningKey(device, realnvp(1, { couplings: 9, contextDim: 1 }), gradient),
      tuningKey(device, realnvp(1, { couplings: 9, contextDim: 2 }), gradient),
      tuningKey(device, { ...chosen, base: { type: 'mixture', components: 4 } }, gradient),
      tuningKey(device, { ...chosen, base: { type: 'mixture', components: 1024 } }, gradient),
      tuningKey(device, elementwise(4), gradient),
      tuningKey(device, elementwise(8), gradient),
      tuningKey(device, chosen, { ...gradient, precision: 'f16' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is in the checkpoint and holds for the resumed run, bit for bit', async () => {
    const spec = realnvp(2, { couplings: 13, hidden: [3] });
    const validation = { data: rows, every: 4 };
    const whole = await tuned(spec, { tuningCache: forced(PLAIN_VARIANTS) });
    await train(whole.flow, { steps: 12, validation });
    const begun = await tuned(spec);
    await train(begun.flow, { steps: 8, validation });
    const checkpoint = await begun.flow.save({ checkpoint: true });
    expect(decodeModel(checkpoint).optimizer?.variants).toEqual(PLAIN_VARIANTS);

    const reports: TuningReport[] = [];
    using resumed = await Flow.load(checkpoint, {
      ...(await testOptions()),
      onTuning: (report) => reports.push(report),
    });
    await train(resumed, { steps: 12, validation, resume: true });
    expect(reports).toEqual([{ pass: 'gradient', rows: 32, variants: PLAIN_VARIANTS, source: 'checkpoint' }]);
    expect(await resumed.save({ checkpoint: true })).toEqual(await whole.flow.save({ checkpoint: true }));
    whole.flow.dispose();
    begun.flow.dispose();
  });

  it('is made anew where the checkpoint has none that the device can run', async () => {
    const { flow } = await tuned(chosen, await testOptions());
    await train(flow);
    const model = decodeModel(await flow.save({ checkpoint: true }));
    flow.dispose();
    model.optimizer!.variants = { regime: 'of a later version' };
    const reports: TuningReport[] = [];
    using resumed = await Flow.load(encodeModel(model), {
      ...(await testOptions()),
      onTuning: (report) => reports.push(report),
    });
    await train(resumed, { steps: 5, resume: true });
    expect(reports).toMatchObject([{ source: 'fixed' }]);
  });
});

/** A cache that always returns this choice. */
function forced(variants: unknown): FlowOptions['tuningCache'] {
  return { get: () => variants, set: () => undefined };
}
