/** Rows as arrays of numbers, wherever rows are taken. */
import { describe, expect, it } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { ShapeError } from '../../src/errors.ts';
import { Ensemble } from '../../src/flow/ensemble.ts';
import { Flow } from '../../src/flow/flow.ts';
import { realnvp } from '../../src/presets/index.ts';
import { STREAMS } from '../../src/random.ts';
import { testOptions } from '../support/device.ts';

const OPTIONS = await testOptions();
const small = { couplings: 2, hidden: [8] };
const flat = Float64Array.from(toyDensity('moons').sample(0, STREAMS.toyTest, 0, 64));
const rows = rowsOf(flat, 2);
const contexts = Float32Array.from({ length: 64 }, (_, i) => i / 64);
const given = rowsOf(contexts, 1);

function rowsOf(values: ArrayLike<number>, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, row) =>
    Array.from({ length: width }, (_, column) => values[row * width + column]!),
  );
}

async function parametersAfter(flow: Flow, data: Float64Array | number[][], more: object): Promise<object> {
  for await (const _ of flow.fit(data, { steps: 3, batch: 16, ...more }));
  return flow.parameters();
}

describe('rows of numbers', () => {
  it('give what flat arrays give', async () => {
    using flow = await Flow.create(realnvp(2, { ...small, contextDim: 1 }), { ...OPTIONS, data: rows });
    using same = await Flow.create(realnvp(2, { ...small, contextDim: 1 }), { ...OPTIONS, data: flat });
    expect(await flow.parameters()).toEqual(await same.parameters());
    const z = Float32Array.from(flat);
    const options = { context: contexts };
    for (const [found, wanted] of [
      [flow.logProb(rows, { context: given }), flow.logProb(flat, options)],
      [flow.forward(rows, { context: given }), flow.forward(flat, options)],
      [flow.inverse(rowsOf(z, 2), { context: given }), flow.inverse(z, options)],
      [flow.trace(rows, { context: given }), flow.trace(flat, options)],
      [flow.gradients(rows, { context: given }), flow.gradients(flat, options)],
      [flow.logProbGradient(rows, { context: given }), flow.logProbGradient(flat, options)],
      [flow.sample(64, { context: given }), flow.sample(64, options)],
      [flow.logProb(rows, { context: [[0.5]] }), flow.logProb(flat, { context: Float32Array.of(0.5) })],
      [
        flow.logProb(rows, { context: given, widths: rows.map(() => [0, 1]) }),
        flow.logProb(flat, { ...options, widths: z.map((_, i) => i % 2) }),
      ],
      [new Ensemble([flow]).sample(64, { context: given }), new Ensemble([flow]).sample(64, options)],
      [
        flow.logProb([], { context: [] }),
        flow.logProb(new Float32Array(0), { context: new Float32Array(0) }),
      ],
    ] as const) {
      expect(await found).toEqual(await wanted);
    }
    using pass = await flow.pass('logProb', { rows: 64, context: given });
    expect(() => pass.setContext(given)).not.toThrow();
  });

  it('train a flow as flat arrays do, with contexts, widths and validation', async () => {
    const spec = realnvp(2, { ...small, contextDim: 1 });
    using flow = await Flow.create(spec, OPTIONS);
    using same = await Flow.create(spec, OPTIONS);
    const widths = flat.map((_, i) => i % 2);
    expect(
      await parametersAfter(flow, rows, {
        context: given,
        widths: rowsOf(widths, 2),
        validation: { data: rows, context: given, every: 1 },
      }),
    ).toEqual(
      await parametersAfter(same, flat, {
        context: contexts,
        widths: Float32Array.from(widths),
        validation: { data: flat, context: contexts, every: 1 },
      }),
    );
  });

  it('are taken when the call is made', async () => {
    using flow = await Flow.create(realnvp(2, small), OPTIONS);
    const own = rowsOf(flat, 2);
    const expected = await flow.logProb(own);
    const call = flow.logProb(own);
    own[0]![0] = 9;
    own.length = 1;
    expect(await call).toEqual(expected);
  });

  it.each<[string, unknown[], string]>([
    ['ragged', [[1, 2], [3]], 'x, row 2: found 1 values, expected an array of 2 numbers'],
    ['too wide', [[1, 2, 3]], 'x, row 1: found 3 values, expected an array of 2 numbers'],
    ['flat', [1, 2], 'x, row 1: found a number, expected an array of 2 numbers'],
    [
      'of text',
      [
        [1, 2],
        [3, '4'],
      ],
      'x, row 2: found a string in column 2, expected an array of 2 numbers',
    ],
    [
      'with holes',
      [[1, 2], Object.assign([], { 1: 4 })],
      'x, row 2: found undefined in column 1, expected an array of 2 numbers',
    ],
    [
      'of typed arrays',
      [Float32Array.of(1, 2)],
      'x, row 1: found a Float32Array, expected an array of 2 numbers',
    ],
    ['missing', [[1, 2], null], 'x, row 2: found null, expected an array of 2 numbers'],
  ])('are refused by row if they are %s', async (_, bad, message) => {
    using flow = await Flow.create(realnvp(2, small), OPTIONS);
    for (const call of [() => flow.logProb(bad as number[][]), () => flow.gradients(bad as number[][])]) {
      await expect(call()).rejects.toThrow(message);
      await expect(call()).rejects.toThrow(ShapeError);
    }
    await expect(flow.fit(bad as number[][]).next()).rejects.toThrow(message.replace(/^x/, 'data'));
  });

  it('are checked like others: NaN by row and column, a context where there is none', async () => {
    using flow = await Flow.create(realnvp(2, small), OPTIONS);
    await expect(
      flow.logProb([
        [1, 2],
        [3, NaN],
      ]),
    ).rejects.toThrow('row 2, column "x2": found NaN');
    await expect(flow.logProb([[1, 2]], { context: [[1]] })).rejects.toThrow('This flow has no context');
  });
});
