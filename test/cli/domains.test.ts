import { describe, expect, it } from 'vitest';
import { columnTypes, domainRequests, insideDomains, typesOfColumns } from '../../src/cli/domains.ts';
import type { TableChunk } from '../../src/data/readTable.ts';

const COLUMNS = ['a', 'b', 'c'];

describe('--domain', () => {
  it.each([
    [['unit'], ['unit', 'unit', 'unit']],
    [['positive:b'], [undefined, 'positive', undefined]],
    [['unit:a, c'], ['unit', undefined, 'unit']],
    [
      ['positive', 'unit:c', 'real:a'],
      ['real', 'positive', 'unit'],
    ],
    [
      ['unit:a', 'positive:a'],
      ['positive', undefined, undefined],
    ],
  ])('%j says what the columns hold: %j', (texts, domains) => {
    const requests = texts.reduce<ReturnType<typeof domainRequests> | undefined>(
      (earlier, text) => domainRequests(text, earlier),
      undefined,
    );
    const types = typesOfColumns({ domain: requests ?? [] }, COLUMNS);
    expect(COLUMNS.map((name) => types.get(name))).toEqual(domains);
  });

  it.each(['', 'log', 'unit:', 'unit:a,,b', ':a', 'Unit'])('refuses %j', (text) => {
    expect(() => domainRequests(text)).toThrow(/^Expected real, positive or unit/);
  });

  it('refuses a column that is not there', () => {
    expect(() => typesOfColumns({ domain: domainRequests('unit:d') }, COLUMNS)).toThrow(
      '--domain unit: found the column "d", expected one of a, b, c',
    );
  });

  it('gives way to --types, which names kinds of every sort', () => {
    const types = columnTypes('a=category, b=day_first,c d=ignore');
    expect([...types]).toEqual([
      ['a', 'category'],
      ['b', 'day_first'],
      ['c d', 'ignore'],
    ]);
    const both = typesOfColumns({ domain: domainRequests('unit'), types: columnTypes('b=integer') }, COLUMNS);
    expect([...both.values()]).toEqual(['unit', 'integer', 'unit']);
    expect(() => columnTypes('a=colour')).toThrow(/^Expected name=kind, with a kind from real,/);
    expect(() => typesOfColumns({ types: columnTypes('d=real') }, COLUMNS)).toThrow(
      '--types: found the column "d"',
    );
  });

  it('tells the line of a value outside', async () => {
    const chunk = (values: number[], lines: number[]): TableChunk => ({
      columns: ['a'],
      values: Float64Array.from(values),
      rows: values.length,
      text: { cells: [], lines },
    });
    const chunks = (async function* (): AsyncGenerator<TableChunk> {
      yield chunk([0.5], [2]);
      yield chunk([0.5, 0.25, 2], [38, 40, 42]);
    })();
    const checked = insideDomains(chunks, 'x.csv', () => ['unit']);
    expect((await checked.next()).done).toBe(false);
    await expect(checked.next()).rejects.toThrow(
      'x.csv, row 42, column "a": found 2, expected a number between',
    );
  });
});
