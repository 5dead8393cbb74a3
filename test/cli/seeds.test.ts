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

  it.each(['--report folder', '--checkpoint run.ckpt', '--resume run.ckpt', '--out -'])(
    'refuses %s',
    async (option) => {
      const { code, stderr } = await cli.run(`train people.csv ${SHORT} --seeds 2 ${option}`);
      expect(stderr).toContain(`train: found ${option} with --seeds 2, expected one of them`);
      expect(code).toBe(2);
    },
  );
});
