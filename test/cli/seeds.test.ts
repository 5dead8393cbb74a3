import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from './commandLine.ts';
import { expectDone, peopleFolder } from './people.ts';

const SHORT = '--batch 16 --steps 5 --couplings 2 --hidden 4 --tuning fixed';

let cli: CommandLine;

beforeAll(async () => {
  cli = await peopleFolder(new CommandLine());
});

afterAll(() => cli.remove());

describe('train --seeds', () => {
  it('trains the models that single commands train, one for each seed', async () => {
    await expectDone(cli, `train people.csv ${SHORT} --seed 7 --seeds 2 --out many.model`);
    for (const [index, seed] of [7, 8].entries()) {
      await expectDone(cli, `train people.csv ${SHORT} --seed ${seed} --out one.model`);
      expect(cli.bytes(`many-${index + 1}.model`)).toEqual(cli.bytes('one.model'));
    }
  });

  it('is scored and drawn from as one density, the mean of all', async () => {
    await expectDone(cli, `train people.csv ${SHORT} --seed 7 --seeds 2 --out two.model`);
    const scores = async (args: string): Promise<number[]> => {
      await expectDone(cli, `logprob ${args} --tuning fixed --out scores.csv`);
      return cli.table('scores.csv').rows.flat();
    };
    const [first, second] = [
      await scores('two-1.model people.csv'),
      await scores('two-2.model people.csv'),
    ] as const;
    const both = await scores('two-1.model people.csv --ensemble two-2.model');
    both.forEach((found, row) => {
      const mean = (Math.exp(first[row]!) + Math.exp(second[row]!)) / 2;
      expect(found).toBeCloseTo(Math.log(mean), 4);
    });
    const draw = 'sample two-1.model -n 6 --seed 3 --tuning fixed';
    await expectDone(cli, `${draw} --out one.csv`);
    await expectDone(cli, `${draw} --ensemble two-2.model --out all.csv`);
    const [one, all] = [cli.table('one.csv').rows, cli.table('all.csv').rows];
    expect([all[0], all[2], all[4]]).toEqual(one.slice(0, 3));
    expect(all[1]).not.toEqual(one[1]);
  });

  it('refuses an ensemble of models of other tables', async () => {
    await expectDone(cli, `train people.csv ${SHORT} --columns height,age --out pair.model`);
    await expectDone(cli, `train people.csv ${SHORT} --out three.model`);
    const { code, stderr } = await cli.run('logprob three.model people.csv --ensemble pair.model');
    expect(stderr).toContain('flows: found 2 features height, age, expected 3 features height, weight, age');
    expect(code).toBe(2);
    const missing = await cli.run('logprob three.model people.csv --ensemble nowhere.model');
    expect(missing.stderr).toContain('nowhere.model: found no such file');
  });

  it.each(['--report folder', '--checkpoint run.ckpt', '--resume run.ckpt', '--out -'])(
    'refuses %s',
    async (option) => {
      const { code, stderr } = await cli.run(`train people.csv ${SHORT} --seeds 2 ${option}`);
      expect(stderr).toContain(`train: found ${option} with --seeds 2, expected one of them`);
      expect(code).toBe(2);
    },
  );
});
