import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EvenSample } from '../../src/data/evenSample.ts';
import { evenPlaces, inOrder } from '../../src/data/evenPlaces.ts';
import { holdOut } from '../../src/data/holdOut.ts';
import type { ContextRows } from '../../src/data/holdOut.ts';
import { surveyRows, trainingBlocks } from '../../src/data/rowStream.ts';
import type { RowStream, Survey } from '../../src/data/rowStream.ts';
import { weightedRows } from '../../src/data/weights.ts';

const DIM = 2;

/** Rows of a feature that is a level, or constant but for few rows, and of their number. */
const tables = fc
  .array(fc.record({ level: fc.nat(3), weight: fc.nat(2), given: fc.nat(1) }), {
    minLength: 5,
    maxLength: 60,
  })
  .map((rows) => ({
    data: Float64Array.from(rows.flatMap(({ level }, row) => [level / 4, row])),
    widths: Float32Array.from(rows.flatMap(() => [0.25, 0])),
    context: Float32Array.from(rows, ({ given }) => given),
    weights: Float32Array.from(rows, ({ weight }) => weight),
  }));

describe('a survey of a stream', () => {
  it('splits the rows as a table in memory is split', async () => {
    await fc.assert(
      fc.asyncProperty(tables, fc.nat(100), fc.integer({ min: 1, max: 20 }), async (table, seed, size) => {
        const { weights: _, ...plain } = table;
        const rows = numbersOf(plain).length;
        const held = Math.floor(0.4 * rows);
        const split = holdOut(plain, { rows, held, seed });
        const stream = streamOf(plain, size);
        const found = await surveyRows(stream, DIM, { held, seed, sampleRows: 1e6, check: () => {} });
        expect(numbersOf(found.held)).toEqual([...(split.heldPlaces ?? [])].sort((a, b) => a - b));
        expect([...found.heldPlaces]).toEqual(numbersOf(found.held));
        const training = await collected(trainingBlocks(stream, DIM, found.heldPlaces));
        expect(numbersOf(...training).sort((a, b) => a - b)).toEqual(
          numbersOf(split.training).sort((a, b) => a - b),
        );
        expect(numbersOf(...training)).toEqual(numbersOf(...training).sort((a, b) => a - b));
        expect(found.rows).toBe(numbersOf(...training).length);
        // A sample as large as the table is all of it.
        expect(numbersOf(found.sample).sort((a, b) => a - b)).toEqual(numbersOf(...training));
      }),
    );
  });

  it('leaves out rows of weight 0, and drops weights that are equal', async () => {
    await fc.assert(
      fc.asyncProperty(tables, fc.nat(100), async (table, seed) => {
        const rows = table.weights.length;
        const options = { held: 2, seed, sampleRows: 1e6, check: () => {} };
        const found = await surveyRows(streamOf(table, 7), DIM, options);
        const kept = weightedRows(table, rows);
        const training = await collected(trainingBlocks(streamOf(table, 7), DIM, found.heldPlaces));
        const learned = numbersOf(...training);
        expect([...learned, ...numbersOf(found.held)].sort((a, b) => a - b)).toEqual(numbersOf(kept));
        expect(found.rows).toBe(learned.length);
        const weights = kept.weights && learned.map((row) => table.weights[row]);
        expect(found.weights && [...found.weights]).toEqual(weights);
        expect(found.sample?.weights?.length).toBe(weights && learned.length);
      }),
    );
  });

  it('does not depend on the blocks, and its fingerprint changes with any value', async () => {
    const table = fc.sample(tables, { numRuns: 1, seed: 5 })[0]!;
    const survey = async (of: ContextRows, size: number): Promise<Survey> =>
      surveyRows(streamOf(of, size), DIM, { held: 2, seed: 1, sampleRows: 4, check: () => {} });
    expect(await survey(table, 3)).toEqual(await survey(table, 100));
    const prints = new Set([(await survey(table, 3)).fingerprint]);
    for (const part of ['data', 'context', 'widths', 'weights'] as const) {
      const other = { ...table, [part]: table[part].slice() };
      other[part][1] = 0.125;
      prints.add((await survey(other, 3)).fingerprint);
    }
    expect(prints.size).toBe(5);
  });

  it('samples rows at even distances, and a row of each level and each other value of a column', async () => {
    const rows = 1000;
    const data = Float64Array.from({ length: 2 * rows }, (_, i) =>
      i % 2 === 0 ? [700, 701].indexOf(i / 2) + 1 : Math.floor(i / 2),
    );
    const table = { data: data.map((value, i) => (i % 2 === 0 ? value / 4 : value)) };
    const plain = await surveyRows(streamOf(table, 64), DIM, {
      held: 0,
      seed: 0,
      sampleRows: 10,
      check: () => {},
    });
    const even = Array.from({ length: 10 }, (_, i) => 100 * i);
    expect(numbersOf(plain.sample).sort((a, b) => a - b)).toEqual(
      [0, 1, ...even.slice(1), 700].filter(unique).sort((a, b) => a - b),
    );
    const widths = Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? 0.25 : 0));
    const levels = await surveyRows(streamOf({ ...table, widths }, 64), DIM, {
      held: 0,
      seed: 0,
      sampleRows: 10,
      check: () => {},
    });
    expect(numbersOf(levels.sample)).toContain(701);
    expect(levels.ranges).toEqual({
      min: Float64Array.of(0, 0),
      max: Float64Array.of(0.75, 999),
      isDouble: true,
    });
  });

  it('takes memory for the sample and the held-out rows only', async () => {
    const rows = 3_000_000;
    const block = new Float64Array(2 * 10_000);
    function* blocks(): Generator<ContextRows> {
      for (let first = 0; first < rows; first += 10_000) {
        for (let i = 0; i < block.length; i++) block[i] = first + i;
        most = Math.max(most, process.memoryUsage().arrayBuffers);
        yield { data: block };
      }
    }
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    const options = { held: 10_000, seed: 1, sampleRows: 100_000, check: () => {} };
    const found = await surveyRows({ rows, blocks }, DIM, options);
    expect(found.rows).toBe(rows - 10_000);
    // The rows take 48 MB, the sample 1.6 MB. A block's garbage may wait for the collector.
    expect(most - before).toBeLessThan(24e6);
  });
});

describe('rows at even distances', () => {
  it('are all of few rows, else as many as asked for', () => {
    expect([...evenPlaces(3, 10)]).toEqual([0, 1, 2]);
    expect([...evenPlaces(10, 4)]).toEqual([0, 2, 5, 7]);
    const isEven = inOrder(evenPlaces(10, 4));
    expect(Array.from({ length: 10 }, (_, place) => place).filter(isEven)).toEqual([0, 2, 5, 7]);
  });

  it('are kept of a sequence of unknown length', () => {
    const sample = new EvenSample<number>(8);
    for (let i = 0; i < 7; i++) sample.add(i);
    expect(sample.items).toEqual([0, 1, 2, 3, 4, 5, 6]);
    for (let i = 7; i < 100; i++) sample.add(i);
    expect(sample.items).toEqual([0, 16, 32, 48, 64, 80, 96]);
  });
});

const unique = <Of>(item: Of, place: number, all: readonly Of[]): boolean => all.indexOf(item) === place;

/** The second column: the number of each row. */
function numbersOf(...parts: (ContextRows | undefined)[]): number[] {
  return parts.flatMap((part) => [...(part?.data ?? [])].filter((_, i) => i % 2 === 1));
}

function streamOf({ data, ...more }: ContextRows, size: number): RowStream {
  const rows = data.length / DIM;
  function* blocks(): Generator<ContextRows> {
    for (let first = 0; first < rows; first += size) {
      const parts = Object.entries(more).map(([name, values]) => {
        const width = values.length / rows;
        return [name, values.slice(first * width, (first + size) * width)];
      });
      yield { data: data.slice(DIM * first, DIM * (first + size)), ...Object.fromEntries(parts) };
    }
  }
  return { rows, blocks };
}

async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
