import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { partOf, shardPlace } from '../../src/cli/shards/shard.ts';
import { CommandLine } from './commandLine.ts';
import { expectDone, expectNoTemporaryFiles, PEOPLE, peopleFolder } from './people.ts';

let cli: CommandLine;
const textOf = (name: string): string => Buffer.from(cli.bytes(name)).toString('utf8');

beforeAll(async () => {
  cli = await peopleFolder(new CommandLine());
  // The log-mass of a row with a label averages over points that depend on the row's index.
  const teams = ['red', 'green ""north""', 'blue'];
  const lines = PEOPLE.map(([height], i) => `${height},"${teams[i % 3]}","two\nlines"`);
  cli.write('teams.csv', `height,team,note\n${lines.join('\n')}\n`);
  await expectDone(
    cli,
    'train teams.csv --columns height,team --couplings 2 --hidden 4 --batch 16 --steps 12 --tuning fixed --out teams.model',
  );
  await expectDone(
    cli,
    'train teams.csv --columns height --context team --couplings 1 --hidden 4 --steps 3 --tuning fixed --out by-team.model',
  );
});

afterAll(() => cli.remove());

describe('partOf', () => {
  it.each([
    [10, 3, [0, 3, 6, 10]],
    [2, 4, [0, 0, 1, 1, 2]],
    [10 ** 12, 3, [0, 333_333_333_333, 666_666_666_666, 10 ** 12]],
  ])('%i rows in %i parts', (total, count, edges) => {
    const parts = Array.from({ length: count }, (_, i) => partOf(total, { index: i + 1, count }));
    expect(parts.map(({ first }) => first)).toEqual(edges.slice(0, -1));
    expect(parts.map(({ end }) => end)).toEqual(edges.slice(1));
  });

  it.each(['0/2', '3/2', '1', '1/0', '-1/2', '1.5/2', '1/2/3', ''])('refuses the place %j', (text) => {
    expect(() => shardPlace(text)).toThrow('from 1/n to n/n');
  });
});

describe('--shard and merge', () => {
  it.each([
    'sample teams.model -n 50 --seed 3',
    'logprob teams.model teams.csv --append --p-value',
    'forward teams.model teams.csv',
    'forward people.model people.csv',
    'inverse people.model z.csv',
    'explain teams.model teams.csv --in-order',
    'predict teams.model teams.csv --column team',
    'explain by-team.model teams.csv --in-order --context team=red',
    'sample by-team.model -n 20 --context teams.csv',
  ])('give the bytes of one process: %s', async (command) => {
    if (command.includes('z.csv')) await expectDone(cli, 'forward people.model people.csv --out z.csv');
    await expectDone(cli, `${command} --tuning fixed --out whole.csv`);
    for (const shard of [1, 2, 3]) {
      const { stderr } = await expectDone(
        cli,
        `${command} --tuning fixed --shard ${shard}/3 --out part-${shard}.csv`,
      );
      expect(stderr).toMatch(/Wrote [\d,]+ rows to part/);
    }
    const { stderr } = await expectDone(cli, 'merge part-3.csv part-1.csv part-2.csv --out merged.csv');
    expect(stderr).toMatch(/Wrote [\d,]+ rows to merged\.csv/);
    expect(textOf('merged.csv')).toBe(textOf('whole.csv'));
    expectNoTemporaryFiles(cli);
  });

  it('give empty shards of a table with fewer rows', async () => {
    cli.write('two.csv', 'height,team\n171,red\n180,blue\n');
    const parts = [1, 2, 3, 4].map((shard) => `few-${shard}.csv`);
    for (const [i, part] of parts.entries()) {
      await expectDone(cli, `logprob teams.model two.csv --tuning fixed --shard ${i + 1}/4 --out ${part}`);
    }
    await expectDone(cli, 'logprob teams.model two.csv --tuning fixed --out two-scores.csv');
    await expectDone(cli, `merge ${parts.join(' ')} --out merged.csv`);
    expect(textOf('merged.csv')).toBe(textOf('two-scores.csv'));
  });

  it('train the models of --seeds', async () => {
    const train =
      'train people.csv --batch 16 --steps 3 --couplings 1 --hidden 4 --tuning fixed --seed 5 --seeds 3';
    await expectDone(cli, `${train} --out all.model`);
    for (const shard of ['1/2', '2/2']) await expectDone(cli, `${train} --shard ${shard} --out own.model`);
    for (const model of [1, 2, 3]) {
      expect(cli.bytes(`own-${model}.model`)).toEqual(cli.bytes(`all-${model}.model`));
    }
  });

  it.each([
    ['logprob teams.model teams.csv --shard 1/2', '--shard 1/2 without --out'],
    ['logprob teams.model teams.csv --shard 1/2 --rank --out x.csv', '--shard 1/2 with --rank'],
    ['logprob teams.model teams.csv --shard 1/2 --worst 3 --out x.csv', '--shard 1/2 with --worst'],
    ['explain teams.model teams.csv --shard 1/2 --out x.csv', '--shard without --in-order'],
    ['explain by-team.model teams.csv --in-order --shard 1/2 --out x.csv', 'a context that differs by row'],
    ['sample people.model -n 5 --given height=170 --shard 1/2 --out x.csv', '--given with --shard'],
    ['sample people.model -n 5 --shard 3/2 --out x.csv', 'from 1/n to n/n'],
    ['train people.csv --shard 1/2 --out x.model', '--shard without --seeds'],
  ])('refuse %s', async (command, problem) => {
    const { code, stderr } = await cli.run(command);
    expect(stderr).toContain(problem);
    expect(code).toBe(2);
  });

  describe('merge', () => {
    const score = 'logprob people.model people.csv --tuning fixed';
    beforeAll(async () => {
      for (const shard of [1, 2]) await expectDone(cli, `${score} --shard ${shard}/2 --out s${shard}.csv`);
      await expectDone(cli, `${score} --shard 2/2 --row --out lines.csv`);
      await expectDone(cli, `${score} --shard 1/3 --out third.csv`);
      cli.write('other.csv', textOf('people.csv').replace(/\n.*\n/, '\n170,72,30\n'));
      await expectDone(cli, 'logprob people.model other.csv --tuning fixed --shard 2/2 --out other-2.csv');
      cli.write('cut.csv', textOf('s2.csv').slice(0, 40));
      cli.write('short.csv', textOf('s2.csv').slice(0, -2));
      cli.write('empty.csv', '');
    });

    it.each([
      ['s1.csv', '1 of 2 shards, without 2'],
      ['s1.csv s1.csv s2.csv', 'shard 1 twice, s1.csv and s1.csv'],
      ['s1.csv lines.csv', 'lines.csv, a shard of other work than s1.csv'],
      ['s1.csv third.csv', 'third.csv'],
      ['s1.csv other-2.csv', 'other-2.csv, a shard of other work than s1.csv'],
      ['s1.csv cut.csv', 'cut.csv: found no note of a shard'],
      ['s1.csv short.csv --out m.csv', 'short.csv: found 44 rows, expected 45'],
      ['s1.csv empty.csv', 'empty.csv: found no note of a shard'],
      ['s1.csv people.csv', 'people.csv: found no note of a shard'],
      ['s1.csv missing.csv', 'missing.csv: found no such file'],
      ['s1.csv s2.csv --out s2.csv', 's2.csv for both --out and a shard'],
    ])('refuses %s', async (files, problem) => {
      const { code, stderr } = await cli.run(`merge ${files}`);
      expect(stderr).toContain(problem);
      expect(code).toBe(2);
    });
  });
});
