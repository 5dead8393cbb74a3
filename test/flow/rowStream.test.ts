/** Training on rows that come block by block. */
import { describe, expect, it } from 'vitest';
import type { ContextRows } from '../../src/data/holdOut.ts';
import type { RowStream } from '../../src/data/rowStream.ts';
import { Flow } from '../../src/flow/flow.ts';
import { realnvp } from '../../src/presets/index.ts';
import { normals } from '../../src/random.ts';
import type { FitOptions, TrainingData } from '../../src/training/options.ts';
import { testOptions } from '../support/device.ts';

const ROWS = 500;
const OPTIONS = { batch: 32, steps: 30, validation: { fraction: 0.2, every: 10 } } as const;
const CONDITIONAL = { couplings: 2, hidden: [8], contextDim: 1 };

describe('a stream of rows', () => {
  it('trains to the same bits whatever its blocks are', async () => {
    const table = { data: points() };
    const { checkpoint } = await trained(streamOf(table, [ROWS]));
    expect((await trained(streamOf(table, [1, 7, 100]))).checkpoint).toEqual(checkpoint);
  });

  it('holds out the rows that a table in memory holds out, and learns the same', async () => {
    const [streamed, held] = [await trained(streamOf({ data: points() })), await trained(points())];
    // The Gaussian of the other rows; they are summed in another order.
    expect(streamed.gaussianNll).toBeCloseTo(held.gaussianNll, 10);
    expect(Math.abs(streamed.nll - held.nll)).toBeLessThan(0.1);
  });

  it.each<[string, () => ContextRows, number]>([
    ['plain rows', () => ({ data: points() }), 0],
    ['rows with weights', () => ({ data: points(), weights: column((row) => row % 4) }), 0],
    ['rows with contexts', () => ({ data: points(), context: column((row) => (row % 2) - 0.5) }), 1],
    ['rows of cells', () => ({ data: points().map(Math.floor), widths: cells() }), 0],
    ['rows far from zero', () => ({ data: points().map((value) => value + 1e9) }), 0],
  ])('resumes bit for bit: %s', async (_, tableOf, contextDim) => {
    const stream = streamOf(tableOf());
    const whole = await trained(stream, OPTIONS, { contextDim });
    const half = await trained(stream, { ...OPTIONS, until: 20 }, { contextDim });
    const resumed = await trained(stream, { ...OPTIONS, resume: true }, { from: half.checkpoint });
    expect(resumed.checkpoint).toEqual(whole.checkpoint);
    expect(Number.isFinite(whole.nll)).toBe(true);
  });

  it('draws no row of weight 0', async () => {
    const weights = column((row) => (row < 250 ? 1 : 0));
    const data = points().map((value, i) => (i < 500 ? value : value + 1000));
    const { nll } = await trained(streamOf({ data, weights }));
    expect(nll).toBeLessThan(10);
  });

  it.each(['table', 'stream'])(
    'names the worst row by its place among all rows, also of a %s',
    async (form) => {
      const data = points();
      data.set([1e4, -1e4], 2 * 321);
      const weights = column((row) => (row % 3 === 1 ? 0 : 1 + (row % 2)));
      const options = { ...OPTIONS, validation: { fraction: 0.9 }, steps: 1, batch: 4 };
      using flow = await Flow.create(realnvp(2, { couplings: 2, hidden: [8] }), {
        ...(await testOptions()),
        seed: 1,
      });
      const run =
        form === 'table'
          ? flow.fit(data, { ...options, weights })
          : flow.fit(streamOf({ data, weights }), options);
      for await (const { worstRow } of run) expect(worstRow).toMatchObject({ row: 321 });
    },
  );

  it('refuses to resume with other rows', async () => {
    const { checkpoint } = await trained(streamOf({ data: points() }), { ...OPTIONS, until: 10 });
    const others = streamOf({ data: points(9) });
    await expect(trained(others, { ...OPTIONS, resume: true }, { from: checkpoint })).rejects.toThrow(
      'found other rows than those the earlier run learned from',
    );
  });
});

describe('a stream that does not fit', () => {
  const bad = points();
  bad[401] = NaN;
  it.each<[string, TrainingData, FitOptions, string]>([
    [
      'too few rows',
      { ...streamOf({ data: points() }), rows: 501 },
      {},
      'found 500 rows in the blocks, expected the 501',
    ],
    [
      'too many rows',
      { ...streamOf({ data: points() }), rows: 499 },
      {},
      'found more than 499 rows in the blocks, expected the 499',
    ],
    [
      'a value that is not finite',
      streamOf({ data: bad }),
      {},
      'row 201, column "x2": found NaN, expected a finite number',
    ],
    [
      'weights next to it',
      streamOf({ data: points() }),
      { weights: column(() => 1) },
      'fit option weights: found 500 values next to a stream of rows, expected none',
    ],
    [
      'blocks with other parts',
      {
        rows: ROWS,
        blocks: () => [
          { data: points().subarray(2) },
          { data: points().subarray(0, 2), weights: Float32Array.of(1) },
        ],
      },
      {},
      'a block of rows: found data, weights, expected data, as in the first block',
    ],
    [
      'a negative weight',
      streamOf({ data: points(), weights: column((row) => 200 - row) }),
      {},
      'row 202: weights of a block: found -1, expected a finite weight ≥ 0',
    ],
    [
      'a row that is not whole',
      { rows: ROWS, blocks: () => [{ data: points().subarray(1) }] },
      {},
      'data of a block: found 999 values, expected a positive multiple of dim = 2',
    ],
    [
      'no number of rows',
      { blocks: () => [] } as unknown as TrainingData,
      {},
      'fit option data.rows: found undefined, expected an integer ≥ 2',
    ],
  ])('is refused: %s', async (_, stream, options, message) => {
    await expect(trained(stream, { ...OPTIONS, ...options })).rejects.toThrow(message);
  });
});

/** Rows of two columns, the second one curved. */
function points(seed = 3): Float64Array {
  const z = normals(seed, 0, 2 * ROWS);
  return z.map((value, i) => (i % 2 === 0 ? value : 0.3 * value + (z[i - 1] ?? 0) ** 2));
}

function column(of: (row: number) => number): Float32Array {
  return Float32Array.from({ length: ROWS }, (_, row) => of(row));
}

/** Whole numbers of the first column are intervals. */
function cells(): Float32Array {
  return Float32Array.from({ length: 2 * ROWS }, (_, i) => 1 - (i % 2));
}

/** The table in blocks of these numbers of rows, in turn. */
function streamOf({ data, ...more }: ContextRows, sizes: readonly number[] = [64]): RowStream {
  function* blocks(): Generator<ContextRows> {
    for (let first = 0, turn = 0; first < ROWS; turn++) {
      const end = Math.min(ROWS, first + (sizes[turn % sizes.length] ?? ROWS));
      const parts = Object.entries(more).map(([name, values]) => {
        const width = values.length / ROWS;
        return [name, values.slice(first * width, end * width)];
      });
      yield { data: data.slice(2 * first, 2 * end), ...Object.fromEntries(parts) };
      first = end;
    }
  }
  return { rows: ROWS, blocks };
}

async function trained(
  data: TrainingData,
  options: FitOptions = OPTIONS,
  { from, contextDim = 0 }: { from?: Uint8Array; contextDim?: number } = {},
): Promise<{ checkpoint: Uint8Array; nll: number; gaussianNll: number }> {
  const opening = await testOptions();
  const spec = realnvp(2, { ...CONDITIONAL, contextDim });
  using flow =
    from === undefined ? await Flow.create(spec, { ...opening, seed: 1 }) : await Flow.load(from, opening);
  let nll = NaN;
  for await (const report of flow.fit(data, options)) nll = report.nll;
  const gaussianNll = flow.training?.validation?.gaussianNll ?? NaN;
  return { checkpoint: await flow.save({ checkpoint: true }), nll, gaussianNll };
}
