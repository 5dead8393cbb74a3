import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realnvp } from '../../src/presets/index.ts';
import { PLAIN_VARIANTS } from '../../src/plan/variants.ts';
import { tuningKey } from '../../src/flow/search.ts';
import { testDevice } from '../support/device.ts';
import { expectDone, expectNoTemporaryFiles, peopleFolder, TINY } from '../cli/people.ts';
import { CliSandbox } from './runCli.ts';
import type { CliResult } from '../support/cliFolder.ts';

let cli: CliSandbox;

beforeAll(async () => {
  cli = await peopleFolder(await CliSandbox.create());
});

afterAll(() => cli.remove());

describe('the process', () => {
  // Elsewhere Dawn does not use a Vulkan loader that can be misdirected.
  it.runIf(process.platform === 'linux')(
    'ends with exit code 3 where there is no adapter of the wanted kind',
    async () => {
      const { code, stderr, events } = await cli.run('info --adapter gpu --json', {
        // The only driver file that is allowed does not exist.
        env: { VK_DRIVER_FILES: '/nonexistent.json', VK_ICD_FILENAMES: '/nonexistent.json' },
      });
      expect(code).toBe(3);
      expect(stderr).toMatch(/error: No usable WebGPU adapter.*graphics driver/);
      expect(events()).toMatchObject([{ event: 'error', code: 'GPU_UNAVAILABLE' }]);
    },
  );

  it('shows how to start where nothing was asked for, and the options of a command', async () => {
    const nothing = await cli.run('');
    expect(nothing.stderr).toContain('wgflow train --toy moons');
    expect(nothing.code).toBe(2);
    const help = await cli.run('train --help');
    expect(help.code).toBe(0);
    for (const option of [
      '--toy',
      '--val',
      '--patience',
      '--checkpoint',
      '--resume',
      '--report',
      '--json',
      '--context',
    ]) {
      expect(help.stdout).toContain(option);
    }
    expect(
      Math.max(
        ...help.stdout
          .split('Examples:')[0]!
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThan(81);
  });

  it('starts without the libraries that draw reports', () => {
    const packages = ['cli-progress', 'cli-table3', 'commander', 'csv-parse', 'csv-parse/sync'];
    expect(cli.packagesAtStart()).toEqual(packages);
  });

  it('draws any number of rows piece by piece, until it is told to stop', async () => {
    const sampling = cli.start('sample people.model -n 1000000000000000 --tuning fixed');
    await sampling.saying(/\n.*\n/);
    sampling.process.kill('SIGTERM');
    expect((await sampling.ended).code).toBe(130);
  });

  it('ends quietly where the reader of a pipe has seen enough', async () => {
    const sample = cli.start('sample people.model -n 200000');
    sample.process.stdout.once('data', () => sample.process.stdout.destroy());
    const train = cli.start(`train --toy moons ${TINY} --out unread.model --json`);
    train.process.stdout.destroy();
    for (const { code, stderr } of [await sample.ended, await train.ended]) {
      expect(stderr).not.toMatch(/error|at .*\.js/i);
      expect(code).toBe(0);
    }
    // Its events had no reader, but the run must still write the model.
    expect(cli.files()).toContain('unread.model');
  });
});

describe.runIf(process.platform === 'linux')('a result that has nowhere to go', () => {
  it.each(['logprob people.model people.csv', 'sample people.model -n 5', 'inspect people.model'])(
    'is an error of %s where standard output is closed or full',
    async (args) => {
      const [closed, full, dropped] = await Promise.all([
        cli.run(args, { redirect: '>&-' }),
        cli.run(`${args}${args.startsWith('sample') ? ' --json' : ''}`, { redirect: '>/dev/full' }),
        cli.run(args, { redirect: '>/dev/null' }),
      ]);
      expect(closed.stderr).toMatch(/^error: standard output: it is closed, so the result would be lost\. /m);
      expect(full.stderr).toMatch(/^error: standard output: ENOSPC.*; the output there is incomplete\.$/m);
      expect([closed.code, full.code, dropped.code]).toEqual([1, 1, 0]);
    },
  );

  it('is a table that ends at once where standard input is closed', async () => {
    const run = await cli.run('logprob people.model -', { redirect: '<&-' });
    expect(run.stderr).toContain('error: standard input: found no rows, expected a table.');
    expect(run.code).toBe(2);
  });
});

describe('a training run', () => {
  const asked = '--couplings 2 --hidden 4 --batch 16 --seed 5 --tuning fixed';

  it('give equal bytes where one was interrupted, its cosine schedule and best score included', async () => {
    const full = `train people.csv ${asked} --steps 300 --val 0.2`;
    const interrupted = cli.start(`${full} --out stopped.model --checkpoint stopped.ckpt --json`);
    await interrupted.saying(/"event":"step"/);
    interrupted.process.kill('SIGINT');
    const { code, stderr, events } = await interrupted.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/Checkpoint of step \d+ in stopped.ckpt; continue with --resume stopped.ckpt/);
    expect(events().slice(-3)).toEqual([
      { event: 'checkpoint', file: 'stopped.ckpt' },
      { event: 'model', file: 'stopped.model' },
      { event: 'interrupted' },
    ]);
    expect(stderr).toMatch(/Wrote stopped.model, the best model so far \(step \d+, validation NLL /);
    expect(cli.files()).toContain('stopped.model');
    expectNoTemporaryFiles(cli);

    await Promise.all([
      expectDone(cli, `${full} --out full.model --checkpoint full.ckpt`),
      expectDone(cli, 'train people.csv --resume stopped.ckpt --out stopped.model --checkpoint resumed.ckpt'),
    ]);
    expect(cli.bytes('stopped.model')).toEqual(cli.bytes('full.model'));
    expect(cli.bytes('resumed.ckpt')).toEqual(cli.bytes('full.ckpt'));
  });

  it('leave the best model so far when the terminal is closed', async () => {
    const running = cli.start(
      `train people.csv ${asked} --steps 1000000 --patience none --out hung.model --json`,
    );
    await running.saying(/"event":"step"/);
    running.process.kill('SIGHUP');
    const hung = await running.ended;
    expect(hung.code).toBe(130);
    expect(cli.files()).toContain('hung.model');
    await expectDone(cli, 'sample hung.model -n 3');
  });

  it('are interrupted after the last step too, and leave the checkpoint alone', async () => {
    const late = cli.start(`train --toy moons ${TINY} --report late-run --checkpoint late.ckpt --json`);
    await late.saying(/"event":"step","step":12,/);
    late.process.kill('SIGINT');
    const { code, stderr, events } = await late.ended;
    expect(code, stderr).toBe(130);
    expect(events().at(-1)).toEqual({ event: 'interrupted' });
    expect(cli.files()).toContain('late.ckpt');
    expect(cli.files()).not.toContain('late-run/report.html');
    expectNoTemporaryFiles(cli);
  });

  it('save their work once, however often a launcher or a supervisor tells them to end', async () => {
    const running = cli.start(
      `train people.csv ${asked} --steps 1000000 --patience none --out told.model --checkpoint told.ckpt --json`,
    );
    await running.saying(/"event":"step"/);
    for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM', 'SIGTERM', 'SIGHUP'] as const) {
      running.process.kill(signal);
    }
    expect((await running.ended).code).toBe(130);
    await Promise.all(['told.model', 'told.ckpt'].map((file) => expectDone(cli, `inspect ${file}`)));
    expectNoTemporaryFiles(cli);
  });

  it('that were killed leave a checkpoint that goes on to the same bytes, and no litter for the next', async () => {
    const full = `train people.csv ${asked} --steps 100 --val 0.2 --patience none`;
    await expectDone(cli, `${full} --out whole.model`);
    const killed = cli.start(
      `${full} --out killed.model --checkpoint killed.ckpt --checkpoint-every 0.01 --json`,
    );
    await killed.saying(/"event":"checkpoint"/);
    killed.process.kill('SIGKILL');
    await killed.ended;
    await expectDone(cli, 'train people.csv --resume killed.ckpt --out killed.model');
    expect(cli.bytes('killed.model')).toEqual(cli.bytes('whole.model'));
    expect(cli.files().filter((name) => name.startsWith('.killed.model.'))).toEqual([]);
  });
});

describe('the choice of kernels', () => {
  // More couplings than a segment, so that a CPU has a choice too.
  const model = '--couplings 9 --hidden 4 --batch 16';
  const data = 'people.csv --columns height,weight';
  const tunings = ({ events }: CliResult) => events().filter(({ event }) => event === 'tuning');

  it('is measured, told as a line and an event, and kept for the next run', async () => {
    const env = { WGFLOW_TUNING_CACHE: cli.path('measured/tuning.json') };
    const run = () => cli.run(`train ${data} ${model} --steps 3 --out m.model --json`, { env });
    const first = await run();
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toMatch(/^Kernels of the gradient pass, 16 rows: .+; .+$/m);
    const [told] = tunings(first);
    expect(told).toMatchObject({ pass: 'gradient', rows: 16, variants: {}, candidates: [{}, {}] });
    // A loaded machine may not finish in time; then the fixed choice is used and nothing is kept.
    const wasMeasured = told!['source'] === 'measured';
    expect(cli.files().includes('measured')).toBe(wasMeasured);
    if (!wasMeasured) return;
    const [again] = tunings(await run());
    expect(again).toEqual({
      event: 'tuning',
      pass: 'gradient',
      rows: 16,
      variants: told!['variants'],
      source: 'cache',
    });
  });

  it('is taken from the cache, goes into the checkpoint and holds for the resumed run', async () => {
    const spec = realnvp(2, { couplings: 9, hidden: [4] });
    const key = tuningKey(await testDevice(), spec, { pass: 'gradient', rows: 16 });
    cli.write('tuning.json', JSON.stringify({ choices: { [key]: PLAIN_VARIANTS } }));
    const env = { WGFLOW_TUNING_CACHE: cli.path('tuning.json') };
    const run = (args: string) => cli.run(`train ${data} --schedule constant ${args} --json`, { env });
    const half = await run(`${model} --preset realnvp --steps 4 --out t_half.model --checkpoint t.ckpt`);
    const whole = await run(`${model} --preset realnvp --steps 8 --out t_whole.model`);
    const resumed = await run('--steps 8 --resume t.ckpt --tuning fixed --out t_resumed.model');
    expect([half, whole, resumed].map((result) => tunings(result)[0])).toMatchObject([
      { source: 'cache', variants: PLAIN_VARIANTS },
      { source: 'cache', variants: PLAIN_VARIANTS },
      { source: 'checkpoint', variants: PLAIN_VARIANTS },
    ]);
    expect(cli.bytes('t_resumed.model')).toEqual(cli.bytes('t_whole.model'));
    expect((await expectDone(cli, 'inspect t.ckpt')).stdout).toMatch(/│ Kernels +│ tiled, .*lanes 1/);
  });

  it('goes on with one warning where the cache is damaged or out of reach', async () => {
    cli.write('damaged.json', 'not JSON');
    for (const name of ['damaged.json', 'people.csv/tuning.json']) {
      const { code, stderr } = await cli.run(`train ${data} ${model} --steps 2 --out d.model`, {
        env: { WGFLOW_TUNING_CACHE: cli.path(name) },
      });
      expect(code, stderr).toBe(0);
      expect(stderr.match(/^Warning: the tuning cache/gm), stderr).toHaveLength(1);
    }
  });

  it('is that of the fixed table on demand, also for many rows', async () => {
    const env = { WGFLOW_TUNING_CACHE: cli.path('never/tuning.json') };
    const result = await cli.run('sample people.model -n 5000 --tuning fixed --out fixed.csv --json', {
      env,
    });
    expect(tunings(result)).toMatchObject([{ pass: 'inverse', source: 'fixed' }]);
    expect(result.stderr).toMatch(/^Kernels of the inverse pass, .*; from the fixed table$/m);
    expect(cli.files()).not.toContain('never');
  });
});
