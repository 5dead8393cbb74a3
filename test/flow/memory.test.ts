import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import { realnvp, spline, vanilla } from '../../src/presets/index.ts';
import { trainingMemory } from '../../src/training/memory.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { STREAMS, normals } from '../../src/random.ts';
import { datasetSource } from '../../src/passes/batch.ts';
import { trainPlan } from '../../src/passes/train.ts';
import { fixedVariants, PLAIN_VARIANTS } from '../../src/plan/variants.ts';
import type { KernelVariants } from '../../src/plan/variants.ts';
import { chunkRowsOf } from '../../src/passes/workspace.ts';
import type { TrainingData } from '../../src/training/options.ts';
import { LAVAPIPE } from '../support/adapters.ts';
import { testGpu, testOptions } from '../support/device.ts';
import { modelOf, randomContext } from '../support/randomSpecs.ts';

const FUSED = fixedVariants(LAVAPIPE);

describe('flow.memory', () => {
  const wide = vanilla(2, { couplings: 1, hidden: [4096] });
  it.each<[string, FlowSpec, number, number]>([
    ['one hidden layer, on a toy density', vanilla(2, { couplings: 9, hidden: [12] }), 65, 0],
    ['two hidden layers, on rows', realnvp(2, { couplings: 9, hidden: [8, 4] }), 64, 301],
    ['the tiled kernels', realnvp(9, { couplings: 3, hidden: [8, 8] }), 33, 50],
    ['splines', spline(3, { couplings: 3, hidden: [8] }), 33, 50],
    ['rows with contexts', realnvp(3, { couplings: 2, hidden: [8], contextDim: 4 }), 33, 50],
    ['one feature with contexts', realnvp(1, { couplings: 2, hidden: [8], contextDim: 4 }), 33, 50],
    ['a batch of more than one chunk', wide, chunkRowsOf(modelOf(wide)) + 1, 2000],
  ])('tells to the byte what the GPU holds while it trains: %s', async (_, spec, batch, rows) => {
    const { buffers } = await testGpu();
    const before = buffers.counts.liveBytes;
    using flow = await Flow.create(spec, await testOptions());
    const told = await flow.memory({ batch, rows });
    expect(buffers.counts.liveBytes - before).toBe(told.parameters);

    const data: TrainingData =
      rows === 0 ? { toy: 'moons' } : Float32Array.from(normals(0, STREAMS.toyTest, rows * spec.dim));
    const context = randomContext(spec, rows);
    const run = flow.fit(data, {
      validation: false,
      steps: 3,
      batch,
      ...(context === undefined ? {} : { context }),
    });
    await run.next();
    expect(buffers.counts.liveBytes - before).toBe(told.total);
    await run.return();
    expect(buffers.counts.liveBytes - before).toBe(told.parameters);
  });

  it('counts the tables of the resident kernels', async () => {
    const { buffers } = await testGpu();
    const before = buffers.counts.liveBytes;
    const variants: KernelVariants = { ...PLAIN_VARIANTS, regime: 'resident' };
    const tuningCache = { get: () => variants, set: () => undefined };
    const spec = realnvp(3, { couplings: 2, hidden: [8] });
    using flow = await Flow.create(spec, {
      ...(await testOptions()),
      tuning: 'measured',
      tuningCache,
    });
    const data = Float32Array.from(normals(0, STREAMS.toyTest, 50 * 3));
    const run = flow.fit(data, { validation: false, steps: 1, batch: 32 });
    await run.next();
    const live = buffers.counts.liveBytes - before;
    const { total } = await flow.memory({ batch: 32, rows: 50 });
    expect(total).toBe(trainingMemory(modelOf(spec), { batch: 32, rows: 50 }, variants).total);
    expect(live).toBe(total);
    await run.return();
  });

  it('is parameters once, six times what is trained, the rows, and the rest', async () => {
    const spec = realnvp(3, { couplings: 4, hidden: [7] });
    const { layout } = modelOf(spec);
    using flow = await Flow.create(spec, await testOptions());
    const { parameters, optimizer, activations, data, control, total } = await flow.memory({ rows: 1000 });
    expect(parameters).toBe(4 * layout.length);
    expect(optimizer).toBe(6 * 4 * layout.trainableLength);
    expect(data).toBe(4 * 1000 * 3);
    expect(parameters + optimizer + activations + data + control).toBe(total);
    expect((await flow.memory({ batch: 512, rows: 1000 })).total).toBe(total);
    expect((await flow.memory()).data).toBe(0);
    expect((await flow.memory({ batch: 1024 })).activations).toBeGreaterThan(activations);
  });

  it.each([{ batch: 0 }, { batch: 1.5 }, { rows: -1 }, { rows: NaN }])('refuses %o', async (options) => {
    using flow = await Flow.create(vanilla(2, { couplings: 1, hidden: [2] }), await testOptions());
    await expect(flow.memory(options)).rejects.toThrow(ShapeError);
  });
});

describe('the activations of a training step', () => {
  const activations = (spec: FlowSpec, batch: number, variants = FUSED): number =>
    trainingMemory(modelOf(spec), { batch }, variants).activations;

  it.each<[string, (couplings: number) => FlowSpec]>([
    ['one hidden layer, fused', (couplings) => vanilla(2, { couplings })],
    ['one hidden layer on eight features, fused', (couplings) => realnvp(8, { couplings, hidden: [32] })],
    ['two hidden layers, fused', (couplings) => realnvp(2, { couplings, hidden: [64, 64] })],
    ['three hidden layers, fused', (couplings) => realnvp(2, { couplings, hidden: [64, 48, 32] })],
    [
      'two hidden layers on many features, tiled',
      (couplings) => realnvp(64, { couplings, hidden: [48, 48] }),
    ],
    ['two wide hidden layers, tiled', (couplings) => realnvp(2, { couplings, hidden: [512, 512] })],
  ])('take no more bytes at 64 couplings than at 8: %s', (_, specOf) => {
    for (const batch of [8, 512, 100_000]) {
      for (const variants of [FUSED, PLAIN_VARIANTS]) {
        expect(activations(specOf(64), batch, variants)).toBe(activations(specOf(8), batch, variants));
      }
    }
  });

  it('grow by the block that each spline transforms, as no inverse gives it back to the bit', () => {
    const take = (couplings: number): number =>
      activations(spline(6, { couplings, hidden: [8] }), 512, PLAIN_VARIANTS);
    expect(take(64) - take(8)).toBe(4 * 512 * 3 * 56);
  });

  it('take no other bytes without subgroups', () => {
    for (const spec of [vanilla(2), realnvp(2, { hidden: [36, 20] }), realnvp(20)]) {
      const bytes = ([1, 4, 8] as const).map((lanes) =>
        activations(spec, 512, { ...PLAIN_VARIANTS, regime: 'fused', lanes }),
      );
      expect(new Set(bytes).size).toBe(1);
    }
  });

  it('are those of the segment that is kept, where more couplings are kept than by default', () => {
    const kept = (couplings: number): number =>
      activations(vanilla(2, { couplings, hidden: [8] }), 512, { ...FUSED, segment: 32 });
    expect(kept(64)).toBe(kept(32));
    expect(kept(32)).toBeGreaterThan(3 * kept(8));
  });

  it('are all that the plan holds beside the rest', () => {
    const model = modelOf(realnvp(2, { couplings: 9, hidden: [8, 4] }));
    const plan = trainPlan(model, {
      source: datasetSource(100, 2),
      batch: 64,
      seed: 1,
      optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 0 },
      variants: FUSED,
    });
    const perParameter = ['parameters', 'gradients', 'first_moment', 'second_moment'];
    const sums = ['step_sums', 'partial_sums'];
    const rings = ['step_state', 'step_cursor', 'step_scalars', 'step_losses'];
    const held = new Set([...perParameter, ...sums, ...rings, 'dataset.0']);
    const rest = plan.buffers.filter(({ name }) => !held.has(name));
    expect(rest.map(({ name }) => name)).toEqual(expect.arrayContaining(['state', 'd_state', 'pieces']));
    const bytes = rest.reduce((sum, { length }) => sum + 4 * length, 0);
    expect(trainingMemory(model, { batch: 64, rows: 100 }, FUSED).activations).toBe(bytes);
  });
});
