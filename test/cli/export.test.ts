import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cellWords } from '../../src/data/cells.ts';
import { decodeModel } from '../../src/io/modelFile.ts';
import { encodeContext } from '../../src/model/context.ts';
import type { ContextColumn } from '../../src/model/context.ts';
import { normalPair, normals, splitRow, splitSeed, uniformOf, uniforms } from '../../src/random.ts';
import { baseDraws } from '../onnx/baseDraws.ts';
import { readOnnx } from '../onnx/readOnnx.ts';
import { runOnnx } from '../onnx/session.ts';
import type { Given } from '../onnx/session.ts';
import { expectClose } from '../support/compare.ts';
import { CommandLine } from './commandLine.ts';
import { expectDone, PEOPLE, peopleFolder } from './people.ts';

/** Allowed error of a value: this times 1 + its size. */
const BOUND = 1e-5;
const ROWS = 300;
/** Points of a row's cells, as `wgflow logprob` draws them. */
const DRAWS = 16;
const FAST = '--steps 60 --batch 64 --tuning fixed';
let cli: CommandLine;

beforeAll(async () => {
  cli = await peopleFolder(new CommandLine());
  cli.write('mixed.csv', mixedTable(ROWS));
  cli.write(
    'new.csv',
    `${mixedTable(20)}\n0.5,2031-02-03,marble,4,1.25,77,,12:30:00,a,0.1,4500001\n0.1,2020-02-03,,-3,,0,3,12:30:05,b,2,4499998.5\n`,
  );
});

afterAll(() => cli.remove());

/** Rows of numbers, dates, labels, integers, blanks and values that repeat, with two columns to condition on. */
function mixedTable(rows: number): string {
  const u = uniforms(1, 77, 10 * rows);
  const z = normals(1, 78, 3 * rows);
  const lines = Array.from({ length: rows }, (_, i) => {
    const draw = (k: number): number => u[10 * i + k] ?? NaN;
    const normal = (k: number): number => z[3 * i + k] ?? NaN;
    const label = ['oak', 'pine', '', 'stone'][Math.floor(4 * draw(1))];
    return [
      normal(0).toFixed(3),
      new Date(Date.UTC(2020, 0, 1 + Math.floor(900 * draw(0)))).toISOString().slice(0, 10),
      label,
      Math.floor(5 * draw(2)) - 2,
      draw(3) < 0.2 ? '' : Math.exp(normal(1)).toFixed(4),
      draw(4) < 0.3 ? '0' : String(Math.floor(4 * draw(5)) + 3),
      draw(6) < 0.2 ? 'NA' : (normal(1) - 2).toFixed(3),
      new Date(1000 * Math.floor(86_400 * draw(7))).toISOString().slice(11, 19),
      draw(8) < 0.5 ? 'a' : 'b',
      (10 * draw(9)).toFixed(2),
      (4_500_000 + 3 * normal(2)).toFixed(2),
    ].join(',');
  });
  return ['height,day,kind,floor,rain,visits,level,time,site,depth,north', ...lines].join('\n');
}

/** Facts of a column in the metadata. */
interface ColumnFacts {
  name: string;
  kind: 'number' | 'integer' | 'category' | 'date' | 'time';
  levels?: string[];
}

/** The number of a cell, as docs/onnx.md says. */
function numberOf({ kind, levels }: ColumnFacts, cell: string): number {
  if (cell === '' || cell === 'NA') return NaN;
  const place = levels?.indexOf(cell);
  if (place !== undefined) return place < 0 ? levels!.length : place;
  if (kind === 'date') return Date.parse(cell) / 86_400_000;
  if (kind !== 'time') return Number(cell);
  return Date.parse(`1970-01-01T${cell}Z`) / 1000;
}

/** The draws of `wgflow logprob`, [rows, DRAWS, dim]. */
function cellDraws(rows: number, dim: number): { uniforms: Given; normals: Given } {
  const key = splitSeed(0);
  const words = Array.from({ length: rows * DRAWS * dim }, (_, i) =>
    cellWords(i % dim, splitRow(Math.floor(i / dim)), key),
  );
  const shape = [rows, DRAWS, dim];
  return {
    uniforms: { shape, values: words.map(([word]) => uniformOf(word)) },
    normals: { shape, values: words.map(([word0, word1]) => normalPair(word0, word1)[0]) },
  };
}

/** The cells of a table by rows, without its header. */
function cellsOf(csv: string): string[][] {
  return csv
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
}

/** The columns, the draws and the context of a table, as the graphs of `mixed.model` take them. */
function mixedInputs(csv: string, facts: ColumnFacts[], context: ContextColumn[], dim: number) {
  const names = csv.slice(0, csv.indexOf('\n')).split(',');
  const cells = cellsOf(csv);
  const of = (row: string[], name: string): string => row[names.indexOf(name)] ?? '';
  const columns = cells.flatMap((row) => facts.map((column) => numberOf(column, of(row, column.name))));
  const given = encodeContext(
    context,
    cells.map((row) => context.map(({ name }) => of(row, name))),
  );
  return {
    columns: { shape: [cells.length, facts.length], values: columns },
    context: { shape: [cells.length, given.length / cells.length], values: given },
    ...cellDraws(cells.length, dim),
  };
}

describe('wgflow export --to onnx', () => {
  const file = (name: string): Uint8Array => readFileSync(join(cli.folder, name));

  it('writes graphs of a table of numbers that score rows as wgflow logprob does', async () => {
    const { stderr } = await expectDone(cli, 'export people.model --to onnx --out people');
    expect(stderr).toContain('Wrote people.forward.onnx, people.inverse.onnx, people.sample.onnx to people');
    const { stdout } = await expectDone(cli, 'logprob people.model people.csv --tuning fixed');
    const x: Given = { shape: [PEOPLE.length, 3], values: PEOPLE.flat() };
    const found = await runOnnx(file('people/people.forward.onnx'), { x });
    expectClose('log_prob', found['log_prob']!, cellsOf(stdout).flat().map(Number), BOUND);
  });

  describe('of a table with columns of every kind', () => {
    let bytes: Uint8Array;
    let facts: ColumnFacts[];
    let context: ContextColumn[];
    let dim: number;

    beforeAll(async () => {
      const types = '--types floor=integer,visits=integer --context site,depth';
      await expectDone(cli, `train mixed.csv ${FAST} ${types} --out mixed.model`);
      await expectDone(cli, 'export mixed.model --to onnx --out mixed');
      bytes = file('mixed/mixed.logprob.onnx');
      const { metadata } = readOnnx(bytes);
      const fact = (key: string): unknown => JSON.parse(metadata.get(key)!);
      facts = fact('wgflow_columns') as ColumnFacts[];
      context = (fact('wgflow_context') as { columns: ContextColumn[] }).columns;
      dim = (fact('wgflow_features') as string[]).length;
    });

    it('says what the columns are', () => {
      expect(facts).toMatchObject([
        { name: 'height', kind: 'number', domain: 'real' },
        { name: 'day', kind: 'date', unit: 'days since 1970-01-01' },
        { name: 'kind', kind: 'category', levels: ['', 'oak', 'pine', 'stone'] },
        { name: 'floor', kind: 'integer', min: -2, max: 2, blanks: false },
        { name: 'rain', kind: 'number', domain: 'positive', repeats: [null] },
        { name: 'visits', kind: 'integer' },
        { name: 'level', kind: 'number', domain: 'real', repeats: [null] },
        { name: 'time', kind: 'time', unit: 'seconds since midnight' },
        { name: 'north', kind: 'number', unit: 'as written' },
      ]);
    });

    it.each(['mixed.csv', 'new.csv'])('scores the cells of %s as wgflow logprob does', async (table) => {
      const { stdout } = await expectDone(cli, `logprob mixed.model ${table} --tuning fixed`);
      const csv = new TextDecoder().decode(file(table));
      const found = await runOnnx(bytes, mixedInputs(csv, facts, context, dim));
      expectClose('log_prob', found['log_prob']!, cellsOf(stdout).flat().map(Number), BOUND);
    });

    it('turns draws into the rows of wgflow sample', async () => {
      const count = 60;
      const where = `--context site=a,depth=2.5 --seed 3 --tuning fixed`;
      const { stdout } = await expectDone(cli, `sample mixed.model -n ${count} ${where}`);
      const { spec } = decodeModel(file('mixed.model'));
      const row = encodeContext(context, [['a', '2.5']]);
      const found = await runOnnx(file('mixed/mixed.sample.onnx'), {
        context: { shape: [count, row.length], values: Array.from({ length: count }, () => [...row]).flat() },
        ...baseDraws(spec, count, 3),
      });
      const expected = cellsOf(stdout).flatMap((cells) =>
        facts.map((column, i) => numberOf(column, cells[i]!)),
      );
      // A blank has no number, and a label its place.
      const known = (values: ArrayLike<number>): number[] =>
        Array.from(values, (value, i) => {
          const { levels } = facts[i % facts.length]!;
          return Number.isNaN(value) ? (levels?.indexOf('') ?? -1e6) : value;
        });
      const [actual, wanted] = [known(found['columns']!), known(expected)];
      // A time is the whole second below a number that float32 holds to hundredths, so it may be the next one.
      const isTime = (i: number): boolean => facts[i % facts.length]!.kind === 'time';
      const isNext = (value: number, i: number): boolean => isTime(i) && Math.abs(value - actual[i]!) === 1;
      expectClose(
        'columns',
        actual.map((value, i) => (isNext(wanted[i]!, i) ? wanted[i]! : value)),
        wanted,
        BOUND,
      );
    });

    it('gives NaN for a row that its columns cannot hold', async () => {
      const csv = new TextDecoder().decode(file('new.csv'));
      const inputs = mixedInputs(csv, facts, context, dim);
      const bad = [
        ['height', NaN],
        ['height', Infinity],
        ['day', 18_000.5],
        ['floor', NaN],
        ['floor', 0.5],
        ['rain', 0],
        ['rain', -1],
      ] as const;
      bad.forEach(([name, value], row) => {
        inputs.columns.values[row * facts.length + facts.findIndex((column) => column.name === name)] = value;
      });
      const { log_prob: found } = await runOnnx(bytes, inputs);
      expect([...found!].map(Number.isNaN)).toEqual(
        bad.map(() => true).concat(Array(found!.length - bad.length).fill(false)),
      );
    });
  });
});
