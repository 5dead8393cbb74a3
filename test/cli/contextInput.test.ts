import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  contextCells,
  contextRows,
  encodeCells,
  outsideRange,
  rowContext,
} from '../../src/cli/contextInput.ts';
import { contextProfileOf } from '../../src/cli/contextProfile.ts';
import type { ModelFile } from '../../src/cli/modelInput.ts';
import type { ContextColumn } from '../../src/model/context.ts';
import { DataError, ModelFileError, ShapeError } from '../../src/errors.ts';
import { realnvp } from '../../src/presets/index.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wgflow-context-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { signal } = new AbortController();

function file(content: string): string {
  const path = join(folder, 'given.csv');
  writeFileSync(path, content);
  return path;
}

const COLUMNS: ContextColumn[] = [
  { name: 'moon', levels: ['lower', 'upper'] },
  { name: 'age', mean: 30, std: 4 },
];

function modelWith(contextDim: number, context?: ContextColumn[]): ModelFile {
  const training = { steps: 1, seed: 0, library: 'wgflow', ...(context === undefined ? {} : { context }) };
  const model = { spec: realnvp(2, { contextDim }), parameters: new Float32Array(), training };
  return { file: 'm.safetensors', bytes: new Uint8Array(), model };
}

const model = modelWith(3, COLUMNS);

describe('the context columns of a table', () => {
  const profileOf = (...cells: string[][]) =>
    contextProfileOf('t.csv', ['moon', 'age'], { cells, lines: cells.map((_, i) => i + 2) });
  const columnsOf = (...cells: string[][]) => profileOf(...cells).columns();

  it('are labels in order, or numbers with their mean and spread', () => {
    expect(columnsOf(['upper', '26'], ['lower', '34'], ['upper', '26'], ['lower', '34'])).toEqual([
      COLUMNS[0],
      { ...COLUMNS[1], min: 26, max: 34 },
    ]);
  });

  it('may be far from zero beside their spread, as time stamps are', () => {
    const stamps = Array.from({ length: 50 }, (_, i) => [i % 2 === 0 ? 'a' : 'b', String(1.7e12 + 1000 * i)]);
    const columns = columnsOf(...stamps);
    expect(columns[1]).toMatchObject({ mean: 1.7e12 + 24_500, std: expect.closeTo(14_430.87, 1) });
    const context = encodeCells('t.csv', columns, { cells: stamps, lines: [] });
    expect(new Set(context.filter((_, i) => i % 3 === 2)).size).toBe(50);
  });

  it('are of one kind each, and not the same in every row', () => {
    expect(() => columnsOf(['upper', '26'], ['lower', 'old'])).toThrow(
      /t\.csv, row 3, column "age": found "old", expected a number as in the rows before/,
    );
    expect(() => columnsOf(['upper', '26'], ['7', '27'])).toThrow(
      /t\.csv, row 3, column "moon": found "7", expected a label as in the rows before/,
    );
    expect(() => columnsOf(['upper', '26'], ['upper', '27'])).toThrow(
      /found the one label "upper" in every row/,
    );
    expect(() => columnsOf(['upper', '26'], ['lower', '26'])).toThrow(/found no spread in "age"/);
    const many = Array.from({ length: 8194 }, (_, i) => [`level ${i % 4097}`, String(i)]);
    expect(() => columnsOf(...many)).toThrow(/found 4097 levels .* expected at most 4096/);
  });

  it('are refused where numbers would become labels, where blank, and where each row has its own label', () => {
    const ages = (...texts: string[]) =>
      columnsOf(...texts.map((text, i) => [i % 2 === 0 ? 'a' : 'b', text]));
    expect(() => ages('45.3%', '12%')).toThrow(/column "age": found "45.3%", expected a label or a decimal/);
    expect(() => ages('2024-01-01', '2024-01-02')).toThrow(/Write per cents, dates and thousands as plain/);
    expect(() => ages('1,234', '2,345')).toThrow(/found "1,234"/);
    expect(() => ages('26', 'NA')).toThrow(
      /row 3, column "age": found "NA", expected a value to condition on/,
    );
    const names = Array.from({ length: 30 }, (_, i) => `name ${i}`);
    expect(() => ages(...names)).toThrow(/found 30 labels in 30 rows, expected far fewer/);
  });

  it('warn of labels with few rows, and of numbers beyond those learned', () => {
    const cells = Array.from({ length: 20 }, (_, i) => [i === 7 ? 'rare' : 'often', String(20 + i)]);
    const columns = columnsOf(...cells);
    expect(profileOf(...cells).rareLabels(columns)).toEqual([
      'moon: fewer than 3 rows have the label "rare"; samples given it show little of the data.',
    ]);
    expect(outsideRange(columns, [['often', '30']])).toEqual([]);
    expect(outsideRange(columns, [['often', '99']])).toEqual([
      'age: found 99 where the training rows have 20 to 39; the model knows nothing there.',
    ]);
  });
});

it('the cells of a context are the labels and numbers that it encodes', () => {
  const columns: ContextColumn[] = [
    { name: 'age', mean: 41.3, std: 7.7 },
    { name: 'drink', levels: ['ale', '', 'stout'] },
    { name: 'year', mean: 2001.4, std: 0.013 },
  ];
  const cells = [
    ['0', 'stout', '2001.398'],
    ['41.25', '', '2001'],
    ['-3000.5', 'ale', '0'],
  ];
  expect(contextCells(columns, encodeCells('x.csv', columns, { cells, lines: [1, 2, 3] }))).toEqual(cells);
  expect(contextCells(columns, new Float32Array())).toEqual([]);
});

describe('--context of a command that draws rows', () => {
  it('is values in any order, or rows of a file, found by name', async () => {
    const features = Float32Array.of(0, 1, -0.5);
    expect(await contextRows(model, 'age=28,moon=upper', signal)).toEqual({
      cells: [['upper', '28']],
      features,
    });
    const table = file('age,note,moon\n28,x,upper\n30,y,lower\n');
    expect(await contextRows(model, table, signal)).toEqual({
      cells: [
        ['upper', '28'],
        ['lower', '30'],
      ],
      features: Float32Array.of(0, 1, -0.5, 1, 0, 0),
    });
    expect(await contextRows(modelWith(0), undefined, signal)).toBeUndefined();
  });

  it('is refused where it is missing, does not fit, or the model has none', async () => {
    const refusal = (given: string | undefined, of = model) => expect(contextRows(of, given, signal)).rejects;
    await refusal(undefined).toThrow(/--context: found nothing, expected moon=…,age=…, or a table/);
    await refusal('moon=upper').toThrow(
      /--context: found moon=upper, expected one value for each of moon, age/,
    );
    await refusal('moon=upper,28').toThrow(
      /--context: found moon=upper,28, expected moon=…,age=…\. A value with a comma goes in double quotes/,
    );
    await refusal('moon=upper,moon=lower').toThrow(ShapeError);
    await refusal('moon=left,age=3').toThrow(
      /--context, column "moon": found "left", expected one of "lower"/,
    );
    await refusal(file('moon\nupper\n')).toThrow(/given\.csv, column "age": found no such column/);
    await refusal(file('moon,age\nupper,1\n\nleft,2\n')).toThrow(
      /given\.csv, row 4, column "moon": found "left", expected one of "lower", "upper"/,
    );
    await refusal('moon=upper', modelWith(0)).toThrow(/m\.safetensors has no context/);
    await refusal('moon=upper', modelWith(3)).toThrow(ModelFileError);
    await refusal('moon=upper', modelWith(3)).toThrow(/3 features without names/);
  });
});

describe('the context of rows that a command reads', () => {
  const text = {
    cells: [
      ['upper', '28'],
      ['lower', '3x'],
    ],
    lines: [2, 3],
  };

  it('comes from their own columns, or is the same for all', () => {
    const own = rowContext(model, 'd.csv', undefined);
    expect(own.text).toEqual(['moon', 'age']);
    expect(own.of({ cells: text.cells.slice(0, 1), lines: [2] }, 1).features).toEqual(
      Float32Array.of(0, 1, -0.5),
    );
    expect(() => own.of(text, 2)).toThrow(/d\.csv, row 3, column "age": found "3x", expected a number/);
    expect(() => own.of(text, 2)).toThrow(DataError);
    const fixed = rowContext(model, 'd.csv', 'moon=lower,age=30');
    expect(fixed.text).toEqual([]);
    const given = fixed.of({ cells: [], lines: [] }, 2);
    expect(given.features).toEqual(Float32Array.of(1, 0, 0));
    expect(given.cells).toEqual([
      ['lower', '30'],
      ['lower', '30'],
    ]);
    const none = rowContext(modelWith(0), 'd.csv', undefined);
    expect([none.text, none.of({ cells: [], lines: [] }, 2).features]).toEqual([[], undefined]);
  });

  it('is no file of its own', () => {
    expect(() => rowContext(model, 'd.csv', 'other.csv')).toThrow(
      /--context: found other\.csv, expected moon=…,age=…\. Without the option, the context is read from the columns of the data/,
    );
    expect(() => rowContext(modelWith(0), 'd.csv', 'moon=upper')).toThrow(/has no context/);
  });
});
