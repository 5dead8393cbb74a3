import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../support/compare.ts';
import { expectDone, PEOPLE, peopleFolder, TINY } from './people.ts';
import { parseTable } from '../support/cliFolder.ts';
import { CommandLine } from './commandLine.ts';

let cli: CommandLine;

beforeAll(async () => {
  cli = await peopleFolder(new CommandLine());
});

afterAll(() => cli.remove());

describe('a conditional model', () => {
  beforeAll(async () => {
    const lines = PEOPLE.map(([height, weight, age], i) =>
      [height, i % 3 === 0 ? 'pale ale' : 'stout', weight! + (i % 3 === 0 ? 20 : 0), age].join(','),
    );
    cli.write('drinks.csv', ['height,drink,weight,age', ...lines, ''].join('\n'));
    await expectDone(
      cli,
      `train drinks.csv ${TINY} --preset realnvp --context drink,age --val 0.2 --out drinks.model`,
    );
  });

  it('is told by inspect with its columns and levels', async () => {
    const { stdout } = await expectDone(cli, 'inspect drinks.model');
    expect(stdout).toMatch(/Columns +│ height, weight /);
    expect(stdout).toMatch(/Context +│ drink \(pale ale, stout\); age \(numbers, mean [\d.]+, std [\d.]+\)/);
    expect(stdout).toContain('weight given height, drink, age; tanh scale');
    expect(stdout).toMatch(/bijectors\.1\.conditioner\.0\.weight +│ \[4, 4\]/);
  });

  it('maps rows given the columns of their own table, there and back, and scores them', async () => {
    await expectDone(cli, 'forward drinks.model drinks.csv --out drinks_latent.csv');
    expect(new TextDecoder().decode(cli.bytes('drinks_latent.csv'))).toMatch(/^z1,z2,log_det,drink,age\n/);
    await expectDone(cli, 'inverse drinks.model drinks_latent.csv --out drinks_back.csv');
    const [header, ...back] = new TextDecoder().decode(cli.bytes('drinks_back.csv')).trimEnd().split('\n');
    expect(header).toBe('height,weight,drink,age');
    back.forEach((line, i) => {
      const [height, weight, drink, age] = line.split(',');
      expect(Number(height)).toBeCloseTo(PEOPLE[i]![0]!, 2);
      expect(Number(weight)).toBeCloseTo(PEOPLE[i]![1]! + (i % 3 === 0 ? 20 : 0), 2);
      expect([drink, Number(age)]).toEqual([i % 3 === 0 ? 'pale ale' : 'stout', PEOPLE[i]![2]]);
    });
    await expectDone(cli, 'logprob drinks.model drinks.csv --out drinks_scores.csv');
    // The same for a single row, with the value on the command line.
    cli.write('one.csv', `height,weight\n${PEOPLE[1]![0]},${PEOPLE[1]![1]}\n`);
    await expectDone(
      cli,
      `logprob drinks.model one.csv --context drink=stout,age=${PEOPLE[1]![2]} --out one_score.csv`,
    );
    const [score] = cli.table('one_score.csv').rows;
    expectClose('log_prob', score!, cli.table('drinks_scores.csv').rows[1]!, 1e-5);
    await expectDone(cli, 'gradients drinks.model drinks.csv --out drinks_gradients.json');
  });

  it('draws rows given values, or for each row of a file', async () => {
    cli.write('given.csv', 'age,drink\n30,stout\n50,pale ale\n');
    const { stdout } = await expectDone(cli, 'sample drinks.model -n 3 --seed 2 --context given.csv');
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('height,weight,drink,age');
    expect(lines.slice(1).map((line) => line.split(',').slice(2).join())).toEqual([
      ...Array<string>(3).fill('stout,30'),
      ...Array<string>(3).fill('pale ale,50'),
    ]);
    const fixed = await expectDone(cli, 'sample drinks.model -n 3 --seed 2 --context age=30,drink=stout');
    expect(fixed.stdout.trimEnd().split('\n')).toEqual(lines.slice(0, 4));
  });

  it('says which value it does not know, and where', async () => {
    cli.write('unknown.csv', 'height,weight,drink,age\n170,70,stout,30\n170,70,milk,30\n');
    const { code, stderr } = await cli.run('logprob drinks.model unknown.csv');
    expect(code).toBe(2);
    expect(stderr).toContain(
      'error: unknown.csv, row 3, column "drink": found "milk", expected one of "pale ale", "stout".',
    );
    const missing = await cli.run('logprob drinks.model people.csv');
    expect(missing.stderr).toContain('error: people.csv, column "drink": found no such column');
    const without = await cli.run('sample drinks.model -n 3');
    expect(without.stderr).toContain('error: --context: found nothing, expected drink=…,age=…, or a table');
  });

  it('may be of one column: trained with nets of its own, told, drawn and scored', async () => {
    const asked = `train drinks.csv ${TINY} --columns weight --context drink,age --residual-blocks 1`;
    await expectDone(cli, `${asked} --base class --val 0.2 --report one-given`);
    const file = 'one-given/model.safetensors';
    const { stdout } = await expectDone(cli, `inspect ${file}`);
    expect(stdout).toContain('weight given drink, age; tanh scale, bound 3');
    expect(stdout).toContain('weight given drink, age; spline of 8 bins on ±3');
    expect(stdout).toContain('4 in residual blocks (1)');
    const drawn = await expectDone(cli, `sample ${file} -n 3 --context drink=stout,age=30`);
    const [header, ...rows] = drawn.stdout.trimEnd().split('\n');
    expect(header).toBe('weight,drink,age');
    expect(rows).toHaveLength(3);
    const scored = await expectDone(cli, `logprob ${file} drinks.csv`);
    expect(parseTable(scored.stdout).rows.flat().every(Number.isFinite)).toBe(true);
  });

  it('learns the moons given their class, reports on it, and goes on from a checkpoint', async () => {
    const asked = `train --toy moons ${TINY} --context class --checkpoint class.ckpt`;
    const { stderr, events } = await expectDone(cli, `${asked} --report class-run --json`);
    expect(stderr).toMatch(/the exact entropy given class, the best any model can do, is 0\.4381 /);
    expect(events().at(-1)).toMatchObject({ event: 'done', context: ['class'] });
    expect(cli.table('class-run/samples.csv').rows).toHaveLength(10_000);
    await expectDone(
      cli,
      'train --toy moons --resume class.ckpt --steps 14 --batch 16 --tuning fixed --out class.model',
    );
    const upper = await expectDone(cli, 'sample class.model -n 2 --context class=0');
    expect(upper.stdout.split('\n')).toHaveLength(4);
    const refused = await cli.run('train --toy moons --resume class.ckpt --context class --steps 14');
    expect(refused.stderr).toContain('--context class with --resume');
  });
});
