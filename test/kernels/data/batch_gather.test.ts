import { describe, expect, it } from 'vitest';
import type { Dispatch } from '../../../src/plan/kernel.ts';
import { batchGather } from '../../../src/kernels/data/batch_gather.ts';
import { weightBounds } from '../../../src/data/weights.ts';
import { shuffledRow, shuffleKeys, splitSeed } from '../../../src/random.ts';
import { chunksOf } from '../../../src/plan/shape.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import type { BufferContents } from '../harness.ts';

const RING = 4;

describe('batch_gather', () => {
  it.each([
    [1, 1, 1],
    [1, 3, 7],
    [63, 2, 100],
    [64, 5, 64],
    [65, 65, 1000],
    [1025, 3, 4096],
    [1025, 2, 10],
  ])(
    'copies the same rows as its twin: %i rows of %i features out of %i',
    async (rows, features, dataRows) => {
      const { gpu, twin } = await runBoth(
        [gather({ rows, features, dataRows })],
        contents({ rows, features, dataRows }),
      );
      expect([...gpu('state')]).toEqual([...twin('state')]);
    },
  );

  it('visits every row of the data exactly once in each epoch, over batches that do not divide it', async () => {
    const dataRows = 100;
    const rows = 3 * dataRows;
    const { gpu } = await runBoth(
      [gather({ rows, features: 1, dataRows })],
      contents({ rows, features: 1, dataRows }),
    );
    const visited = [...gpu('state')];
    for (const { start, count } of chunksOf(rows, dataRows)) {
      const epoch = visited.slice(start, start + count);
      expect([...epoch].sort((a, b) => a - b)).toEqual(Array.from({ length: dataRows }, (_, i) => i));
    }
    expect(visited.slice(0, dataRows)).not.toEqual(visited.slice(dataRows, 2 * dataRows));
  });

  it('goes on where the cursor of the step says, across the end of an epoch', async () => {
    const dataRows = 50;
    const whole = await runBoth(
      [gather({ rows: 150, features: 2, dataRows })],
      contents({ rows: 150, features: 2, dataRows }),
    );
    // Step 6 of a ring of 4 is slot 2; its batch starts at position 30 of epoch 0.
    const cursor = Uint32Array.of(9, 9, 9, 9, 0, 30, 9, 9);
    const part = await runBoth([gather({ rows: 40, features: 2, dataRows, rowStart: 5 })], {
      ...contents({ rows: 40, features: 2, dataRows }),
      step_state: Uint32Array.of(6),
      step_cursor: cursor,
    });
    for (const c of [0, 1]) {
      const part40 = part.gpu('state').slice(c * 40, (c + 1) * 40);
      expect(part40).toEqual(whole.gpu('state').slice(c * 150 + 35, c * 150 + 75));
    }
    expect([...part.gpu('state')]).toEqual([...part.twin('state')]);
  });

  it('agrees with its twin in the last epoch before the count starts anew, and after it', async () => {
    const { gpu, twin } = await runBoth(
      [gather({ rows: 65, features: 1, dataRows: 40, seed: 2 ** 53 - 1 })],
      {
        ...contents({ rows: 65, features: 1, dataRows: 40 }),
        step_cursor: Uint32Array.of(0xffffffff, 17, 0, 0, 0, 0, 0, 0),
      },
    );
    expect([...gpu('state')]).toEqual([...twin('state')]);
  });

  it('fills the batch from a data set in segments as from one in one piece', async () => {
    const dataRows = 100;
    const shape = { rows: 65, features: 3, dataRows };
    const all = data(dataRows, 3);
    const segments = chunksOf(dataRows, 37);
    const pieces: BufferContents = {};
    segments.forEach(
      ({ start, count }, i) => (pieces[`piece${i}`] = all.slice(start * 3, (start + count) * 3)),
    );
    const { gpu, twin } = await runBoth(
      [
        gather(shape),
        ...segments.map(({ start, count }, i) =>
          gather({
            ...shape,
            segmentStart: start,
            segmentRows: count,
            dataset: `piece${i}`,
            state: 'pieced',
          }),
        ),
      ],
      { ...contents(shape), ...pieces, pieced: 65 * 3 },
    );
    expect([...gpu('pieced')]).toEqual([...gpu('state')]);
    expect([...twin('pieced')]).toEqual([...twin('state')]);
  });

  it('leaves the rows of other segments alone', async () => {
    const shape = { rows: 64, features: 1, dataRows: 64 };
    const { gpu, twin } = await runBoth(
      [gather({ ...shape, segmentStart: 10, segmentRows: 20, dataset: 'piece' })],
      {
        ...contents(shape),
        piece: data(64, 1).slice(10, 30),
        state: new Float32Array(64).fill(-1),
      },
    );
    expect([...gpu('state')]).toEqual([...twin('state')]);
    const copied = [...gpu('state')].filter((value) => value !== -1);
    expect(copied.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 10));
  });

  describe('with cells that are intervals', () => {
    const shape = { rows: 257, features: 5, dataRows: 60 };
    // Widths of 0, above 0 and below 0, in each column.
    const widths = Float32Array.from({ length: 300 }, (_, i) => [0, 0.25, -2, 3][(i * 7) % 4] ?? 0);

    it('draws the same points as its twin, anew in each epoch', async () => {
      const { gpu, twin } = await runBoth([gather({ ...shape, widths: 'widths' })], {
        ...contents(shape),
        widths,
      });
      expectClose('state', gpu('state'), twin('state'), 1e-5);
      const plain = await runBoth([gather(shape)], contents(shape));
      const moved = gpu('state').map((value, i) => value - (plain.gpu('state')[i] ?? NaN));
      const rowsOfOne = [...plain.gpu('state').subarray(0, 257)].flatMap((value, r) =>
        Math.floor(value) === 7 ? [r] : [],
      );
      expect(rowsOfOne.length).toBeGreaterThan(3);
      for (let c = 0; c < 5; c++) {
        const width = widths[7 * 5 + c] ?? NaN;
        const moves = rowsOfOne.map((r) => moved[c * 257 + r] ?? NaN);
        const isInside = (move: number): boolean =>
          width === 0 ? move === 0 : width < 0 || (move > 0 && move <= width);
        expect(moves.filter((move) => !isInside(move))).toEqual([]);
        expect(new Set(moves).size).toBe(width === 0 ? 1 : rowsOfOne.length);
      }
    });

    it('draws from the whole interval, and from the normal', async () => {
      const many = { rows: 4096, features: 2, dataRows: 1 };
      const { gpu } = await runBoth([gather({ ...many, widths: 'widths' })], {
        ...contents(many),
        dataset: Float32Array.of(10, 20),
        widths: Float32Array.of(4, -3),
      });
      const uniform = [...gpu('state').subarray(0, 4096)].map((value) => (value - 10) / 4);
      const normal = [...gpu('state').subarray(4096)].map((value) => (value - 20) / 3);
      // Five standard errors of the moments.
      expect(Math.abs(meanOf(uniform) - 0.5)).toBeLessThan((5 * Math.sqrt(1 / 12)) / 64);
      expect(Math.abs(meanOf(normal))).toBeLessThan(5 / 64);
      expect(Math.abs(meanOf(normal.map((z) => z * z)) - 1)).toBeLessThan((5 * Math.SQRT2) / 64);
    });
  });

  it('finds the rows of the largest data set, where positions pass both the end of an epoch and 2^32', async () => {
    const dataRows = 2 ** 32 - 1;
    const [epoch, position, rows] = [3, 2 ** 32 - 20, 65];
    const places = Array.from({ length: rows }, (_, r) =>
      position + r < dataRows
        ? { epoch, position: position + r }
        : { epoch: epoch + 1, position: position + r - dataRows },
    );
    // One-row segments, one for each batch row, at the position of the CPU's shuffle.
    const dispatches = places.map((place) =>
      gather({
        rows,
        features: 1,
        dataRows,
        segmentStart: shuffledRow(place.position, dataRows, shuffleKeys(splitSeed(5), place.epoch)),
        segmentRows: 1,
      }),
    );
    const { gpu, twin } = await runBoth(dispatches, {
      step_state: Uint32Array.of(0),
      step_cursor: Uint32Array.of(epoch, position, 0, 0, 0, 0, 0, 0),
      dataset: Float32Array.of(1),
      state: rows,
    });
    expect([...gpu('state')]).toEqual(places.map(() => 1));
    expect([...twin('state')]).toEqual(places.map(() => 1));
  });

  it.each([1, 2, 63, 100, 1000])('draws the same weighted rows as its twin, out of %i', async (dataRows) => {
    const shape = { rows: 3 * dataRows, features: 2, dataRows };
    const weights = ramp(dataRows).map((value) => Math.abs(value) ** 3 + 1e-3);
    const { gpu, twin } = await runBoth([gather({ ...shape, bounds: 'bounds' })], {
      ...contents(shape),
      bounds: weightBounds(weights),
    });
    expect([...gpu('state')]).toEqual([...twin('state')]);
  });

  it('draws each row as often as its weight says, to one draw an epoch, and on average exactly', async () => {
    const dataRows = 50;
    const epochs = 400;
    const shape = { rows: epochs * dataRows, features: 1, dataRows };
    const weights = Float32Array.from({ length: dataRows }, (_, i) => 0.1 + (i % 7) ** 2);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const { gpu } = await runBoth([gather({ ...shape, bounds: 'bounds' })], {
      ...contents(shape),
      bounds: weightBounds(weights),
    });
    const drawn = [...gpu('state')];
    const counts = new Float64Array(dataRows);
    for (let epoch = 0; epoch < epochs; epoch++) {
      const own = new Float64Array(dataRows);
      for (const row of drawn.slice(epoch * dataRows, (epoch + 1) * dataRows)) own[row]! += 1;
      own.forEach((count, row) => {
        expect(Math.abs(count - (dataRows * weights[row]!) / total)).toBeLessThan(1);
        counts[row]! += count;
      });
    }
    // A count of an epoch is one of two neighbours, so its standard deviation is at most a half.
    counts.forEach((count, row) => {
      const mean = (dataRows * weights[row]!) / total;
      expect(Math.abs(count / epochs - mean)).toBeLessThan(5 * 0.5 * epochs ** -0.5);
    });
  });

  it('draws equal weights as the plain shuffle does', async () => {
    const shape = { rows: 300, features: 1, dataRows: 100 };
    const bounds = weightBounds(new Float32Array(100).fill(1));
    const [plain, weighted] = await Promise.all(
      [{}, { bounds: 'bounds' }].map((more) =>
        runBoth([gather({ ...shape, ...more })], { ...contents(shape), bounds }),
      ),
    );
    expect(weighted!.gpu('state')).toEqual(plain!.gpu('state'));
  });
});

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

interface Shape {
  rows: number;
  features: number;
  dataRows: number;
}

function gather(shape: Shape & Partial<Parameters<typeof batchGather>[0]>): Dispatch {
  return batchGather({
    rowStart: 0,
    segmentStart: 0,
    segmentRows: shape.dataRows,
    seed: 5,
    ringSize: RING,
    stepState: 'step_state',
    stepCursor: 'step_cursor',
    dataset: 'dataset',
    state: 'state',
    ...shape,
  });
}

function contents({ rows, features, dataRows }: Shape): BufferContents {
  return {
    step_state: Uint32Array.of(0),
    step_cursor: new Uint32Array(2 * RING),
    dataset: data(dataRows, features),
    state: rows * features,
  };
}

/** Row i holds i, i + 1/128, i + 2/128, …, so that a value identifies its row and column. */
function data(rows: number, features: number): Float32Array {
  return Float32Array.from(
    { length: rows * features },
    (_, i) => Math.floor(i / features) + (i % features) / 128,
  );
}
