import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectDone, PEOPLE, peopleFolder, TINY } from './people.ts';
import { CommandLine } from './commandLine.ts';

let cli: CommandLine;

beforeAll(async () => {
  cli = await peopleFolder(new CommandLine());
});

afterAll(() => cli.remove());

/** The events of `wgflow check … --json` by check. */
async function checksOf(args: string): Promise<Map<unknown, Record<string, unknown>[]>> {
  const run = await expectDone(cli, `check ${args} --json --tuning fixed`);
  const found = new Map<unknown, Record<string, unknown>[]>();
  for (const event of run.events()) {
    const key = event['check'] ?? event['event'];
    found.set(key, [...(found.get(key) ?? []), event]);
  }
  return found;
}

describe('wgflow check', () => {
  it('passes a model on the rows that it was trained on, a line for each check', async () => {
    await expectDone(
      cli,
      'train people.csv --preset realnvp --couplings 4 --hidden 16 --batch 64 --steps 300 --val none --tuning fixed --out good.model',
    );
    const { stdout, stderr } = await expectDone(cli, 'check good.model people.csv --strict --tuning fixed');
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^pass {2}round trip: a row comes back .* within \S+ of its column's spread/),
      expect.stringMatching(/^pass {2}log-det: within \S+ nats of a numeric Jacobian in float64, on 8 rows/),
      ...['z1', 'z2', 'z3'].map((name) =>
        expect.stringMatching(new RegExp(`^pass {2}latent ${name}: mean .*, sd .*, skewness .*KS distance`)),
      ),
      expect.stringMatching(/^pass {2}energy distance: \S+ between 45 rows and as many samples/),
      expect.stringMatching(/^pass {2}NLL: mean .*the model file has no validation NLL/),
    ]);
    expect(stderr).toContain('Note: checking all 90 rows.');
  });

  it('warns on rows of another distribution; with --strict it ends with exit code 1', async () => {
    const moved = PEOPLE.map(([height, ...more]) => [height! + 60, ...more].join(','));
    cli.write('moved.csv', ['height,weight,age', ...moved, ''].join('\n'));
    const found = await checksOf('good.model moved.csv');
    expect(found.get('energy distance')).toMatchObject([{ verdict: 'warn' }]);
    expect(found.get('latent')!.some(({ verdict }) => verdict === 'warn')).toBe(true);
    expect(found.get('round trip')).toMatchObject([{ verdict: 'pass', column: expect.any(String) }]);
    expect(found.get('done')).toMatchObject([{ rows: 90, tableRows: 90 }]);
    const strict = await cli.run('check good.model moved.csv --strict --tuning fixed');
    expect(strict.code).toBe(1);
    expect(strict.stderr).toMatch(/error: good\.model on moved\.csv: \d of 7 checks warn\./);
  });

  it.each([
    ['labels, counts and a context', '--context age', 'city,count,height'],
    ['a domain and a bounded base', '--domain positive --base uniform', 'height,weight'],
    ['a mixture', '--base mixture:3 --columns height,weight', 'height,weight,age'],
  ])('checks a model with %s', async (_, options, header) => {
    const cells = (
      height: number,
      weight: number,
      age: number,
      i: number,
    ): Record<string, string | number> => ({
      city: ['Rome', 'Oslo', 'Bern'][i % 3]!,
      count: i % 7,
      height,
      weight,
      age,
    });
    const names = [...new Set([...header.split(','), ...(options.includes('age') ? ['age'] : [])])];
    const rows = PEOPLE.map(([height, weight, age], i) => {
      const row = cells(height!, weight!, age!, i);
      return names.map((name) => row[name]).join(',');
    });
    cli.write('other.csv', [names.join(','), ...rows, ''].join('\n'));
    await expectDone(cli, `train other.csv ${TINY} --preset spline ${options} --out other.model`);
    const found = await checksOf('other.model other.csv');
    expect(found.get('round trip')).toMatchObject([{ verdict: 'pass' }]);
    expect(found.get('log-det')).toMatchObject([{ verdict: 'pass' }]);
    expect(found.get('NLL')).toMatchObject([{ validationNll: expect.any(Number) }]);
  });

  it('takes rows at even distances from a large table, and refuses one row', async () => {
    const lines = Array.from({ length: 200 }, () => PEOPLE.map((row) => row.join(','))).flat();
    cli.write('large.csv', ['height,weight,age', ...lines, ''].join('\n'));
    const { stderr } = await expectDone(cli, 'check people.model large.csv --tuning fixed');
    expect(stderr).toContain('Note: checking 4,500 of 18,000 rows, at even distances.');
    cli.write('one.csv', `height,weight,age\n${PEOPLE[0]!.join(',')}\n`);
    const one = await cli.run('check people.model one.csv');
    expect(one.code).toBe(2);
    expect(one.stderr).toContain('one.csv: found 1 row, expected at least 2. Give more rows.');
  });
});
