import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectDone, PEOPLE, peopleFolder, TINY } from './people.ts';
import { CommandLine } from './commandLine.ts';

let cli: CommandLine;

beforeAll(async () => {
  cli = await peopleFolder(new CommandLine());
  const table = (counts: (index: number) => string): string =>
    [
      'height,count,weight',
      ...PEOPLE.map(([height, weight], i) => [height, counts(i), weight].join(',')),
      '',
    ].join('\n');
  cli.write(
    'counted.csv',
    table((i) => String(1 + (i % 3))),
  );
  cli.write(
    'negative.csv',
    table((i) => (i === 4 ? '-2' : '1')),
  );
  cli.write(
    'empty.csv',
    table(() => '0'),
  );
});

afterAll(() => cli.remove());

describe('train --weights', () => {
  it('reads the weights from a column, which it does not learn', async () => {
    const { stdout } = await expectDone(
      cli,
      `train counted.csv ${TINY} --weights count --out counted.model --json`,
    );
    expect(stdout).toContain('"event":"done"');
    const inspected = await expectDone(cli, 'inspect counted.model');
    expect(inspected.stdout).toMatch(/Columns +│ height, weight /);
    await expectDone(cli, `train counted.csv ${TINY} --weights count --val counted.csv --out both.model`);
  });

  it.each([
    ['negative.csv --weights count', 'negative.csv, row 6, column "count": found "-2", expected a weight'],
    ['empty.csv --weights count', 'empty.csv, column "count": found only weights of 0, expected one above 0'],
    ['counted.csv --weights count --columns height,count', '--weights: found count, also in --columns'],
    ['counted.csv --weights count --context count', '--weights: found count, also in --context'],
    ['counted.csv --weights nothing', 'nothing'],
    ['--toy moons --weights count', 'train: found --weights count with --toy, expected one of them'],
  ])('refuses %s', async (options, message) => {
    const { code, stderr } = await cli.run(`train ${options} ${TINY} --out no.model`);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
