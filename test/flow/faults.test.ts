import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { GpuMemoryError, GpuWorkError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import { glow } from '../../src/presets/index.ts';
import { Gpu } from '../../src/gpu/gpu.ts';
import { STREAMS } from '../../src/random.ts';
import { testDevice } from '../support/device.ts';
import { faultyDevice } from '../support/faultyDevice.ts';
import type { Faults } from '../support/faultyDevice.ts';

const rows = toyDensity('moons').sample(0, STREAMS.toyTest, 0, 6);
const widths = new Float32Array(12).fill(0.1);
const spec = glow(2, { couplings: 1, hidden: [4] });
const options = { steps: 4, batch: 6 };

/** All calls of a flow, with results as plain numbers that can be compared. */
const CALLS: Record<string, (flow: Flow) => Promise<unknown>> = {
  forward: (flow) => flow.forward(rows),
  inverse: (flow) => flow.inverse(rows),
  logProb: (flow) => flow.logProb(rows),
  sample: (flow) => flow.sample(6, { seed: 3 }),
  sampleAndLogProb: (flow) => flow.sampleAndLogProb(6, { seed: 3 }),
  gradients: (flow) => flow.gradients(rows),
  trace: (flow) => flow.trace(rows),
  save: (flow) => flow.save(),
  fit: async (flow) => {
    const losses: number[] = [];
    const validation = { data: rows, every: 2 };
    for await (const report of flow.fit(rows, { ...options, validation })) losses.push(...report.losses);
    return { losses, parameters: await flow.parameters() };
  },
  'logProb of cells': (flow) => flow.logProb(rows, { widths, draws: 2 }),
  'fit of weighted cells by an average': async (flow) => {
    const validation = { data: rows, widths, every: 2 };
    const more = { weights: new Float32Array(6).fill(2), widths, averageDecay: 0.9, jitter: 0.1 };
    const losses: number[] = [];
    for await (const report of flow.fit(rows, { ...options, ...more, validation }))
      losses.push(...report.losses);
    return { losses, parameters: await flow.parameters() };
  },
  train: async (flow) => {
    await using run = await flow.train(rows, { ...options, optimizer: 'sgd', validation: { data: rows } });
    const { losses } = await run.steps(4);
    return { losses: [...losses], score: await run.score() };
  },
  pass: async (flow) => {
    const { device } = flow;
    using pass = await flow.pass('sample', { rows: 6, seed: 3 });
    const staging = device.createBuffer({ size: 4 * 2 * pass.stride, usage: 1 | 8 });
    const encoder = device.createCommandEncoder();
    pass.encode(encoder);
    encoder.copyBufferToBuffer(pass.buffer('state'), 0, staging, 0, staging.size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(1);
    const found = new Float32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return found;
  },
};

const opened = ({ device }: Faults): Promise<Flow> => Flow.create(spec, { device, tuning: 'fixed', seed: 2 });

describe.each(['usage', 'size'] as const)('a buffer that cannot be made, for its %s,', (fault) => {
  it('fails the opening of a flow', async () => {
    const faults = faultyDevice(await testDevice(), fault);
    const { buffers } = Gpu.of(faults.device);
    faults.failAt('createBuffer', 1);
    const error = await opened(faults).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(GpuMemoryError);
    expect((error as Error).message).toMatch(/^Buffer "parameters" of [\d,]+ bytes could not be made/);
    expect(buffers.counts.live).toBe(0);
    faults.failAt('createBuffer', 0);
    using flow = await opened(faults);
    expect(await flow.logProb(rows)).toHaveLength(6);
  });

  it.each(Object.keys(CALLS))('fails %s, whichever it is, and no later call', async (name) => {
    for (const outcome of await outcomes('createBuffer', name, faultyDevice(await testDevice(), fault))) {
      expect(outcome).toMatchObject({ isUsable: true, leaked: 0 });
      expect(outcome.isRight || isBufferError(outcome.error), String(outcome.error)).toBe(true);
    }
  });
});

describe('work that the GPU refuses', () => {
  it.each(Object.keys(CALLS).filter((name) => name !== 'pass'))('fails %s, whichever it is', async (name) => {
    for (const outcome of await outcomes('submit', name, faultyDevice(await testDevice()))) {
      expect(outcome).toMatchObject({ isUsable: true, leaked: 0 });
      expect(outcome.isRight || isWorkError(outcome.error), String(outcome.error)).toBe(true);
    }
  });
});

function isBufferError(error: unknown): boolean {
  return (
    error instanceof GpuMemoryError &&
    error.code === 'OUT_OF_GPU_MEMORY' &&
    /^Buffer ".+" of [\d,]+ bytes could not be made on the GPU: /.test(error.message)
  );
}

function isWorkError(error: unknown): boolean {
  return error instanceof GpuWorkError && /^The GPU refused the work ".+": /.test(error.message);
}

interface Outcome {
  /** The call that failed, from 1. */
  number: number;
  error?: unknown;
  /** Whether the flow's call gave the same result as without a fault. */
  isRight: boolean;
  /** Whether the flow's next call gives the right result. */
  isUsable: boolean;
  /** Buffers that the flow left behind. */
  leaked: number;
}

/** The outcomes of a flow's call when each of its device calls fails in turn. */
async function outcomes(kind: 'createBuffer' | 'submit', name: string, faults: Faults): Promise<Outcome[]> {
  const call = CALLS[name]!;
  const { buffers } = Gpu.of(faults.device);
  let right: unknown;
  {
    using flow = await opened(faults);
    faults.failAt(kind, 0);
    right = await call(flow);
  }
  const own = name === 'pass' ? 1 : 0; // the last buffer of a pass is the test's
  const count = faults.calls[kind] - own;
  expect(count).toBeGreaterThan(0);
  const found: Outcome[] = [];
  for (let number = 1; number <= count; number++) {
    const flow = await opened(faults);
    faults.failAt(kind, number);
    const outcome = await call(flow).then(
      (value) => ({ isRight: isDeepStrictEqual(value, right) }),
      (error: unknown) => ({ isRight: false, error }),
    );
    faults.failAt(kind, 0);
    // A fit that failed midway may have done a few steps.
    const isUsable = /^fit|^train/.test(name)
      ? await canTrain(flow)
      : isDeepStrictEqual(await call(flow), right);
    flow.dispose();
    found.push({ number, ...outcome, isUsable, leaked: buffers.counts.live });
  }
  return found;
}

async function canTrain(flow: Flow): Promise<boolean> {
  const losses: number[] = [];
  for await (const report of flow.fit(rows, options)) losses.push(...report.losses);
  return [...losses, ...(await flow.logProb(rows))].every(Number.isFinite);
}
