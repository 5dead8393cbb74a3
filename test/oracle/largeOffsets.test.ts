/** Columns far from zero compared with their spread: map coordinates, time stamps. */
import { describe, expect, it } from 'vitest';
import type { Rows } from '../../src/calls/callerArrays.ts';
import { DataError } from '../../src/errors.ts';
import type { FitOptions } from '../../src/training/options.ts';
import { Flow } from '../../src/flow/flow.ts';
import { glow, nice, realnvp, spline, vanilla } from '../../src/presets/index.ts';
import { offsetOf } from '../../src/spec/offset.ts';
import { normals } from '../../src/random.ts';
import { ReferenceFlow } from '../../src/reference/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { testOptions } from '../support/device.ts';

const OPENING = await testOptions();
const OPTIONS = { ...OPENING, seed: 4 };
const small = { couplings: 2, hidden: [8] };
const ROWS = 400;
const columns = ['northing', 'height'];
const draws = normals(1, 0, 2 * ROWS);

/**
 * 0.6 m of northing and a correlated height, in multiples of 2⁻²⁰ so that every offset adds without rounding.
 */
const CENTRED = Float64Array.from(draws, (value, i) => {
  const metres = i % 2 === 0 ? 0.6 * value : (draws[i - 1] ?? 0) + 0.5 * value;
  return Math.round(metres * 2 ** 20) / 2 ** 20;
});
const NORTHING = 5_400_000;
const moved = (rows: Float64Array, by: readonly number[]): Float64Array =>
  rows.map((value, i) => value + (by[i % by.length] ?? 0));
const UTM = moved(CENTRED, [NORTHING, 0]);

async function trained(
  spec: FlowSpec,
  data: Rows,
  options: Partial<FitOptions> = {},
): Promise<{ flow: Flow; losses: number[] }> {
  const flow = await Flow.create(spec, OPTIONS);
  const losses: number[] = [];
  for await (const report of flow.fit(data, { steps: 8, batch: 64, ...options }))
    losses.push(...report.losses);
  return { flow, losses };
}

describe('a column with a large offset', () => {
  it.each(Object.entries({ realnvp, nice, glow, spline }))(
    'is learned by %s as the same column without it, to the bit',
    async (_, preset) => {
      const validation = (rows: Float64Array) => ({ data: rows.subarray(0, 40), every: 4 });
      const near = await trained(preset(2, small), CENTRED, { validation: validation(CENTRED) });
      const far = await trained(preset(2, small), UTM, { validation: validation(UTM) });
      expect(far.losses).toEqual(near.losses);
      expect(await far.flow.parameters()).toEqual(await near.flow.parameters());
      expect(await far.flow.logProb(UTM)).toEqual(await near.flow.logProb(CENTRED));
      expect(await far.flow.gradients(UTM)).toEqual(await near.flow.gradients(CENTRED));
      expect(await far.flow.forward(UTM)).toEqual(await near.flow.forward(CENTRED));
      const samples = await near.flow.sample(50);
      expect(await far.flow.sample(50)).toEqual(moved(Float64Array.from(samples), [NORTHING, 0]));
    },
  );

  it('tells rows apart that are a centimetre apart', async () => {
    const { flow } = await trained(realnvp(2, small), UTM);
    const near = Float64Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? NORTHING + 0.005 * i : 0));
    expect(new Set(await flow.logProb(near)).size).toBe(20);
  });

  it('comes back from latent rows and samples, in float64', async () => {
    const { flow } = await trained(realnvp(2, small), UTM);
    const { z } = await flow.forward(UTM);
    const { x } = await flow.inverse(z);
    expect(x).toBeInstanceOf(Float64Array);
    x.forEach((value: number, i: number) => expect(Math.abs(value - (UTM[i] ?? NaN))).toBeLessThan(1e-5));
    const drawn = await flow.sampleAndLogProb(300, { seed: 2 });
    const scores = await flow.logProb(drawn.x);
    scores.forEach((value, row) => expect(Math.abs(value - (drawn.logProb[row] ?? NaN))).toBeLessThan(1e-3));
    expect(new Set(drawn.x.filter((_: number, i: number) => i % 2 === 0)).size).toBeGreaterThan(290);
  });

  it.each(['forward', 'inverse'] as const)(
    'is in every state of the %s trace that is data',
    async (direction) => {
      const { flow } = await trained(realnvp(2, small), UTM);
      const { z } = await flow.forward(UTM);
      const trace = await flow.trace(direction === 'forward' ? UTM : z, { direction });
      const states = direction === 'forward' ? trace.states : trace.states.toReversed();
      const [data, standardized] = states;
      expect(data).toBeInstanceOf(Float64Array);
      expect(standardized).toBeInstanceOf(Float32Array);
      data?.forEach((value: number, i: number) =>
        expect(Math.abs(value - (UTM[i] ?? NaN))).toBeLessThan(1e-5),
      );
      standardized?.forEach((value: number) => expect(Math.abs(value)).toBeLessThan(6));
    },
  );

  it('has the densities, gradients and states of the f64 twin', async () => {
    const { flow } = await trained(realnvp(2, small), UTM);
    const twin = new ReferenceFlow(flow.spec, await flow.parameters());
    const x = UTM.subarray(0, 60);
    const scores = await flow.logProb(x);
    twin
      .logProb(x)
      .forEach((value, row) => expect(Math.abs(value - (scores[row] ?? NaN))).toBeLessThan(1e-4));
    const { z } = await flow.forward(x);
    twin.inverse(z).x.forEach((value, i) => expect(Math.abs(value - (x[i] ?? NaN))).toBeLessThan(1e-5));
    const { gradients } = await flow.gradients(x);
    for (const [name, exact] of Object.entries(twin.gradients(x).gradients)) {
      const norm = Math.hypot(...exact);
      const apart = Math.hypot(...exact.map((value, i) => value - (gradients[name]?.[i] ?? NaN)));
      expect(apart, name).toBeLessThan(1e-4 * (norm + 1e-3));
    }
    for (const direction of ['forward', 'inverse'] as const) {
      const given = direction === 'forward' ? x : z;
      const { states } = await flow.trace(given, { direction });
      twin.trace(given, { direction }).states.forEach((state, place) => {
        state.forEach((value, i) => expect(Math.abs(value - (states[place]?.[i] ?? NaN))).toBeLessThan(1e-4));
      });
    }
  });

  it('is kept by a model file, and by a run that is resumed, to the bit', async () => {
    const { flow } = await trained(realnvp(2, small), UTM, { steps: 12, until: 6 });
    const loaded = await Flow.load(await flow.save({ checkpoint: true }), OPENING);
    expect(loaded.spec).toEqual(flow.spec);
    expect(await loaded.logProb(UTM)).toEqual(await flow.logProb(UTM));
    expect(await loaded.sample(30)).toEqual(await flow.sample(30));
    for await (const _ of loaded.fit(UTM, { steps: 12, batch: 64, resume: true }));
    const whole = await trained(realnvp(2, small), UTM, { steps: 12 });
    expect(await loaded.parameters()).toEqual(await whole.flow.parameters());
    expect(await loaded.save()).toEqual(await whole.flow.save());
  });

  it('is taken from the data of create too, and kept by a fit on others', async () => {
    using flow = await Flow.create(realnvp(2, small), { ...OPTIONS, data: UTM });
    const offset = offsetOf(flow.spec);
    expect(offset).toEqual(Float64Array.of(NORTHING, 0));
    for await (const _ of flow.fit(moved(UTM, [3, 0]), { steps: 2, batch: 64 }));
    expect(offsetOf(flow.spec)).toEqual(offset);
    expect((await flow.logProb(UTM)).every(Number.isFinite)).toBe(true);
  });

  it('may be that of time stamps in milliseconds, next to columns without one', async () => {
    // Multiples of half a millisecond, whatever the offset.
    const rows = Float64Array.from({ length: 3 * ROWS }, (_, i) => {
      const [a = 0, b = 0] = [draws[i % 800], draws[(7 * i + 1) % 800]];
      return i % 3 === 0 ? Math.round(90_000 * a) : i % 3 === 1 ? b : Math.round(2 * b) / 2 - 2e8;
    });
    const stamps = moved(rows, [1_700_000_000_000, 0, 0]);
    const { flow } = await trained(realnvp(3, small), stamps);
    const offset = offsetOf(flow.spec) ?? [];
    expect(Math.abs((offset[0] ?? 0) - 1.7e12)).toBeLessThan(90_000);
    expect(offset[1]).toBe(0);
    expect(Math.abs((offset[2] ?? 0) + 2e8)).toBeLessThan(2);
    const { z } = await flow.forward(stamps);
    expect(new Set(z.filter((_, i) => i % 3 === 0)).size).toBe(
      new Set(rows.filter((_, i) => i % 3 === 0)).size,
    );
    const { x } = await flow.inverse(z);
    x.forEach((value: number, i: number) =>
      expect(Math.abs(value - (stamps[i] ?? NaN))).toBeLessThan(i % 3 === 0 ? 1 : 1e-4),
    );
  });

  it('goes with columns of other domains', async () => {
    const shares = UTM.map((value, i) => (i % 2 === 0 ? value : 1 / (1 + Math.exp(-value))));
    const { flow } = await trained(realnvp(2, { ...small, domain: ['real', 'unit'] }), shares);
    expect(offsetOf(flow.spec)).toEqual(Float64Array.of(NORTHING, 0));
    const { z } = await flow.forward(shares);
    const { x } = await flow.inverse(z);
    x.forEach((value: number, i: number) => expect(Math.abs(value - (shares[i] ?? NaN))).toBeLessThan(1e-4));
    const twin = new ReferenceFlow(flow.spec, await flow.parameters());
    const [, mapped] = twin.trace(shares).states;
    const { states } = await flow.trace(shares);
    mapped?.forEach((value, i) => expect(Math.abs(value - (states[1]?.[i] ?? NaN))).toBeLessThan(1e-4));
  });

  it('leaves calls alone that were made before the first fit decided it', async () => {
    using flow = await Flow.create(realnvp(2, small), OPTIONS);
    const run = flow.fit(UTM, { steps: 2, batch: 64 });
    const first = run.next();
    const scores = [];
    for (let turn = 0; turn < 40; turn++) {
      scores.push(flow.logProb(UTM));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await first;
    for await (const _ of run);
    const last = await flow.logProb(UTM);
    // Early scores are far from the base, later ones near the last. Nothing lies between, such as one updated
    // tensor without the other.
    for (const early of await Promise.all(scores)) {
      const [score = NaN, after = NaN] = [early[0], last[0]];
      expect(score < -100 || Math.abs(score - after) < 1, String(score)).toBe(true);
    }
  });
});

describe('columns without a large offset', () => {
  it('have no such field in their model, and are float32, whatever the array', async () => {
    const single = new Float32Array(CENTRED);
    const one = await trained(realnvp(2, small), single);
    const other = await trained(realnvp(2, small), Float64Array.from(single));
    expect(one.flow.spec.bijectors[0]).toEqual({ type: 'standardize' });
    expect(await other.flow.save()).toEqual(await one.flow.save());
    expect(await other.flow.sample(5)).toBeInstanceOf(Float32Array);
    expect(await other.flow.logProb(Float64Array.from(single))).toEqual(await one.flow.logProb(single));
  });
});

describe('rows that float32 rounds', () => {
  const rounded = new Float32Array(UTM);
  const message =
    /column "northing": .*steps of 0\.5, expected .* spread of 0\.\d+\. .*Float64Array.*subtract/;

  it('are refused as training rows, by the name of the column', async () => {
    await expect(trained(realnvp(2, small), rounded, { columns })).rejects.toThrow(message);
    await expect(trained(realnvp(2, small), rounded, { columns })).rejects.toThrow(DataError);
    await expect(Flow.create(realnvp(2, small), { ...OPTIONS, data: rounded })).rejects.toThrow(
      /column "x1"/,
    );
    const validation = { data: rounded };
    await expect(trained(realnvp(2, small), UTM, { columns, validation })).rejects.toThrow(message);
  });

  it('are refused by every call of a flow with that offset', async () => {
    const { flow } = await trained(realnvp(2, small), UTM, { columns });
    for (const call of [
      () => flow.logProb(rounded),
      () => flow.forward(rounded),
      () => flow.trace(rounded),
      () => flow.gradients(rounded),
    ]) {
      await expect(call()).rejects.toThrow(message);
    }
    expect(await flow.logProb(new Float32Array())).toHaveLength(0);
  });

  it('are refused where the flow has nothing that could subtract the offset', async () => {
    const advice = /column "northing": .*steps of 0\.5, .*standardizes/;
    await expect(trained(vanilla(2, small), UTM, { columns })).rejects.toThrow(advice);
    await expect(
      trained(realnvp(2, { ...small, domain: ['positive', 'real'] }), UTM, { columns }),
    ).rejects.toThrow(advice);
    using trainedFlow = (await trained(realnvp(2, small), CENTRED)).flow;
    await expect(trainedFlow.fit(UTM, { steps: 1, columns }).next()).rejects.toThrow(advice);
  });

  it('are refused in float64 too, where that has no finer steps', async () => {
    const micro = moved(CENTRED, [1.7e15, 0]);
    await expect(trained(realnvp(2, small), micro, { columns })).rejects.toThrow(
      /column "northing": found a Float64Array whose values are rounded to steps of 0\.25/,
    );
  });

  it('leave a fresh flow as it was', async () => {
    using flow = await Flow.create(realnvp(2, small), OPTIONS);
    const before = await flow.save();
    await expect(flow.fit(rounded, { steps: 1 }).next()).rejects.toThrow(DataError);
    expect(await flow.save()).toEqual(before);
    for await (const _ of flow.fit(UTM, { steps: 1, batch: 64 }));
    expect(offsetOf(flow.spec)).toEqual(Float64Array.of(NORTHING, 0));
  });
});
