import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeModel } from '../../src/io/modelFile.ts';
import { expectDone, peopleFolder, TINY } from './people.ts';
import { CommandLine } from './commandLine.ts';

const SHORT = '--batch 16 --steps 5 --tuning fixed --val none';

let cli: CommandLine;

beforeAll(async () => {
  cli = await peopleFolder(new CommandLine());
  // Other rows of the same columns: the last half of them.
  const lines = new TextDecoder().decode(cli.bytes('people.csv')).trimEnd().split('\n');
  cli.write('others.csv', [lines[0], ...lines.slice(46), ''].join('\n'));
  cli.write('narrow.csv', 'height,weight\n170,60\n180,80\n165,57\n');
});

afterAll(() => cli.remove());

describe('train --from', () => {
  it('starts from the parameters of the model, and keeps its standardisation', async () => {
    await expectDone(cli, `train others.csv --from people.model ${SHORT} --lr 1e-12 --out same.model`);
    const [before, after] = ['people.model', 'same.model'].map((name) => decodeModel(cli.bytes(name)));
    expect(after!.spec).toEqual(before!.spec);
    expect(after!.training).toMatchObject({
      columns: before!.training!.columns,
      preset: 'realnvp',
      steps: 5,
    });
    after!.parameters.forEach((value, i) => expect(value).toBeCloseTo(before!.parameters[i]!, 6));
  });

  it('starts the optimiser anew, also from a checkpoint', async () => {
    await expectDone(cli, `train people.csv ${TINY} --checkpoint people.ckpt --val none --out whole.model`);
    await expectDone(cli, `train others.csv --from people.ckpt ${SHORT} --out a.model`);
    await expectDone(cli, `train others.csv --from whole.model ${SHORT} --out b.model`);
    expect(cli.bytes('a.model')).toEqual(cli.bytes('b.model'));
  });

  it.each([
    [
      'narrow.csv --from people.model',
      'narrow.csv: found the columns height, weight, expected height, weight, age',
    ],
    ['others.csv --from people.model --preset glow', 'train: found --preset glow with --from'],
    ['others.csv --from people.model --couplings 3', 'train: found --couplings 3 with --from'],
    ['others.csv --from people.ckpt --resume people.ckpt', 'train: found --from people.ckpt with --resume'],
    ['others.csv --from nothing.model', 'nothing.model: found no such file'],
  ])('refuses %s', async (options, message) => {
    const { code, stderr } = await cli.run(`train ${options} ${SHORT} --out no.model`);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('does not write over the model that it starts from', async () => {
    const { code } = await cli.run(`train others.csv --from people.model ${SHORT} --out people.model`);
    expect(code).toBe(2);
  });
});
