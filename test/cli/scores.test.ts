/** What `wgflow logprob` writes next to log_prob, on request. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pValueOf, thresholdOf, typicality } from '../../src/data/heldOut.ts';
import { decodeModel } from '../../src/io/modelFile.ts';
import { parseTable } from '../support/cliFolder.ts';
import { CommandLine } from './commandLine.ts';
import { expectDone, PEOPLE, peopleFolder, TINY } from './people.ts';

/** Columns of people with a name each, an index of pandas, a comment and rows that repeat. */
const NAMED = [
  '# of a survey',
  ',name,height,weight,age',
  ...[0, 1, 2, 0, 4].map(
    (of, i) => `${i + 7},"${['Ann', 'Bo, jr', '', 'Cy', 'Di'][i]}",${PEOPLE[of]!.join()}`,
  ),
  '',
].join('\n');

let cli: CommandLine;
let scores: number[];

beforeAll(async () => {
  cli = await peopleFolder(new CommandLine());
  cli.write('named.csv', NAMED);
  scores = parseTable((await scored('people.csv')).stdout).rows.flat();
});

afterAll(() => cli.remove());

const scored = (args: string) => expectDone(cli, `logprob people.model ${args} --tuning fixed`);
const heldOut = () => decodeModel(cli.bytes('people.model')).training!.heldOut!;

describe('logprob', () => {
  it('ranks rows over the whole table, equals alike', async () => {
    const { columns, rows } = parseTable((await scored('people.csv --rank')).stdout);
    expect(columns).toEqual(['log_prob', 'rank']);
    expect(rows.map(([logProb]) => logProb)).toEqual(scores);
    expect(rows.map(([, rank]) => rank)).toEqual(
      scores.map((value) => 1 + scores.filter((other) => other < value).length),
    );
    const { rows: named } = parseTable((await scored('named.csv --rank')).stdout);
    expect(named[0]).toEqual(named[3]);
  });

  it("writes the row's number in the file, a column, or all columns as their texts", async () => {
    const lines = async (options: string) => (await scored(`named.csv ${options}`)).stdout.split('\n');
    const [first] = scores;
    expect((await lines('--row')).slice(0, 2)).toEqual(['row,log_prob', `3,${first}`]);
    expect(
      (await lines('--id name --rank')).slice(0, 3).map((line) => line.replace(/,[^,]+,\d$/, '')),
    ).toEqual(['name,log_prob,rank', 'Ann', '"Bo, jr"']);
    const all = await lines('--append');
    expect(all[0]).toBe('Unnamed: 0,name,height,weight,age,log_prob');
    expect(all[4]).toBe(`10,Cy,${PEOPLE[0]!.join()},${first}`);
    expect(all[3]).toMatch(/^9,,/);
    expect((await lines('--append --row --id age'))[0]).toBe(
      'row,age,Unnamed: 0,name,height,weight,log_prob',
    );
    // Ranks are known after the last row, so the table is read twice.
    expect((await lines('--append --rank')).map((line) => line.replace(/,[^,]*$/, ''))).toEqual(all);
  });

  it('numbers the columns of a table without a header', async () => {
    const { stdout } = await scored('no_header.csv --append --rank');
    const { columns, rows } = parseTable(stdout);
    expect(columns).toEqual(['x1', 'x2', 'x3', 'log_prob', 'rank']);
    expect(rows.map((row) => row.slice(0, 3))).toEqual(PEOPLE);
  });

  it('writes only the least likely rows, ascending, with the ranks that they have among all', async () => {
    const { rows } = parseTable((await scored('people.csv --worst 5 --rank --row')).stdout);
    const order = scores.map((_, row) => row).sort((a, b) => scores[a]! - scores[b]!);
    expect(rows).toEqual(order.slice(0, 5).map((row, i) => [row + 2, scores[row], i + 1]));
    const ties = await scored('named.csv --worst 100 --id name --rank');
    const kept = ties.stdout.trimEnd().split('\n').slice(1);
    expect(kept).toHaveLength(5);
    const ranks = kept.map((line) => Number(line.split(',').at(-1)));
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    expect(new Set(ranks).size).toBe(4);
  });

  it('compares rows with the held-out ones', async () => {
    const { stdout, stderr } = await scored('people.csv --p-value --typical --alarm 0.2');
    const [header, ...lines] = stdout.trimEnd().split('\n');
    expect(header).toBe('log_prob,p_value,typical,alarm');
    const threshold = thresholdOf(heldOut(), 0.2);
    const isBelow = (value: number): boolean => Math.fround(value) < threshold;
    const below = scores.filter(isBelow).length;
    expect(lines).toEqual(
      scores.map((value) => {
        const shares = [pValueOf, typicality].map((of) => Number(of(heldOut(), value).toPrecision(6)));
        return [value, ...shares, isBelow(value) ? 'yes' : 'no'].join();
      }),
    );
    expect(stderr).toContain(
      `Alarm below ${threshold.toFixed(4)} nats: ${below} of 90 rows (${Number((below / 0.9).toPrecision(2))} %). ` +
        'Promised: 20 %, give or take 12 %, of rows like the 9 held-out ones',
    );
  });

  it('gives the same as events', async () => {
    const options = 'people.csv --worst 2 --id age --row --rank --p-value --alarm 0.2';
    const { rows } = parseTable((await scored(options)).stdout);
    const events = (await scored(`${options} --json`)).events();
    const found = events.find(({ event }) => event === 'rows')!;
    expect(found['columns']).toEqual(['row', 'age', 'log_prob', 'rank', 'p_value', 'alarm']);
    const [[row, age, logProb, rank, p, alarm]] = found['rows'] as [(string | number)[]];
    expect([row, rank, p]).toEqual([rows[0]![0], rows[0]![3], rows[0]![4]]);
    expect(age).toBe(String(rows[0]![1]));
    expect(logProb).toBe(Math.fround(rows[0]![2]!));
    expect(alarm).toBe('yes');
    expect(events.find(({ event }) => event === 'alarm')).toMatchObject({
      rate: 0.2,
      threshold: thresholdOf(heldOut(), 0.2),
      rows: 90,
      heldOutRows: 9,
    });
    expect(events.at(-1)).toEqual({ event: 'done', rows: 2 });
  });

  it('ranks with an ensemble, which has no held-out rows', async () => {
    await expectDone(cli, `train people.csv ${TINY} --preset realnvp --seed 5 --out other.model`);
    const both = parseTable((await scored('people.csv --ensemble other.model --rank --worst 3')).stdout);
    expect(both.rows.map(([, rank]) => rank)).toEqual([1, 2, 3]);
    for (const option of ['--p-value', '--typical', '--alarm 0.2']) {
      const { code, stderr } = await cli.run(
        `logprob people.model people.csv --ensemble other.model ${option}`,
      );
      expect(stderr).toContain(
        `logprob: found ${option.split(' ')[0]} with --ensemble, expected a single model`,
      );
      expect(code).toBe(2);
    }
  });

  it.each([
    [
      'people.csv --alarm 0.05',
      'found 0.05, expected at least 0.1, which is 1 / (rows + 1) of the 9 held-out rows',
    ],
    ['people.csv --alarm 1', 'Expected a number above 0 and below 1.'],
    ['people.csv --id nobody', 'column "nobody": found no such column'],
    ['people.csv --worst 0', 'Expected an integer ≥ 1.'],
    [
      'scored.csv --append --rank',
      'logprob: found the column log_prob in scored.csv, like a column of the result',
    ],
    [
      'scored.csv --id log_prob',
      'logprob: found the column log_prob in scored.csv, like a column of the result',
    ],
  ])('refuses %s', async (args, problem) => {
    await scored('people.csv --append --out scored.csv');
    const { code, stderr, stdout } = await cli.run(`logprob people.model ${args}`);
    expect(stderr).toContain(problem);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('says that a checkpoint and a model without validation know no held-out rows', async () => {
    await expectDone(cli, `train people.csv ${TINY} --val none --out blind.model`);
    await expectDone(cli, `train people.csv ${TINY} --checkpoint run.ckpt --out run.model`);
    for (const [file, advice] of [
      ['blind.model', 'Train the model again, with held-out rows.'],
      ['run.ckpt', 'A checkpoint has none. Give the model file of the run.'],
    ]) {
      const { code, stderr } = await cli.run(`logprob ${file} people.csv --p-value`);
      expect(stderr).toContain(
        `${file}: found no log p of held-out rows, expected __metadata__.wgflow_training.heldOut for --p-value. ${advice}`,
      );
      expect(code).toBe(2);
    }
  });
});

describe('held-out rows', () => {
  it('are told of at the end of a run, and by inspect', async () => {
    const { stderr } = await expectDone(cli, `train people.csv ${TINY} --preset realnvp --out again.model`);
    expect(cli.bytes('again.model')).toEqual(cli.bytes('people.model'));
    const threshold = thresholdOf(heldOut(), 0.1).toFixed(1);
    expect(stderr).toContain(
      `A row of log p below ${threshold} nats is less likely than 90 % of the held-out rows`,
    );
    const { stdout } = await expectDone(cli, 'inspect people.model');
    const { logProb } = heldOut();
    const [low, median, high] = [0, 4, 8].map((rank) => logProb[rank]!.toFixed(2));
    expect(stdout).toContain(`9 rows: ${low} to ${high}, median ${median}; 10 % below ${low}`);
  });
});
