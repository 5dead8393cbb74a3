import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow/flow.ts';
import { PRESETS } from '../../src/presets/index.ts';
import type { PresetName } from '../../src/presets/index.ts';
import { encodeModel } from '../../src/io/modelFile.ts';
import { normals, STREAMS } from '../../src/random.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { chunkRowsFor } from '../../src/passes/index.ts';
import { expectClose } from '../support/compare.ts';
import { testDevice, testOptions } from '../support/device.ts';
import {
  modelOf,
  randomContext,
  randomFlows,
  randomParameters,
  scaledParameters,
  specOf,
  within,
} from '../support/randomSpecs.ts';
import type { RandomFlow } from '../support/randomSpecs.ts';

const BOUND = 1e-5;

const SMALL = { couplings: 2, hidden: [5, 4] };

describe('a trace', () => {
  it.each(Object.keys(PRESETS) as PresetName[])('of %s is the flow, bijector by bijector', async (preset) => {
    const spec = PRESETS[preset].spec(3, SMALL);
    // Steep splines one after the other magnify what float32 rounds.
    await expectTraceOf({ spec, parameters: scaledParameters(spec, 5, 0.5) }, 33);
  });

  it('of random stacks is the flow, bijector by bijector', async () => {
    await fc.assert(
      fc.asyncProperty(randomFlows({ maxDim: 16, maxBijectors: 4 }), fc.constantFrom(1, 65), expectTraceOf),
      { numRuns: 12 },
    );
  }, 300_000);

  it('of one feature given a context is the flow, bijector by bijector', async () => {
    const spec = PRESETS.spline.spec(1, { ...SMALL, contextDim: 2 });
    await expectTraceOf({ spec, parameters: randomParameters(spec, 5) }, 33);
  });

  it('is the same however the rows are cut into chunks', async () => {
    const bijectors = Array.from({ length: 40 }, () => ({ type: 'diagonal_scale' as const }));
    const spec = specOf(65, bijectors);
    const parameters = randomParameters(spec, 2).map((value) => value / 10);
    using flow = await Flow.load(encodeModel({ spec, parameters }), await testOptions());
    const chunk = chunkRowsFor(modelOf(spec), 'trace');
    const x = normalRows(chunk + 9, 65);
    const whole = await flow.trace(x);
    const tail = await flow.trace(x.subarray(65 * chunk));
    for (const [place, state] of whole.states.entries()) {
      expect(state.subarray(65 * chunk)).toEqual(tail.states[place]);
    }
    for (const [place, logDet] of whole.logDets.entries()) {
      expect(logDet.subarray(chunk)).toEqual(tail.logDets[place]);
    }
  });

  it('of no rows, and of no bijector, is what was given', async () => {
    using some = await Flow.create(PRESETS.nice.spec(2, SMALL), await testOptions());
    const none = await some.trace(new Float32Array());
    expect(none.states).toEqual(some.spec.bijectors.map(() => new Float32Array()).concat(new Float32Array()));
    using empty = await Flow.create(specOf(2, []), await testOptions());
    const x = normalRows(3, 2);
    expect(await empty.trace(x)).toEqual({ states: [x], logDets: [] });
  });

  it('says what is wrong with the rows', async () => {
    using flow = await Flow.create(PRESETS.nice.spec(2, SMALL), await testOptions());
    await expect(flow.trace(new Float32Array(3))).rejects.toThrow('x: found 3 values, expected a multiple');
    await expect(flow.trace(new Float32Array(3), { direction: 'inverse' })).rejects.toThrow('z: found 3');
  });
});

/** Compares with the twin, state by state, and with the flow's own maps, in both directions. */
async function expectTraceOf({ spec, parameters }: RandomFlow, rows: number): Promise<void> {
  const model = encodeModel({ spec, parameters });
  using flow = await Flow.load(model, { device: await testDevice(), tuning: 'fixed' });
  const twin = new ReferenceFlow(spec, parameters);
  const given = within(spec, normalRows(rows, spec.dim));
  const context = randomContext(spec, rows);
  const { z, logDet } = await flow.forward(given, { context });
  const { x, logDet: inverseLogDet } = await flow.inverse(given, { context });
  for (const [direction, last, total] of [
    ['forward', z, logDet],
    ['inverse', x, inverseLogDet],
  ] as const) {
    const { states, logDets } = await flow.trace(given, { direction, context });
    const wanted = twin.trace(given, { direction, context });
    expect(states).toHaveLength(spec.bijectors.length + 1);
    expect(logDets).toHaveLength(spec.bijectors.length);
    expect(states[0]).toEqual(given);
    wanted.states.forEach((state, place) =>
      expectClose(`${direction} state ${place}`, states[place]!, state, BOUND),
    );
    wanted.logDets.forEach((own, place) =>
      expectClose(`${direction} log-det ${place}`, logDets[place]!, own, BOUND),
    );
    expectClose(`${direction} last state`, states.at(-1)!, last, BOUND);
    const sum = Array.from(total, (_, row) => logDets.reduce((all, own) => all + own[row]!, 0));
    expectClose(`${direction} sum of the log-dets`, sum, total, BOUND);
    const exact = Array.from({ length: rows }, (_, row) =>
      wanted.logDets.reduce((all, own) => all + own[row]!, 0),
    );
    const whole = direction === 'forward' ? twin.forward(given, context) : twin.inverse(given, context);
    expectClose('twin: sum of the log-dets', exact, whole.logDet, 1e-12);
  }
}

function normalRows(rows: number, dim: number): Float32Array {
  return new Float32Array(normals(0, STREAMS.toyTest, rows * dim));
}
