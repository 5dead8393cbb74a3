import { describe, expect, it } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { DataError, NonFiniteError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import { realnvp, spline, vanilla } from '../../src/presets/index.ts';
import { decodeModel, encodeModel } from '../../src/io/modelFile.ts';
import { paramLayout } from '../../src/spec/layout.ts';
import { STREAMS } from '../../src/random.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { hasHalfPrecision, testOptions } from '../support/device.ts';

const small = { couplings: 2, hidden: [8] };
const rows = toyDensity('moons').sample(0, STREAMS.toyTest, 0, 9);

describe('a row that is not finite', () => {
  it.each([NaN, Infinity, -Infinity])('of data is refused by row and column, %d', async (value) => {
    using flow = await Flow.create(realnvp(2, small), await testOptions());
    const bad = rows.with(7, value);
    for (const call of [
      () => flow.logProb(bad),
      () => flow.forward(bad),
      () => flow.gradients(bad),
      () => flow.trace(bad),
      () => flow.fit(bad, { steps: 1 }).next(),
    ]) {
      await expect(call(), String(call)).rejects.toThrow(DataError);
      await expect(call()).rejects.toThrow(`row 4, column "x2": found ${value}, expected a finite number`);
    }
    for (const call of [() => flow.inverse(bad), () => flow.trace(bad, { direction: 'inverse' })]) {
      await expect(call()).rejects.toThrow(`row 4, column "z2": found ${value}, expected a finite number`);
    }
  });

  it('of a context is refused by row', async () => {
    using flow = await Flow.create(realnvp(2, { ...small, contextDim: 2 }), await testOptions());
    const context = new Float32Array(18).with(5, NaN);
    await expect(flow.logProb(rows, { context })).rejects.toThrow('row 3, column "c2": context: found NaN');
    await expect(flow.sample(9, { context })).rejects.toThrow('row 3, column "c2": context: found NaN');
    await expect(flow.pass('sample', { rows: 9, context })).rejects.toThrow('context: found NaN');
  });

  it('is called by the name of its column where the flow knows it', async () => {
    using flow = await Flow.create(realnvp(2, small), await testOptions());
    for await (const _ of flow.fit(rows, { steps: 1, batch: 8, columns: ['height', 'weight'] }));
    await expect(flow.logProb(rows.with(2, NaN))).rejects.toThrow('row 2, column "height": found NaN');
  });
});

describe('a result that is not finite', () => {
  it.each<[string, FlowSpec]>([
    ['realnvp', realnvp(2, small)],
    ['vanilla', vanilla(2, small)],
    ['spline', spline(2, small)],
  ])('is an error of the call, or a log-density of -Infinity, whatever weights %s has', async (_, spec) => {
    for (const scale of [3e38, -3e38, 1e20]) {
      using flow = await heavyFlow(spec, scale);
      for (const call of [
        async () => [...(await flow.logProb(rows))].filter((value) => value !== -Infinity),
        async () => valuesOf(await flow.forward(rows)),
        async () => valuesOf(await flow.inverse(rows)),
        async () => valuesOf((await flow.trace(rows)).states),
        async () => [...(await flow.sample(9))],
        async () => valuesOf(await flow.sampleAndLogProb(9)).filter((value) => value !== -Infinity),
        async () => valuesOf((await flow.gradients(rows)).gradients),
      ]) {
        const found = await call().catch((error: unknown) => error);
        const isSound = Array.isArray(found) ? found.every(Number.isFinite) : found instanceof NonFiniteError;
        expect(isSound, `${String(call)} at ${scale}: ${String(found)}`).toBe(true);
      }
    }
  });

  it('names its rows, and has what was computed', async () => {
    using flow = await Flow.create(vanilla(2, small), await testOptions());
    const far = rows.slice();
    far.set([1e30, 1e30], 2);
    far.set([1e30, 1e30], 10);
    const error = await flow.forward(far).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NonFiniteError);
    const { rows: named, count, message, code, result } = error as NonFiniteError<{ z: Float32Array }>;
    expect({ named, count, code }).toEqual({ named: [2, 6], count: 9, code: 'NOT_FINITE' });
    expect(message).toContain('2 of 9 rows have no finite latent or log-det: rows 2, 6.');
    const { z } = await flow.forward(rows);
    expect(result.z.slice(0, 2)).toEqual(z.slice(0, 2));
  });

  it('of many rows names the first ten', () => {
    const named = Array.from({ length: 1234 }, (_, i) => i + 1);
    expect(new NonFiniteError('log-density', named, 2000, undefined).message).toContain(
      '1,234 of 2,000 rows have no finite log-density: rows 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, … (1,234 in all).',
    );
  });

  it('leaves the flow usable', async () => {
    using flow = await Flow.create(vanilla(2, small), await testOptions());
    const right = await flow.forward(rows);
    await expect(flow.forward(rows.map(() => 1e30))).rejects.toThrow(NonFiniteError);
    expect(await flow.forward(rows)).toEqual(right);
  });
});

describe('a row outside a uniform base', () => {
  it('has the log-density -Infinity, and counts as one without density in the gradients', async () => {
    const spec = spline(2, { ...small, base: { type: 'uniform', bound: 3 } });
    using flow = await Flow.create(spec, await testOptions());
    const some = Float32Array.of(0, 0, 5, 0, 1, 1, 0, -9);
    expect([...(await flow.logProb(some))].map(Number.isFinite)).toEqual([true, false, true, false]);
    const { nll, loss, withoutDensity, gradients } = await flow.gradients(some);
    expect({ nll, withoutDensity }).toEqual({ nll: Infinity, withoutDensity: 2 });
    expect(loss).toBeCloseTo(2 * Math.log(6) + (2 + 6) / 4, 4);
    expect(valuesOf(gradients).every(Number.isFinite)).toBe(true);
    const inside = await flow.gradients(Float32Array.of(0, 0, 1, 1));
    expect(inside).toMatchObject({ nll: inside.loss, withoutDensity: 0 });
  });
});

describe('a validation row without density', () => {
  const far = (value: number): Float32Array => Float32Array.of(...rows.slice(0, 6), value, value);
  it.each<[string, FlowSpec, number]>([
    ['outside a uniform base', spline(2, { ...small, base: { type: 'uniform', bound: 3 } }), 9],
    ['so far out that float32 overflows', vanilla(2, small), 1e30],
  ])('%s is counted and named, and the scores of the others go on', async (_, spec, value) => {
    using flow = await Flow.create(spec, { ...(await testOptions()), seed: 1 });
    const validation = { data: far(value), every: 2, patience: 3 };
    const reports = [];
    for await (const report of flow.fit(rows, { steps: 12, batch: 9, validation })) reports.push(report);
    const scores = reports.flatMap(({ validationNll }) => validationNll ?? []);
    expect(reports.at(-1)!.step).toBe(12);
    expect(scores.length).toBeGreaterThan(3);
    expect(scores.every(Number.isFinite)).toBe(true);
    const last = reports.at(-1)!;
    expect(last).toMatchObject({ validationWithoutDensity: 1, worstRow: { row: 3, nll: Infinity } });
    // Counted like the least likely of the others.
    const known = [...(await flow.logProb(far(value)))].filter(Number.isFinite);
    const sum = known.reduce((total, one) => total + one, Math.min(...known));
    expect(last.bestValidationNll).toBeCloseTo(-sum / 4, 4);
    expect(flow.training!.bestValidationNll).toBe(last.bestValidationNll);
  });

  it('leaves no score if no row has a density, and the run ends without NaN', async () => {
    const spec = spline(2, { ...small, base: { type: 'uniform', bound: 3 } });
    using flow = await Flow.create(spec, { ...(await testOptions()), seed: 1 });
    const validation = { data: Float32Array.of(900, 900), every: 2 };
    for await (const report of flow.fit(rows, { steps: 6, batch: 9, validation })) {
      expect(report.validationNll ?? Infinity).toBe(Infinity);
      expect(report.bestValidationNll).toBeUndefined();
    }
    expect([...(await flow.logProb(rows))].some(Number.isFinite)).toBe(true);
  });
});

describe('half precision', () => {
  it('scores rows that pass its range in single precision', async ({ skip }) => {
    if (!(await hasHalfPrecision())) skip();
    const { device, tuning } = await testOptions();
    const spec = realnvp(2, { couplings: 4, hidden: [16] });
    using single = await Flow.create(spec, { device, tuning });
    for await (const _ of single.fit(rows, { steps: 30, batch: 8, learningRate: 0.02 }));
    using half = await Flow.load(await single.save(), { device, tuning, precision: 'f16' });
    const far = Float32Array.from([...rows.slice(0, 2), 3e5, -3e5, ...rows.slice(2, 4), 1e7, 1e7]);
    const [wanted, found] = [await single.logProb(far), await half.logProb(far)];
    expect([...found].every(Number.isFinite)).toBe(true);
    for (const row of [1, 3]) expect(found[row]! / wanted[row]!).toBeCloseTo(1, 2);
    expect(found[0]).toBe((await half.logProb(rows))[0]);
  });
});

/** A flow with weights near float32's limit, as a file may contain. */
async function heavyFlow(spec: FlowSpec, scale: number): Promise<Flow> {
  using fresh = await Flow.create(spec, await testOptions());
  const model = decodeModel(await fresh.save());
  const parameters = model.parameters.slice();
  for (const { trainable, offset, length } of paramLayout(spec).tensors) {
    if (!trainable) continue;
    for (let i = 0; i < length; i += 3) parameters[offset + i] = scale;
  }
  return Flow.load(encodeModel({ ...model, parameters }), await testOptions());
}

function valuesOf(arrays: object): number[] {
  return Object.values(arrays).flatMap((values) => [...(values as Float32Array)]);
}
