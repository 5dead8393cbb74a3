import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow/flow.ts';
import { decodeModel } from '../../src/io/modelFile.ts';
import { PRESETS } from '../../src/presets/index.ts';
import { testDevice } from '../support/device.ts';
import { COLUMNS, expectDone, expectNoTemporaryFiles, PEOPLE, peopleFolder, TINY } from './people.ts';
import { parseTable } from '../support/cliFolder.ts';
import { CommandLine } from './commandLine.ts';

let cli: CommandLine;

beforeAll(async () => {
  cli = await peopleFolder(new CommandLine());
});

afterAll(() => cli.remove());

describe('train', () => {
  it('learns a table with validation rows held out, and tells it as events', async () => {
    const { stderr, events } = await expectDone(
      cli,
      `train people.csv ${TINY} --val 0.2 --columns weight,height --seed 3 --out val.model --json`,
    );
    const all = events();
    const [columns, adapter] = all;
    const words = [expect.stringMatching(/^weight: /), expect.stringMatching(/^height: /)] as unknown[];
    expect(columns).toEqual({ event: 'columns', columns: words });
    expect(adapter).toMatchObject({ event: 'adapter' });
    expect(all.filter(({ event }) => event === 'step').at(-1)).toMatchObject({ step: 12, steps: 12 });
    const done = all.at(-1)!;
    expect(done).toMatchObject({ event: 'done', steps: 12, adapter: adapter!['name'], files: ['val.model'] });
    for (const field of ['trainNll', 'valNll', 'msPerStep', 'samplesPerSecond']) {
      expect(done[field], field).toBeTypeOf('number');
      expect(done[field], field).not.toBeNaN();
    }
    expect(done).not.toHaveProperty('testNll');
    expect(stderr).toMatch(/Best validation NLL \d+\.\d{4} nats/);

    const inspected = await expectDone(cli, 'inspect val.model --json');
    const [model] = inspected.events();
    expect(model).toMatchObject({
      event: 'done',
      training: { columns: ['weight', 'height'], seed: 3, steps: 12, bestValidationNll: done['valNll'] },
    });
  });

  it('trains as a fit with only the steps given does', async () => {
    const shape = { couplings: 4, hidden: [8] };
    await expectDone(
      cli,
      'train people.csv --steps 40 --couplings 4 --hidden 8 --seed 5 --tuning fixed --out default.model',
    );
    const options = { dim: 3, ...shape, device: await testDevice(), tuning: 'fixed', seed: 5 } as const;
    using flow = await Flow.create(PRESETS.glow, options);
    for await (const _ of flow.fit(Float64Array.from(PEOPLE.flat()), { steps: 40 }));
    const [found, wanted] = [await flow.save(), cli.bytes('default.model')].map((file) => decodeModel(file));
    expect(found!.parameters).toEqual(wanted!.parameters);
    expect(found!.training!.options).toEqual(wanted!.training!.options);
  });

  it('finds the columns of a validation file by place where one of the two has no header', async () => {
    const { stderr } = await expectDone(
      cli,
      `train no_header.csv ${TINY} --val people.csv --patience 50 --out n.model`,
    );
    expect(stderr).toContain('Best validation NLL');
  });

  it.each([
    ['moons', 'circles'],
    ['8gaussians', 'pinwheel'],
    ['spirals', 'checkerboard'],
  ])(
    'learns the toy densities %s and %s and tells their test NLL beside the exact entropy',
    async (...toys) => {
      const runs = await Promise.all(
        toys.map((toy) => expectDone(cli, `train --toy ${toy} ${TINY} --out ${toy}.model --json`)),
      );
      for (const { events } of runs) {
        const { testNll, floor } = events().at(-1) as { testNll: number; floor: number };
        // The standard error of 131,072 points is about 0.003 nats.
        expect(testNll).toBeGreaterThan(floor - 0.02);
        expect(floor).toBeGreaterThan(-3);
      }
    },
  );

  it('writes a report folder with the model, samples and the page', async () => {
    const { stderr } = await expectDone(cli, `train people.csv ${TINY} --preset realnvp --report people-run`);
    expect(stderr).toContain('people-run/report.html');
    expect(cli.table('people-run/samples.csv').columns).toEqual(COLUMNS);
    expect(cli.bytes('people-run/model.safetensors')).toEqual(cli.bytes('people.model'));
    const page = new TextDecoder().decode(cli.bytes('people-run/report.html'));
    expect(page).toContain('<h1>people.csv</h1>');
    expect(page).toContain('realnvp, 2 couplings, hidden 4');
    expect(page).toContain('people.csv, 90 rows');
  });

  it('learns a table of one column, whatever the preset', async () => {
    cli.write('heights.csv', ['height', ...PEOPLE.map(([height]) => height), ''].join('\n'));
    const small = '--couplings 2 --batch 16 --steps 12 --tuning fixed';
    const presets = ['realnvp', 'glow'];
    await Promise.all(
      presets.map((preset) =>
        expectDone(cli, `train heights.csv --preset ${preset} ${small} --report one-${preset}`),
      ),
    );
    for (const preset of presets) {
      const { columns, rows } = cli.table(`one-${preset}/samples.csv`);
      expect(columns).toEqual(['height']);
      expect(rows.flat().every(Number.isFinite)).toBe(true);
    }
  });

  it('refuses widths and blocks of nets where a column alone needs none', async () => {
    cli.write('lone.csv', ['height', ...PEOPLE.map(([height]) => height), ''].join('\n'));
    for (const option of ['--hidden 8', '--residual-blocks 2']) {
      const { code, stderr } = await cli.run(`train lone.csv ${option} --out lone.model`);
      expect(code).toBe(2);
      expect(stderr).toContain(`train: found ${option} with a single column, expected no nets to shape`);
    }
    expect(cli.files()).not.toContain('lone.model');
  });

  it('learns bounded columns, and keeps to their domains', async () => {
    const lines = PEOPLE.map(([height, , age]) => `${height! / 250},${age},${height! - 170}`);
    cli.write('bounded.csv', ['share,age,change', ...lines, ''].join('\n'));
    const domains = '--domain positive --domain unit:share --domain real:change';
    await expectDone(cli, `train bounded.csv ${TINY} ${domains} --val 0.2 --out bounded.model`);
    await expectDone(cli, 'sample bounded.model -n 50 --temperature 9 --out bounded_samples.csv');
    for (const [share, age] of cli.table('bounded_samples.csv').rows) {
      expect(share! > 0 && share! < 1 && age! > 0).toBe(true);
    }
    const scored = await expectDone(cli, 'logprob bounded.model bounded.csv');
    expect(parseTable(scored.stdout).rows.flat().every(Number.isFinite)).toBe(true);
    const { stdout } = await expectDone(cli, 'inspect bounded.model');
    expect(stdout).toMatch(
      /log\(x \/ \(1 − x\)\) of share; log\(exp\(x \/ scale\) − 1\) of age \(scale [\d.]+\)/,
    );
    cli.write('outside.csv', 'share,age,change\n0.5,3,-9\n0.5,0,1\n');
    for (const command of ['logprob', 'forward', 'gradients']) {
      const { code, stderr } = await cli.run(`${command} bounded.model outside.csv --out x.out`);
      expect(code).toBe(2);
      expect(stderr).toContain('outside.csv, row 3, column "age": found 0, expected a number above 0');
    }
  });

  it('warns where it ends far above where it began, and is silent where it does not', async () => {
    const train = (rate: number) => expectDone(cli, `train people.csv ${TINY} --lr ${rate} --out far.model`);
    expect((await train(3)).stderr).toMatch(
      /Warning: the training NLL climbed from -?\d+\.\d to \d+\.\d nats.*a lower --lr/,
    );
    expect((await train(1e-3)).stderr).not.toContain('climbed');
  });

  it('ends with exit code 1 and the best model so far when it diverges, with a sound checkpoint', async () => {
    cli.write('old.model', 'old');
    const { code, stderr } = await cli.run(
      `train people.csv --preset vanilla ${TINY} --steps 80 --lr 1e36 --out old.model --checkpoint diverged.ckpt`,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: Training diverged at step \d+.*Lower the learning rate/);
    expect(stderr).toMatch(/Wrote old.model, the best model so far/);
    await expectDone(cli, 'inspect old.model');
    await expectDone(cli, 'inspect diverged.ckpt');
    expectNoTemporaryFiles(cli);
  });
});

describe('equal runs', () => {
  const asked = '--couplings 2 --hidden 4 --batch 16 --seed 5 --tuning fixed';

  it('give equal bytes, in one go or by way of a checkpoint', async () => {
    const constant = `train people.csv ${asked} --schedule constant`;
    await Promise.all([
      expectDone(cli, `${constant} --steps 40 --out once.model`),
      expectDone(cli, `${constant} --steps 20 --out half.model --checkpoint half.ckpt`),
    ]);
    await Promise.all([
      expectDone(cli, `${constant} --steps 40 --out again.model`),
      expectDone(cli, 'train people.csv --resume half.ckpt --steps 40 --out resumed.model'),
    ]);
    expect(cli.bytes('again.model')).toEqual(cli.bytes('once.model'));
    expect(cli.bytes('resumed.model')).toEqual(cli.bytes('once.model'));
    expect(cli.bytes('half.model')).not.toEqual(cli.bytes('once.model'));
  });

  it('leave the best model so far where training diverges', async () => {
    const diverged = await cli.run(
      `train people.csv --preset vanilla --couplings 6 --hidden 8 --lr 1e30 --steps 50 --out wild.model`,
    );
    expect(diverged.code).toBe(1);
    expect(diverged.stderr).toMatch(/Wrote wild.model, the best model so far/);
    await expectDone(cli, 'sample wild.model -n 3');
  });

  it('hold rows out by default, and say how the model compares with a Gaussian', async () => {
    const { stderr, events } = await expectDone(
      cli,
      `train people.csv ${asked} --steps 3000 --patience 1 --out default.model --json`,
    );
    expect(stderr).toMatch(/rows of people.csv; \d+ for validation/);
    expect(stderr).toMatch(/Stopped at step [\d,]+ of 3,000.*best on \d+ held-out rows/);
    expect(stderr).toMatch(/nats better than a Gaussian|Warning: the model is .* a Gaussian/);
    expect(events().at(-1)).toMatchObject({ validation: { heldOut: true } });
  });

  it('name validation rows without density, and write numbers that JSON lacks as texts', async () => {
    cli.write(
      'far.csv',
      `${COLUMNS.join(',')}\n${PEOPLE[0]!.join(',')}\n${PEOPLE[1]!.join(',')}\n9e9,9e9,9e9\n`,
    );
    const base = '--preset spline --base uniform';
    const { stderr, events } = await expectDone(
      cli,
      `train people.csv ${asked} --val far.csv ${base} --steps 20 --out far.model --json`,
    );
    expect(stderr).toContain(
      'Warning: no density under the model (log p = -Infinity) for row 4 of the validation rows',
    );
    const done = events().at(-1)!;
    expect(done).toMatchObject({ validationWithoutDensity: 1, worstRow: { row: 4, nll: 'Infinity' } });
    expect(done['valNll']).toBeTypeOf('number');
    const { stdout } = await expectDone(cli, 'logprob far.model far.csv --json');
    expect(stdout).toContain('["-Infinity"]');
    expect(stdout).not.toContain('null');
  });

  it('go on from a checkpoint of a toy density with its noise, and with no other data', async () => {
    const noisy =
      'train --toy circles --noise 0.2 --couplings 2 --hidden 4 --batch 16 --schedule constant --tuning fixed';
    await Promise.all([
      expectDone(cli, `${noisy} --steps 20 --out noisy.model`),
      expectDone(cli, `${noisy} --steps 10 --out noisy_half.model --checkpoint noisy.ckpt`),
    ]);
    const [resumed, others, quieter, table] = await Promise.all([
      cli.run('train --toy circles --steps 20 --resume noisy.ckpt --out noisy_resumed.model'),
      cli.run('train --toy moons --steps 20 --resume noisy.ckpt --out never.model'),
      cli.run('train --toy circles --noise 0.1 --steps 20 --resume noisy.ckpt --out never.model'),
      cli.run('train people.csv --columns height,age --steps 20 --resume noisy.ckpt --out never.model'),
    ]);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(cli.bytes('noisy_resumed.model')).toEqual(cli.bytes('noisy.model'));
    expect(others.stderr).toContain('found --toy moons, expected --toy circles, as in noisy.ckpt');
    expect(quieter.stderr).toContain('--noise: found 0.1, expected 0.2, as in noisy.ckpt');
    expect(table.stderr).toContain('found the file people.csv, expected --toy circles, as in noisy.ckpt');
    expect([others, quieter, table].map(({ code }) => code)).toEqual([2, 2, 2]);
    expect(cli.files()).not.toContain('never.model');
  });
});
