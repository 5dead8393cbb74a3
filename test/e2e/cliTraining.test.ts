import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow/flow.ts';
import { decodeModel } from '../../src/io/modelFile.ts';
import { PRESETS, realnvp } from '../../src/presets/index.ts';
import { PLAIN_VARIANTS } from '../../src/plan/variants.ts';
import { tuningKey } from '../../src/flow/tuning.ts';
import { expectClose } from '../support/compare.ts';
import { testDevice } from '../support/device.ts';
import { COLUMNS, expectDone, expectNoTemporaryFiles, PEOPLE, peopleSandbox, TINY } from './people.ts';
import { parseTable } from './runCli.ts';
import type { CliResult, CliSandbox } from './runCli.ts';

let cli: CliSandbox;

beforeAll(async () => {
  cli = await peopleSandbox();
});

afterAll(() => cli.remove());

describe('train', () => {
  it('learns a table with validation rows held out, and tells it as events', async () => {
    const { stderr, events } = await expectDone(
      cli,
      `train people.csv ${TINY} --val 0.2 --columns weight,height --seed 3 --out val.model --json`,
    );
    const all = events();
    expect(all[0]).toMatchObject({ event: 'adapter' });
    expect(all.filter(({ event }) => event === 'step').at(-1)).toMatchObject({ step: 12, steps: 12 });
    const done = all.at(-1)!;
    expect(done).toMatchObject({ event: 'done', steps: 12, adapter: all[0]!['name'], files: ['val.model'] });
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

  it('trains as a fit without options does', async () => {
    const shape = { couplings: 4, hidden: [8] };
    await expectDone(
      cli,
      'train people.csv --couplings 4 --hidden 8 --seed 5 --tuning fixed --out default.model',
    );
    const options = { dim: 3, ...shape, device: await testDevice(), tuning: 'fixed', seed: 5 } as const;
    using flow = await Flow.create(PRESETS.realnvp, options);
    for await (const _ of flow.fit(Float64Array.from(PEOPLE.flat())));
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
    const { stderr } = await expectDone(cli, `train people.csv ${TINY} --report people-run`);
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

  it('ends with exit code 1 and the best model so far where it diverges, and no checkpoint', async () => {
    cli.write('old.model', 'old');
    const { code, stderr } = await cli.run(
      `train people.csv --preset vanilla ${TINY} --lr 1e6 --out old.model --checkpoint diverged.ckpt`,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: Training diverged at step \d+.*Lower the learning rate/);
    expect(stderr).toMatch(/Wrote old.model, the best model so far/);
    await expectDone(cli, 'inspect old.model');
    expect(cli.files()).not.toContain('diverged.ckpt');
    expectNoTemporaryFiles(cli);
  });
});

describe('a conditional model', () => {
  beforeAll(async () => {
    const lines = PEOPLE.map(([height, weight, age], i) =>
      [height, i % 3 === 0 ? 'pale ale' : 'stout', weight! + (i % 3 === 0 ? 20 : 0), age].join(','),
    );
    cli.write('drinks.csv', ['height,drink,weight,age', ...lines, ''].join('\n'));
    await expectDone(cli, `train drinks.csv ${TINY} --context drink,age --val 0.2 --out drinks.model`);
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
    expect(without.stderr).toContain(
      'error: --context: found nothing, expected drink=…,age=…, or a CSV file',
    );
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

  it('leave the best model so far when the terminal is closed, or training diverges', async () => {
    const running = cli.start(
      `train people.csv ${asked} --steps 1000000 --patience none --out hung.model --json`,
    );
    await running.saying(/"event":"step"/);
    running.process.kill('SIGHUP');
    const hung = await running.ended;
    expect(hung.code).toBe(130);
    expect(cli.files()).toContain('hung.model');
    await expectDone(cli, 'sample hung.model -n 3');

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
      `train people.csv ${asked} --steps 3000 --out default.model --json`,
    );
    expect(stderr).toMatch(/rows of people.csv; \d+ for validation/);
    expect(stderr).toMatch(/Stopped at step [\d,]+ of 3,000.*best on \d+ held-out rows/);
    expect(stderr).toMatch(/nats better than a Gaussian|Warning: the model is .* a Gaussian/);
    expect(events().at(-1)).toMatchObject({ validation: { heldOut: true } });
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

  it('end at once on a second interrupt and leave nothing half-written', async () => {
    const running = cli.start(
      `train people.csv ${asked} --steps 1000000 --patience none --out never.model --json`,
    );
    await running.saying(/"event":"step"/);
    running.process.kill('SIGINT');
    running.process.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expectNoTemporaryFiles(cli);
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
    const half = await run(`${model} --steps 4 --out t_half.model --checkpoint t.ckpt`);
    const whole = await run(`${model} --steps 8 --out t_whole.model`);
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
