import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { learnableTable, rowsInMemory } from '../../src/cli/learnableTable.ts';
import type { LearningOptions } from '../../src/cli/learnableTable.ts';
import { readingProgress } from '../../src/cli/progress.ts';
import { SHOWN_ROWS, tableStream } from '../../src/cli/tableStream.ts';
import type { ContextRows } from '../../src/data/holdOut.ts';

const ROWS = 5000;
let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wgflow-stream-'));
  file = join(folder, 'large.csv');
  const line = (row: number): string => [row / 7, row % 2 === 0 ? 'a' : 'b', row % 3, row % 5].join(',');
  const lines = Array.from({ length: ROWS }, (_, row) => line(row));
  writeFileSync(file, ['size,kind,count,many', ...lines, ''].join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const said: string[] = [];
const OPTIONS: LearningOptions = {
  weights: 'many',
  modelColumns: undefined,
  modelTable: undefined,
  modelDomains: undefined,
  typesFor: () => new Map(),
  missing: 'model',
  form: { chunkCells: 2000 },
  reading: readingProgress({ say: (text) => said.push(text) }, 'large.csv'),
  signal: new AbortController().signal,
};

describe('a table that is too large for memory', () => {
  it('is counted, and is not kept', async () => {
    const table = await learnableTable(file, ['kind'], OPTIONS);
    const { plan: _, ...unplanned } = table;
    for (const one of [table, unplanned]) {
      const {
        count: all,
        lines,
        ...others
      } = await rowsInMemory(one, { ...OPTIONS, maxValues: 2 * ROWS - 1 });
      expect([all, lines.of(0), lines.of(ROWS - 1), others]).toEqual([ROWS, 2, ROWS + 1, {}]);
    }
    const { count, rows } = await rowsInMemory(table, { ...OPTIONS, maxValues: 2 * ROWS });
    expect([count, rows?.values.length, rows?.widths?.length]).toEqual([ROWS, 2 * ROWS, 2 * ROWS]);
  });

  it('comes in blocks with widths, contexts and weights, the same ones as in memory', async () => {
    const table = await learnableTable(file, ['kind'], OPTIONS);
    const contexts = table.plan?.context.columns() ?? [];
    expect(contexts).toEqual([{ name: 'kind', levels: ['a', 'b'] }]);
    const stream = tableStream(ROWS, table, { ...OPTIONS, contexts });
    const blocks: ContextRows[] = [];
    for await (const block of stream.blocks()) blocks.push(block);
    expect(blocks.length).toBeGreaterThan(5);
    const { rows } = await rowsInMemory(table, OPTIONS);
    expect(blocks.flatMap(({ data }) => [...data])).toEqual([...(rows?.values ?? [])]);
    expect(blocks.flatMap(({ widths }) => [...(widths ?? [])])).toEqual([...(rows?.widths ?? [])]);
    expect(blocks.flatMap(({ weights }) => [...(weights ?? [])])).toEqual(
      Array.from({ length: ROWS }, (_, row) => row % 5),
    );
    expect(blocks.flatMap(({ context }) => [...(context ?? [])])).toEqual(
      Array.from({ length: ROWS }, (_, row) => (row % 2 === 0 ? [1, 0] : [0, 1])).flat(),
    );
    const shown = stream.shown();
    expect([shown.data.length, shown.context?.length]).toEqual([2 * SHOWN_ROWS, 2 * SHOWN_ROWS]);
    expect(shown.data[2]).toBeCloseTo(Math.floor(ROWS / SHOWN_ROWS) / 7, 6);
    expect(said).toEqual([]);
  });
});
