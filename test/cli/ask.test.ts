import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normals, uniforms } from '../../src/random.ts';
import { words } from '../support/cliFolder.ts';
import { CommandLine } from './commandLine.ts';
import { expectDone, peopleFolder } from './people.ts';

const ROWS = 300;
const MODEL = 'mixed.model';
let cli: CommandLine;

/** Rows of an amount that the label and the age decide, a date, and twice the amount. */
function mixedRows(): string[][] {
  const u = uniforms(1, 55, 3 * ROWS);
  const z = normals(1, 56, ROWS);
  return Array.from({ length: ROWS }, (_, i) => {
    const city = (u[3 * i] ?? 0) < 0.6 ? 'Rome' : 'Oslo, west';
    const age = 20 + Math.floor(30 * (u[3 * i + 1] ?? 0));
    const price = (city === 'Rome' ? 5 : 8) + age / 20 + 0.3 * (z[i] ?? 0);
    const day = new Date(Date.UTC(2021, 0, 1 + Math.floor(400 * (u[3 * i + 2] ?? 0))));
    return [
      city,
      String(age),
      price.toFixed(2),
      day.toISOString().slice(0, 10),
      (2 * Number(price.toFixed(2))).toFixed(2),
    ];
  });
}

const HEADER = ['city', 'age', 'price', 'day', 'double'];
const rows = mixedRows();

function csv(header: readonly string[], cells: readonly (readonly string[])[]): string {
  const text = (cell: string): string => (cell.includes(',') ? `"${cell}"` : cell);
  return [header, ...cells, []].map((row) => row.map(text).join(',')).join('\n');
}

/** The cells of lines without commas in quotes. */
function cellsOf(text: string): string[][] {
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => line.replaceAll('"Oslo, west"', 'Oslo').split(','));
}

/** The rows with some cells replaced: row, column, text. */
function changed(of: readonly (readonly string[])[], cells: readonly [number, number, string][]): string[][] {
  const copies = of.map((row) => [...row]);
  for (const [row, column, text] of cells) (copies[row] ?? [])[column] = text;
  return copies;
}

const few = rows.slice(0, 12);

beforeAll(async () => {
  cli = await peopleFolder(new CommandLine());
  cli.write('mixed.csv', csv(HEADER, rows));
  await expectDone(
    cli,
    `train mixed.csv --steps 200 --batch 64 --couplings 2 --hidden 16 --tuning fixed --out ${MODEL}`,
  );
});

afterAll(() => cli.remove());

describe('explain', () => {
  it('puts the row with a planted cell first, and says what was expected there', async () => {
    cli.write('odd.csv', csv(HEADER, changed(few, [[7, 2, '30']])));
    const { stdout, stderr } = await expectDone(cli, `explain ${MODEL} odd.csv --tuning fixed`);
    const [header = [], first = [], ...others] = cellsOf(stdout);
    expect(header.join()).toBe(
      'line,log_prob,odd,city_surprise,city_p,age_surprise,age_p,price_surprise,price_p,day_surprise,day_p',
    );
    expect(first[0]).toBe('9');
    expect(others).toHaveLength(11);
    const least = [first, ...others].map((row) =>
      Math.min(...[4, 6, 8, 10].map((place) => Number(row[place]))),
    );
    expect(least).toEqual(least.toSorted((a, b) => a - b));
    expect(stderr).toMatch(/9 +│ \w+ +│/);
    expect(stderr).toMatch(/of 48 cells have p below 1e-3; chance alone gives about 0\.05/);
  });

  it('writes the rows in order, or only the worst, with the same numbers', async () => {
    cli.write('few.csv', csv(HEADER, few));
    const inOrder = cellsOf(
      (await expectDone(cli, `explain ${MODEL} few.csv --in-order --tuning fixed`)).stdout,
    );
    const worst = cellsOf(
      (await expectDone(cli, `explain ${MODEL} few.csv --worst 3 --tuning fixed`)).stdout,
    );
    expect(inOrder.slice(1).map(([line]) => line)).toEqual(few.map((_, row) => String(row + 2)));
    expect(worst).toHaveLength(4);
    for (const row of worst) expect(inOrder).toContainEqual(row);
    const both = await cli.run(`explain ${MODEL} few.csv --worst 3 --in-order`);
    expect(both.code).toBe(2);
    expect(both.stderr).toMatch(/'--in-order' cannot be used with option '--worst <n>'/);
  });

  it('compares rows with the held-out ones as logprob does', async () => {
    const options = 'people.model people.csv --p-value --typical --alarm 0.2 --tuning fixed';
    const scored = await expectDone(cli, `logprob ${options}`);
    const explained = await expectDone(cli, `explain ${options} --in-order`);
    const names = ['p_value', 'typical', 'alarm'];
    const of = ({ stdout }: { stdout: string }): string[][] => {
      const [header = [], ...lines] = cellsOf(stdout);
      return lines.map((line) => names.map((name) => line[header.indexOf(name)] ?? ''));
    };
    expect(of(explained)).toEqual(of(scored));
    expect(of(explained).flat()).toContain('yes');
    const [alarm = ''] = /Alarm below .*/.exec(scored.stderr) ?? [];
    expect(alarm).toMatch(/of 90 rows/);
    expect(explained.stderr).toContain(alarm);
  });

  it('takes a model of plain numbers, and gives programs numbers', async () => {
    const result = await expectDone(cli, 'explain people.model people.csv --worst 2 --json --tuning fixed');
    const events = result.events();
    const found = events.find(({ event }) => event === 'rows');
    const scores = ['height', 'weight', 'age'].flatMap((name) => [`${name}_surprise`, `${name}_p`]);
    expect(found?.['columns']).toEqual(['line', 'log_prob', 'odd', ...scores]);
    const [first = []] = (found?.['rows'] ?? []) as unknown[][];
    expect(first.map((cell) => typeof cell)).toEqual(first.map((_, i) => (i === 2 ? 'string' : 'number')));
    expect(events.at(-1)).toMatchObject({ event: 'done', rows: 2 });
  });
});

describe('predict', () => {
  it('gives the mean and quantiles of numbers, also to a table without the column', async () => {
    const without = few.map(([city = '', age = '', , day = '']) => [city, age, day]);
    cli.write('without.csv', csv(['city', 'age', 'day'], without));
    const run = `predict ${MODEL} without.csv --column price --quantiles 0.1,0.9 --tuning fixed --out p.csv`;
    await expectDone(cli, run);
    const { columns, rows: found } = cli.table('p.csv');
    expect(columns).toEqual(['price_mean', 'price_0.1', 'price_0.9']);
    expect(found).toHaveLength(12);
    for (const [mean = NaN, low = NaN, high = NaN] of found) {
      expect(low).toBeLessThan(mean);
      expect(mean).toBeLessThan(high);
    }
    cli.write(
      'blank.csv',
      csv(
        HEADER,
        changed(
          few,
          few.map((_, row) => [row, 2, '']),
        ),
      ),
    );
    await expectDone(cli, run.replace('without.csv', 'blank.csv').replace('p.csv', 'q.csv'));
    expect(cli.bytes('q.csv')).toEqual(cli.bytes('p.csv'));
  });

  it('gives dates as dates, whole numbers as whole numbers, and labels a probability each', async () => {
    cli.write('few.csv', csv(HEADER, few));
    const answer = async (column: string): Promise<string[][]> =>
      cellsOf((await expectDone(cli, `predict ${MODEL} few.csv --column ${column} --tuning fixed`)).stdout);
    const [, day = []] = await answer('day');
    expect(day.every((cell) => /^202\d-\d\d-\d\d$/.test(cell))).toBe(true);
    const [ageHeader = [], age = []] = await answer('age');
    expect(ageHeader).toEqual(['age_mean', 'age_0.05', 'age_0.5', 'age_0.95']);
    expect(age.slice(1).every((cell) => Number.isInteger(Number(cell)))).toBe(true);
    const [cities = [], ...shares] = await answer('city');
    expect(cities.join()).toMatch(/city_Oslo, west.*city_Rome|city_Rome.*city_Oslo, west/);
    for (const row of shares) expect(Number(row[0]) + Number(row[1])).toBeCloseTo(1, 4);
  });

  it('refuses a column that is not learned, and quantiles of labels', async () => {
    const unknown = await cli.run(`predict ${MODEL} mixed.csv --column double`);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain(
      'error: --column: found double, expected one of the learned columns city, age, price, day.',
    );
    const labels = await cli.run(`predict ${MODEL} mixed.csv --column city --quantiles 0.5`);
    expect(labels.stderr).toContain('city has labels, and gets the probability of each.');
    expect((await cli.run(`predict ${MODEL} mixed.csv --column age --quantiles 0,1`)).code).toBe(2);
  });
});

describe('impute', () => {
  const gaps = changed(few, [
    [1, 0, ''],
    [2, 1, 'NA'],
    [4, 3, ''],
    [4, 0, ''],
    [6, 2, ''],
    [7, 2, ''],
    [7, 4, ''],
  ]);

  it('fills blanks with valid values and leaves all other cells as they are', async () => {
    cli.write('gaps.csv', csv(HEADER, gaps));
    const { stderr } = await expectDone(
      cli,
      `impute ${MODEL} gaps.csv --seed 3 --tuning fixed --out full.csv`,
    );
    expect(stderr).toContain('Filled 7 blanks in 5 rows.');
    const [header = [], ...full] = cellsOf(new TextDecoder().decode(cli.bytes('full.csv')));
    expect(header).toEqual(HEADER);
    full.forEach((row, i) => {
      expect(row[0]).toMatch(/^(Rome|Oslo)$/);
      expect(row[1]).toMatch(/^\d+$/);
      expect(row[3]).toMatch(/^202\d-\d\d-\d\d$/);
      expect(Math.abs(2 * Number(row[2]) - Number(row[4]))).toBeLessThan(0.011);
      row.forEach((cell, j) => {
        const given = (gaps[i]?.[j] ?? '').replace(', west', '');
        expect(given === '' || given === 'NA' ? '' : cell).toBe(given === 'NA' ? '' : given);
      });
    });
    // The column that the blank determines tells it.
    expect(Number(full[6]?.[2])).toBeCloseTo(Number(few[6]?.[2]), 2);
  });

  it('gives each row several times, with other draws and the same for the same seed', async () => {
    cli.write('gaps.csv', csv(HEADER, gaps));
    const run = `impute ${MODEL} gaps.csv --draws 3 --tuning fixed`;
    const { stdout } = await expectDone(cli, run);
    expect((await expectDone(cli, run)).stdout).toBe(stdout);
    const [header = [], ...full] = cellsOf(stdout);
    expect(header).toEqual(['row', 'draw', ...HEADER]);
    expect(full.map(([row, draw]) => `${row}.${draw}`)).toEqual(
      few.flatMap((_, row) => [1, 2, 3].map((draw) => `${row + 1}.${draw}`)),
    );
    expect(new Set(full.slice(21, 24).map((row) => row[4])).size).toBe(3);
  });

  it('fills the blanks of plain numbers', async () => {
    cli.write('people_gaps.csv', 'height,weight,age\n170,,40\n,60,\n171,80,39\n');
    const { stdout } = await expectDone(cli, 'impute people.model people_gaps.csv --tuning fixed');
    const [, ...full] = cellsOf(stdout);
    expect(full[0]?.[0]).toBe('170');
    expect(full[2]).toEqual(['171', '80', '39']);
    expect(full.flat().every((cell) => cell !== '' && Number.isFinite(Number(cell)))).toBe(true);
  });
});

describe('sample --given', () => {
  it('draws rows with these cells, and says how many independent ones they are worth', async () => {
    const { stdout, stderr } = await cli.runWords([
      'sample',
      MODEL,
      ...words('-n 12 --tuning fixed --given'),
      '"city=Oslo, west",age=31',
    ]);
    expect(stderr).toMatch(/The 12 rows are worth about \d+ independent ones\./);
    const [header = [], ...drawn] = cellsOf(stdout);
    expect(header).toEqual(HEADER);
    expect(drawn).toHaveLength(12);
    expect(drawn.every(([city, age]) => city === 'Oslo' && age === '31')).toBe(true);
    expect(new Set(drawn.map((row) => row[2])).size).toBeGreaterThan(6);
  });

  it.each([
    ['town=Rome', /found town, expected columns among city, age, price, day/],
    ['double=3', /found double, which is not learned/],
    ['city=Paris', /found city=Paris, expected one of .*Rome/],
    ['age=old', /found age=old, expected a whole number/],
    ['age=31,age=32', /found age twice/],
    ['Rome', /found Rome, expected values such as city=Rome,age=31/],
  ])('refuses %s', async (given, message) => {
    const { code, stderr } = await cli.run(`sample ${MODEL} -n 5 --given ${given}`);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('refuses a temperature', async () => {
    const { code, stderr } = await cli.run(`sample ${MODEL} -n 5 --given age=31 --temperature 0.5`);
    expect(code).toBe(2);
    expect(stderr).toContain('found --given with --temperature');
  });
});
