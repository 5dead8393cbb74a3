import { describe, expect, it } from 'vitest';
import { bench, parseBenchDocument } from '../../src/measure/index.ts';
import type { BenchDocument, BenchEvent, BenchModel } from '../../src/measure/index.ts';
import { printedName, REPORTED, workloadOf } from '../../src/measure/workloads.ts';
import { FeatureError } from '../../src/errors.ts';
import { realnvp } from '../../src/presets/index.ts';
import { planCost } from '../../src/plan/plan.ts';
import { twins } from '../../src/reference/twins.ts';
import { fixedVariants } from '../../src/plan/variants.ts';
import { chunkRowsOf } from '../../src/passes/workspace.ts';
import { modelOf } from '../support/randomSpecs.ts';
import { hasHalfPrecision, testGpu } from '../support/device.ts';

const TINY: BenchModel = {
  name: 'tiny',
  summary: 'two small couplings',
  spec: realnvp(2, { couplings: 2, hidden: [4], base: { type: 'standard_normal' } }),
  batch: 16,
};

/** Takes few samples, because tests running in parallel slow each one down. */
async function run(
  options: Parameters<typeof bench>[1],
): Promise<{ events: BenchEvent[]; document: BenchDocument }> {
  const { device } = await testGpu();
  const events: BenchEvent[] = [];
  for await (const event of bench(device, { quick: true, models: [TINY], ...options })) events.push(event);
  const last = events.at(-1);
  if (last?.kind !== 'done') throw new Error('no document');
  return { events, document: last.document };
}

const hasHalves = await hasHalfPrecision();

describe('bench', () => {
  it('measures the peak, plans and kernels, frees everything, and tells it as it goes', async () => {
    const { buffers } = await testGpu();
    const { live } = buffers.counts;
    const { events, document } = await run({});
    expect(buffers.counts.live).toBe(live);
    expect(parseBenchDocument(JSON.stringify(document), 'run')).toEqual(document);
    expect(document.peak.fma.rate).toBeGreaterThan(0.1);
    expect(document.peak.copy.rate).toBeGreaterThan(0.01);
    // Less than a millisecond, even on a busy CPU.
    expect(document.peak.launch?.medianMs).toBeGreaterThan(0);
    expect(document.peak.launch?.medianMs).toBeLessThan(1);
    expect(document.mismatches).toEqual([]);

    const plans = document.entries.filter(({ kind }) => kind === 'plan');
    expect(plans.map(({ name }) => name)).toEqual(['train_step', 'forward', 'sample', 'log_prob']);
    // Two couplings of 1·4 + 4·2 weights.
    expect(plans.map(({ flops, rows }) => flops / rows)).toEqual([6 * 24, 48, 48, 48]);
    for (const { time, gflops, flops, share, error } of document.entries) {
      expect(time.samples).toBeGreaterThanOrEqual(3);
      expect(time.minMs).toBeLessThanOrEqual(time.medianMs);
      expect(gflops).toBeCloseTo(flops / time.medianMs / 1e6);
      expect(share.fma).toBeCloseTo(gflops / document.peak.fma.rate);
      expect(error).toBeLessThanOrEqual(1);
    }
    const progress = events.map(({ done }) => done);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(events[0]!.total);
  });

  it.runIf(hasHalves)('measures plans and kernels of nets that are stored as f16', async () => {
    const { buffers } = await testGpu();
    const { live } = buffers.counts;
    const { document } = await run({ precision: 'f16', rows: [64] });
    expect(buffers.counts.live).toBe(live);
    expect(document.mismatches).toEqual([]);
    expect(document.precision).toBe('f16');
    for (const { variants } of document.entries) expect(variants).toMatchObject({ precision: 'f16' });
    const names = document.entries.map(({ name }) => name);
    expect(names.slice(0, 4)).toEqual(expect.arrayContaining(['train_step', 'half_parameters']));
    expect(names).not.toContain('flow_forward');
  });

  it('refuses a precision that the device or the flow has not, before anything runs', async () => {
    const residual = { ...TINY, spec: realnvp(2, { couplings: 1, hidden: [4], residualBlocks: 1 }) };
    await expect(run({ precision: 'f16', models: [residual] })).rejects.toThrow(/precision: .*residual/);
    if (hasHalves) return;
    const variantsFor = (): never => expect.fail('nothing to choose');
    await expect(run({ precision: 'f16', variantsFor })).rejects.toThrow(FeatureError);
  });

  it('counts rows that go in chunks: their work, their pieces, the kernels that were chosen for them', async () => {
    const context = await testGpu();
    const { buffers } = context;
    const { live } = buffers.counts;
    const fixed = fixedVariants(context.adapter);
    const chunkRows = chunkRowsOf(modelOf(TINY.spec));
    const rows = 2 * chunkRows + 10;
    const { document } = await run({
      only: 'plans',
      rows: [1, rows],
      variantsFor: (_, pass) => ({ ...fixed, segment: pass === 'inverse' ? 32 : fixed.segment }),
    });
    expect(buffers.counts.live).toBe(live);
    expect(document.mismatches).toEqual([]);
    expect(document.fixedVariants).toEqual(fixed);
    const passes = document.entries.slice(1);
    expect(passes.map(({ name, rows, chunks, shape }) => [name, rows, chunks, shape])).toEqual(
      ['forward', 'sample', 'log_prob'].flatMap((name) => [
        [name, 1, 1, 'tiny, 1 rows'],
        [name, rows, 3, 'tiny, 131,082 rows'],
      ]),
    );
    for (const { flops, rows } of passes) expect(flops).toBe(48 * rows);
    for (const { name, variants } of passes) {
      expect(variants, name).toEqual({ ...fixed, segment: name === 'sample' ? 32 : fixed.segment });
    }
    const bytes = (name: string, count: number): number => {
      const pass = REPORTED.find((reported) => printedName(reported) === name)!;
      return planCost(workloadOf(modelOf(TINY.spec), pass, count, fixed).plan).bytes;
    };
    for (const { name, bytes: told } of passes.filter(({ chunks }) => chunks > 1)) {
      expect(told, name).toBe(2 * bytes(name, chunkRows) + bytes(name, rows - 2 * chunkRows));
    }
  });

  it('times training steps of several batches, and says where the adapter is full', async () => {
    const { document } = await run({ batches: [16, 4096] });
    expect(document.entries.map(({ name, rows }) => [name, rows])).toEqual([
      ['train_step', 16],
      ['train_step', 4096],
    ]);
    const [sweep, ...others] = document.batches!;
    expect(others).toEqual([]);
    expect(sweep).toMatchObject({ flow: 'tiny', steps: [{ batch: 16 }, { batch: 4096 }] });
    // A row of 16 takes longer than one of 4,096, so only the largest batch is near the best rate.
    expect(sweep!.fullFrom).toBeNull();
    expect(parseBenchDocument(JSON.stringify(document), 'run')).toEqual(document);
  });

  it('does not time what is not what its twin says, and goes on with the rest', async () => {
    const right = twins.standard_normal_log_prob!;
    twins.standard_normal_log_prob = (call) => {
      right(call);
      call.buffers.log_prob![0]! += 1;
    };
    try {
      const { events, document } = await run({});
      expect(document.mismatches).toContainEqual(
        expect.stringMatching(/^standard_normal_log_prob\[LOSS\]: (nll|log_prob) is /),
      );
      expect(events.filter(({ kind }) => kind === 'mismatch')).toHaveLength(document.mismatches.length);
      const names = document.entries.map(({ name }) => name);
      expect(names.filter((name) => name.startsWith('standard_normal_log_prob'))).toEqual([]);
      expect(names).not.toContain('train_step');
      expect(names).toContain('adam_step');
    } finally {
      twins.standard_normal_log_prob = right;
    }
  });

  it('stops when its signal says so, and frees everything', async () => {
    const { buffers } = await testGpu();
    const { live } = buffers.counts;
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    await expect(run({ signal: abort.signal })).rejects.toThrow('enough');
    expect(buffers.counts.live).toBe(live);
  });
});
