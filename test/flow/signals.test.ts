/** Every call that waits takes a signal, and stops by it. */
import { describe, expect, it } from 'vitest';
import { Ensemble } from '../../src/flow/ensemble.ts';
import { Flow } from '../../src/flow/flow.ts';
import { Table } from '../../src/flow/table.ts';
import { encodeModel } from '../../src/io/modelFile.ts';
import { chunkRowsFor } from '../../src/passes/index.ts';
import { glow, PRESETS, realnvp } from '../../src/presets/index.ts';
import { testOptions } from '../support/device.ts';
import { modelOf, randomParameters, rowsWithin } from '../support/randomSpecs.ts';

const OPTIONS = await testOptions();
const spec = realnvp(2, { couplings: 2, hidden: [8] });
const bytes = encodeModel({ spec, parameters: randomParameters(spec, 1) });
const x = Float32Array.from(rowsWithin(spec, 8));

const CALLS: Record<string, (flow: Flow, signal: AbortSignal) => Promise<unknown>> = {
  create: (_, signal) => Flow.create(spec, { ...OPTIONS, signal }),
  'create with data': (_, signal) => Flow.create(PRESETS.realnvp, { ...OPTIONS, dim: 2, data: x, signal }),
  load: (_, signal) => Flow.load(bytes, { ...OPTIONS, signal }),
  clone: (flow, signal) => flow.clone({ signal }),
  save: (flow, signal) => flow.save({ signal }),
  parameters: (flow, signal) => flow.parameters({ signal }),
  setParameters: (flow, signal) => flow.setParameters({}, { signal }),
  pass: (flow, signal) => flow.pass('sample', { rows: 4, signal }),
  forward: (flow, signal) => flow.forward(x, { signal }),
  inverse: (flow, signal) => flow.inverse(x, { signal }),
  trace: (flow, signal) => flow.trace(x, { signal }),
  logProb: (flow, signal) => flow.logProb(x, { signal }),
  'logProb of cells': (flow, signal) => flow.logProb(x, { widths: x.map(() => 0.5), signal }),
  logProbGradient: (flow, signal) => flow.logProbGradient(x, { signal }),
  gradients: (flow, signal) => flow.gradients(x, { signal }),
  sample: (flow, signal) => flow.sample(3, { signal }),
  sampleAndLogProb: (flow, signal) => flow.sampleAndLogProb(3, { signal }),
  fit: (flow, signal) => flow.fit(x, { signal }).next(),
  train: (flow, signal) => flow.train(x, { signal }),
  'Ensemble.logProb': (flow, signal) => new Ensemble([flow]).logProb(x, { signal }),
  'Ensemble.sample': (flow, signal) => new Ensemble([flow]).sample(3, { signal }),
};

describe.each(Object.entries(CALLS))('%s', (_, call) => {
  it('throws the reason of an aborted signal at once, and none of one that is not', async () => {
    using flow = await Flow.load(bytes, OPTIONS);
    const busy = flow.logProb(Float32Array.from(rowsWithin(spec, 20_000)));
    let isBusy = true;
    void busy.then(() => (isBusy = false));
    const reason = new Error('enough');
    await expect(call(flow, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(isBusy).toBe(true);
    await busy;
    const result = await call(flow, new AbortController().signal);
    if (result instanceof Flow) result.dispose();
  });
});

it('a table throws the reason too', async () => {
  const rows = Array.from({ length: 64 }, (_, i) => ({ a: Math.sin(i), b: Math.cos(2 * i) }));
  const table = Table.infer(rows);
  using flow = await Flow.create(glow(2, { couplings: 2, hidden: [8] }), OPTIONS);
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  await expect(table.fit(flow, rows, { signal }).next()).rejects.toBe(reason);
  await expect(table.logProb(flow, rows, { signal })).rejects.toBe(reason);
  await expect(table.sample(flow, 3, { signal })).rejects.toBe(reason);
});

it.each(['logProb', 'logProbGradient', 'trace', 'gradients'] as const)(
  '%s stops between two chunks',
  async (name) => {
    using flow = await Flow.load(bytes, OPTIONS);
    const pass = name === 'gradients' ? 'gradients' : name;
    const rows = Float32Array.from(rowsWithin(spec, 6 * chunkRowsFor(modelOf(spec), pass)));
    const stopper = new AbortController();
    const call = flow[name](rows, { signal: stopper.signal });
    setTimeout(() => stopper.abort(new Error('enough')), 0);
    await expect(call).rejects.toThrow('enough');
    expect(await flow.logProb(x)).toHaveLength(8);
  },
);
