import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from './commandLine.ts';
import { expectDone, expectNoTemporaryFiles, peopleFolder } from './people.ts';

let cli: CommandLine;

beforeAll(async () => {
  cli = await peopleFolder(new CommandLine());
});

afterAll(() => cli.remove());

const ASKED = '--couplings 2 --hidden 4 --batch 16 --seed 5 --tuning fixed';

describe('checkpoints', () => {
  it('are written every so often, and the one before is kept', async () => {
    const { events } = await expectDone(
      cli,
      `train people.csv ${ASKED} --steps 60 --out often.model --checkpoint often.ckpt --checkpoint-every 0.001 --json`,
    );
    expect(events().filter(({ event }) => event === 'checkpoint').length).toBeGreaterThan(2);
    await expectDone(cli, 'train people.csv --resume often-previous.ckpt --out before.model');
    expect(cli.bytes('before.model')).toEqual(cli.bytes('often.model'));
    expectNoTemporaryFiles(cli);
  });

  it('are written at the first score, and at the end', async () => {
    const { events } = await expectDone(
      cli,
      `train people.csv ${ASKED} --steps 60 --out once.model --checkpoint once.ckpt --json`,
    );
    expect(events().filter(({ event }) => event === 'checkpoint')).toHaveLength(2);
  });

  it('of a finished run give its model again, without a step', async () => {
    const run = `train people.csv ${ASKED} --steps 60 --out done.model --checkpoint done.ckpt`;
    await expectDone(cli, run);
    const { stderr } = await expectDone(
      cli,
      'train people.csv --resume done.ckpt --out again.model --report again --checkpoint again.ckpt',
    );
    expect(cli.bytes('again.model')).toEqual(cli.bytes('done.model'));
    expect(cli.bytes('again.ckpt')).toEqual(cli.bytes('done.ckpt'));
    expect(stderr).toMatch(/Best validation NLL \d+\.\d+ nats\n/);
    expect(stderr).not.toContain('NaN');
    expect(new TextDecoder().decode(cli.bytes('again/report.html'))).not.toContain('NaN nats');
  });

  it('of a run without scores too', async () => {
    await expectDone(cli, `train --toy moons ${ASKED} --steps 20 --out toy.model --checkpoint toy.ckpt`);
    await expectDone(cli, 'train --toy moons --resume toy.ckpt --out toy_again.model');
    expect(cli.bytes('toy_again.model')).toEqual(cli.bytes('toy.model'));
  });

  it('that cannot be written do not end a run, which still writes its model', async () => {
    const { code, stderr } = await cli.run(
      `train people.csv ${ASKED} --steps 60 --out kept.model --checkpoint /dev/full --checkpoint-every 0.01`,
    );
    expect(stderr).toMatch(
      /Warning: \/dev\/full: the disk is full.*Training continues, and tries again in 0\.01 s\./,
    );
    expect(stderr).toMatch(/error: \/dev\/full: the disk is full/);
    expect(code).toBe(1);
    await expectDone(cli, 'inspect kept.model');
  });

  it('that are damaged are refused by their checksum', async () => {
    await expectDone(cli, `train people.csv ${ASKED} --steps 12 --out sound.model --checkpoint sound.ckpt`);
    const bytes = cli.bytes('sound.ckpt');
    bytes[bytes.length - 2]! ^= 1;
    cli.write('damaged.ckpt', bytes);
    const { code, stderr } = await cli.run('train people.csv --resume damaged.ckpt --out never.model');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /damaged\.ckpt: __metadata__\.wgflow_checksum: found "[0-9a-f]{16}", expected "[0-9a-f]{16}", as its contents say\. The file is damaged\. Resume from the checkpoint before it\./,
    );
    expect(cli.files()).not.toContain('never.model');
  });

  it('need a name to be written every so often', async () => {
    const { code, stderr } = await cli.run(`train people.csv ${ASKED} --checkpoint-every 5`);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--checkpoint-every 5 with no --checkpoint/);
  });

  it('and models leave no temporary file of a killed process behind', async () => {
    // No process has this number: the largest is 4,194,304.
    for (const name of ['.tidy.model.99999999.tmp', '.tidy.ckpt.99999999.tmp']) cli.write(name, 'half');
    cli.write(`.tidy.model.${process.ppid}.tmp`, 'of a running process');
    await expectDone(cli, `train people.csv ${ASKED} --steps 12 --out tidy.model --checkpoint tidy.ckpt`);
    expect(cli.files().filter((name) => name.startsWith('.tidy'))).toEqual([
      `.tidy.model.${process.ppid}.tmp`,
    ]);
  });
});
