import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow.ts';
import { realnvp } from '../../src/flows/index.ts';
import { openNodeAdapter } from '../../src/gpu/dawn.ts';
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors.ts';
import { trainingMemory } from '../../src/memory.ts';
import { fixedVariants, PLAIN_VARIANTS } from '../../src/steps/variants.ts';
import { tuningKey } from '../../src/tuning.ts';
import { expectClose } from '../support/compare.ts';
import { hasHalfPrecision, testDevice, testOptions } from '../support/device.ts';
import { modelOf } from '../support/randomSpecs.ts';
import { CliSandbox, parseTable } from './runCli.ts';
import type { CliResult } from './runCli.ts';

/** A model so small that starting the process takes longer than training it. */
const TINY = '--couplings 2 --hidden 4 --batch 16 --steps 12 --tuning fixed';
const COLUMNS = ['height', 'weight', 'age'];

let cli: CliSandbox;
let people: number[][];

beforeAll(async () => {
  cli = await CliSandbox.create();
  people = Array.from({ length: 90 }, (_, i) => {
    const height = 170 + 9 * Math.sin(12.9898 * i) + 7 * Math.cos(4.1 * i);
    return [height, 0.9 * height - 80 + 6 * Math.sin(78.233 * i), 40 + 15 * Math.cos(37.7 * i)].map(
      Math.fround,
    );
  });
  const lines = people.map((row) => row.join(','));
  cli.write('people.csv', [COLUMNS.join(','), ...lines, ''].join('\n'));
  cli.write('no_header.csv', lines.join('\n'));
  await expectDone(`train people.csv ${TINY} --out people.model`);
});

afterAll(() => cli.remove());

describe('train', () => {
  it('learns a table with validation rows held out, and tells it as events', async () => {
    const { stderr, events } = await expectDone(
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

    const inspected = await expectDone('inspect val.model --json');
    const [model] = inspected.events();
    expect(model).toMatchObject({
      event: 'done',
      training: { columns: ['weight', 'height'], seed: 3, steps: 12, bestValidationNll: done['valNll'] },
    });
  });

  it('finds the columns of a validation file by place where one of the two has no header', async () => {
    const { stderr } = await expectDone(
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
        toys.map((toy) => expectDone(`train --toy ${toy} ${TINY} --out ${toy}.model --json`)),
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
    const { stderr } = await expectDone(`train people.csv ${TINY} --report people-run`);
    expect(stderr).toContain('people-run/report.html');
    expect(cli.table('people-run/samples.csv').columns).toEqual(COLUMNS);
    expect(cli.bytes('people-run/model.safetensors')).toEqual(cli.bytes('people.model'));
    const page = new TextDecoder().decode(cli.bytes('people-run/report.html'));
    expect(page).toContain('<h1>people.csv</h1>');
    expect(page).toContain('realnvp, 2 couplings, hidden 4');
    expect(page).toContain('people.csv, 90 rows');
  });

  it('learns a table of one column, whatever the preset', async () => {
    cli.write('heights.csv', ['height', ...people.map(([height]) => height), ''].join('\n'));
    const small = '--couplings 2 --batch 16 --steps 12 --tuning fixed';
    const presets = ['realnvp', 'glow'];
    await Promise.all(
      presets.map((preset) =>
        expectDone(`train heights.csv --preset ${preset} ${small} --report one-${preset}`),
      ),
    );
    for (const preset of presets) {
      const { columns, rows } = cli.table(`one-${preset}/samples.csv`);
      expect(columns).toEqual(['height']);
      expect(rows.flat().every(Number.isFinite)).toBe(true);
    }
  });

  it('learns bounded columns, and keeps to their domains', async () => {
    const lines = people.map(([height, , age]) => `${height! / 250},${age},${height! - 170}`);
    cli.write('bounded.csv', ['share,age,change', ...lines, ''].join('\n'));
    const domains = '--domain positive --domain unit:share --domain real:change';
    await expectDone(`train bounded.csv ${TINY} ${domains} --val 0.2 --out bounded.model`);
    await expectDone('sample bounded.model -n 50 --temperature 9 --out bounded_samples.csv');
    for (const [share, age] of cli.table('bounded_samples.csv').rows) {
      expect(share! > 0 && share! < 1 && age! > 0).toBe(true);
    }
    const scored = await expectDone('logprob bounded.model bounded.csv');
    expect(parseTable(scored.stdout).rows.flat().every(Number.isFinite)).toBe(true);
    cli.write('outside.csv', 'share,age,change\n0.5,3,-9\n0.5,0,1\n');
    for (const command of ['logprob', 'forward', 'gradients']) {
      const { code, stderr } = await cli.run(`${command} bounded.model outside.csv --out x.out`);
      expect(code).toBe(2);
      expect(stderr).toContain('outside.csv, row 3, column "age": found 0, expected a number above 0');
    }
  });

  it('ends with exit code 1 and writes nothing where it diverges', async () => {
    cli.write('old.model', 'old');
    const { code, stderr } = await cli.run(
      `train people.csv --preset vanilla ${TINY} --lr 1e6 --out old.model --checkpoint diverged.ckpt`,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: Training diverged at step \d+.*Lower the learning rate/);
    expect(new TextDecoder().decode(cli.bytes('old.model'))).toBe('old');
    expect(cli.files()).not.toContain('diverged.ckpt');
    expectNoTemporaryFiles();
  });
});

describe('a conditional model', () => {
  beforeAll(async () => {
    const lines = people.map(([height, weight, age], i) =>
      [height, i % 3 === 0 ? 'pale ale' : 'stout', weight! + (i % 3 === 0 ? 20 : 0), age].join(','),
    );
    cli.write('drinks.csv', ['height,drink,weight,age', ...lines, ''].join('\n'));
    await expectDone(`train drinks.csv ${TINY} --context drink,age --val 0.2 --out drinks.model`);
  });

  it('is told by inspect with its columns and levels', async () => {
    const { stdout } = await expectDone('inspect drinks.model');
    expect(stdout).toMatch(/Columns +│ height, weight /);
    expect(stdout).toMatch(/Context +│ drink \(pale ale, stout\); age \(numbers, mean [\d.]+, std [\d.]+\)/);
    expect(stdout).toContain('weight given height, drink, age; tanh scale');
    expect(stdout).toMatch(/bijectors\.1\.conditioner\.0\.weight +│ \[4, 4\]/);
  });

  it('maps rows given the columns of their own table, there and back, and scores them', async () => {
    await expectDone('forward drinks.model drinks.csv --out drinks_latent.csv');
    expect(new TextDecoder().decode(cli.bytes('drinks_latent.csv'))).toMatch(/^z1,z2,log_det,drink,age\n/);
    await expectDone('inverse drinks.model drinks_latent.csv --out drinks_back.csv');
    const [header, ...back] = new TextDecoder().decode(cli.bytes('drinks_back.csv')).trimEnd().split('\n');
    expect(header).toBe('height,weight,drink,age');
    back.forEach((line, i) => {
      const [height, weight, drink, age] = line.split(',');
      expect(Number(height)).toBeCloseTo(people[i]![0]!, 2);
      expect(Number(weight)).toBeCloseTo(people[i]![1]! + (i % 3 === 0 ? 20 : 0), 2);
      expect([drink, Number(age)]).toEqual([i % 3 === 0 ? 'pale ale' : 'stout', people[i]![2]]);
    });
    await expectDone('logprob drinks.model drinks.csv --out drinks_scores.csv');
    // The same of one row alone, by the value on the command line.
    cli.write('one.csv', `height,weight\n${people[1]![0]},${people[1]![1]}\n`);
    await expectDone(
      `logprob drinks.model one.csv --context drink=stout,age=${people[1]![2]} --out one_score.csv`,
    );
    const [score] = cli.table('one_score.csv').rows;
    expectClose('log_prob', score!, cli.table('drinks_scores.csv').rows[1]!, 1e-5);
    await expectDone('gradients drinks.model drinks.csv --out drinks_gradients.json');
  });

  it('draws rows given values, or for each row of a file', async () => {
    cli.write('given.csv', 'age,drink\n30,stout\n50,pale ale\n');
    const { stdout } = await expectDone('sample drinks.model -n 3 --seed 2 --context given.csv');
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('height,weight,drink,age');
    expect(lines.slice(1).map((line) => line.split(',').slice(2).join())).toEqual([
      ...Array<string>(3).fill('stout,30'),
      ...Array<string>(3).fill('pale ale,50'),
    ]);
    const fixed = await expectDone('sample drinks.model -n 3 --seed 2 --context age=30,drink=stout');
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

  it('learns the moons given their class, reports on it, and goes on from a checkpoint', async () => {
    const asked = `train --toy moons ${TINY} --context class --checkpoint class.ckpt`;
    const { stderr, events } = await expectDone(`${asked} --report class-run --json`);
    expect(stderr).toMatch(/the exact entropy given class, the best any model can do, is 0\.4381 /);
    expect(events().at(-1)).toMatchObject({ event: 'done', context: ['class'] });
    expect(cli.table('class-run/samples.csv').rows).toHaveLength(10_000);
    await expectDone(
      'train --toy moons --resume class.ckpt --steps 14 --batch 16 --tuning fixed --out class.model',
    );
    const upper = await expectDone('sample class.model -n 2 --context class=0');
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
      expectDone(`${constant} --steps 40 --out once.model`),
      expectDone(`${constant} --steps 20 --out half.model --checkpoint half.ckpt`),
    ]);
    await Promise.all([
      expectDone(`${constant} --steps 40 --out again.model`),
      expectDone('train people.csv --resume half.ckpt --steps 40 --out resumed.model'),
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
    expect(stderr).toMatch(/Checkpoint of step \d+ in stopped.ckpt; go on with --resume stopped.ckpt/);
    expect(events().slice(-2)).toEqual([
      { event: 'checkpoint', file: 'stopped.ckpt' },
      { event: 'interrupted' },
    ]);
    expect(cli.files()).not.toContain('stopped.model');
    expectNoTemporaryFiles();

    await Promise.all([
      expectDone(`${full} --out full.model --checkpoint full.ckpt`),
      expectDone(
        'train people.csv --val 0.2 --resume stopped.ckpt --out stopped.model --checkpoint resumed.ckpt',
      ),
    ]);
    expect(cli.bytes('stopped.model')).toEqual(cli.bytes('full.model'));
    expect(cli.bytes('resumed.ckpt')).toEqual(cli.bytes('full.ckpt'));
  });

  it('are interrupted after the last step too, and leave the checkpoint alone', async () => {
    const late = cli.start(`train --toy moons ${TINY} --report late-run --checkpoint late.ckpt --json`);
    await late.saying(/"event":"step","step":12,/);
    late.process.kill('SIGINT');
    const { code, stderr, events } = await late.ended;
    expect(code, stderr).toBe(130);
    expect(events().at(-1)).toEqual({ event: 'interrupted' });
    expect(cli.files()).toContain('late.ckpt');
    expect(cli.files()).not.toContain('late-run');
    expectNoTemporaryFiles();
  });

  it('go on from a checkpoint of a toy density with its noise, and with no other data', async () => {
    const noisy =
      'train --toy circles --noise 0.2 --couplings 2 --hidden 4 --batch 16 --schedule constant --tuning fixed';
    await Promise.all([
      expectDone(`${noisy} --steps 20 --out noisy.model`),
      expectDone(`${noisy} --steps 10 --out noisy_half.model --checkpoint noisy.ckpt`),
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

  it('end at once on a second interrupt and leave nothing behind', async () => {
    const running = cli.start(`train people.csv ${asked} --steps 1000000 --out never.model --json`);
    await running.saying(/"event":"step"/);
    running.process.kill('SIGINT');
    running.process.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(cli.files()).not.toContain('never.model');
    expectNoTemporaryFiles();
  });
});

describe('the choice of kernels', () => {
  // More couplings than a segment, so that there is a choice on a CPU too.
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
    // A machine under load may not be done in time; then the fixed choice is taken and nothing is kept.
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
    expect((await expectDone('inspect t.ckpt')).stdout).toMatch(/│ Kernels +│ tiled, .*lanes 1/);
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

describe('a trained model', () => {
  it('scores rows as the library does', async () => {
    await Promise.all([
      expectDone('logprob people.model people.csv --out scores.csv'),
      expectDone('logprob people.model no_header.csv --out scores2.csv'),
    ]);
    using flow = await Flow.load(cli.bytes('people.model'), { ...(await testOptions()) });
    const logProb = await flow.logProb(Float32Array.from(people.flat()));
    const { columns, rows } = cli.table('scores.csv');
    expect(columns).toEqual(['log_prob']);
    expect(Float32Array.from(rows.flat())).toEqual(logProb);
    expect(cli.bytes('scores2.csv')).toEqual(cli.bytes('scores.csv'));
  });

  it('maps rows to the latent and back', async () => {
    await expectDone('forward people.model people.csv --out latent.csv');
    expect(cli.table('latent.csv').columns).toEqual(['z1', 'z2', 'z3', 'log_det']);
    const { stdout } = await expectDone('inverse people.model latent.csv');
    const back = parseTable(stdout);
    expect(back.columns).toEqual(COLUMNS);
    expectClose('rows', back.rows.flat(), people.flat(), 1e-4);
  });

  it('is sampled in the units and columns of its data, whole or in JSON', async () => {
    const [text, json] = await Promise.all([
      expectDone('sample people.model -n 50 --seed 4'),
      expectDone('sample people.model -n 50 --seed 4 --json'),
    ]);
    const { columns, rows } = parseTable(text.stdout);
    expect(columns).toEqual(COLUMNS);
    expect(rows).toHaveLength(50);
    const mean = rows.reduce((sum, [height]) => sum + height!, 0) / 50;
    expect(Math.abs(mean - 170)).toBeLessThan(8);
    const [, event, done] = json.events();
    expect(event).toMatchObject({ event: 'rows', columns: COLUMNS });
    expectClose('rows', (event!['rows'] as number[][]).flat(), rows.flat(), 1e-7);
    expect(done).toEqual({ event: 'done', rows: 50 });
  });

  it('gives gradients as safetensors and as JSON', async () => {
    const [first, second] = await Promise.all([
      expectDone('gradients people.model people.csv --out gradients.safetensors --json'),
      expectDone('gradients people.model people.csv --out gradients.json --json'),
    ]);
    const done = first.events().at(-1)!;
    expect(done).toMatchObject({ event: 'done', rows: 90 });
    expect(second.events().at(-1)).toMatchObject({ nll: done['nll'] });
    const { tensors } = readSafetensors(cli.bytes('gradients.safetensors'), 'gradients');
    const json = JSON.parse(new TextDecoder().decode(cli.bytes('gradients.json'))) as {
      gradients: Record<string, { shape: number[]; values: number[] }>;
    };
    expect([...tensors.keys()].sort()).toEqual(Object.keys(json.gradients).sort());
    for (const [name, { shape, data }] of tensors) {
      expect(json.gradients[name], name).toEqual({ shape: [...shape], values: [...data] });
    }
    expect(tensors.has('bijectors.1.conditioner.0.weight')).toBe(true);
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
    // Its events had no reader, but the model was asked for.
    expect(cli.files()).toContain('unread.model');
  });
});

const hasHalves = await hasHalfPrecision();

describe('--precision f16', () => {
  const training = `train people.csv ${TINY} --precision f16 --checkpoint f16.ckpt --out f16.model`;

  it.runIf(hasHalves)('trains, resumes and draws where the adapter has shader-f16', async () => {
    expect((await expectDone('info')).stdout).toMatch(/│ Precisions +│ f32, f16 +│/);
    expect((await expectDone(training)).stderr).toContain('precision f16; from the fixed table');
    await expectDone('sample f16.model -n 3 --precision f16 --tuning fixed');
    const resumed = await expectDone('train people.csv --resume f16.ckpt --steps 14 --out f16.model');
    expect(resumed.stderr).toContain('precision f16; as in the checkpoint');
  });

  it.runIf(!hasHalves)('is refused where the adapter has no shader-f16, and nothing is written', async () => {
    expect((await expectDone('info')).stdout).toMatch(/│ Precisions +│ f32 \(f16 needs shader-f16\) +│/);
    const { code, stderr, events } = await cli.run(`${training} --json`);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /precision f16 needs the device feature shader-f16, but this device has .*Use the precision f32/,
    );
    expect(events().at(-1)).toMatchObject({ code: 'FEATURE_MISSING', feature: 'shader-f16' });
    expect(cli.files().filter((name) => name.startsWith('f16'))).toEqual([]);
  });

  it('tells the memory that it takes, without a GPU', async () => {
    const { stdout } = await expectDone('inspect people.model --precision f16 --json');
    const model = modelOf(realnvp(3, { couplings: 2, hidden: [4] }));
    expect(JSON.parse(stdout)).toMatchObject({
      precision: 'f16',
      memory: { ...trainingMemory(model, {}, fixedVariants(0, 'f16')) },
    });
  });

  it('is refused where it is none', async () => {
    const { code, stderr } = await cli.run('sample people.model -n 1 --precision f8');
    expect(code).toBe(2);
    expect(stderr).toContain("argument 'f8' is invalid. Allowed choices are f32, f16.");
  });
});

describe('info and inspect', () => {
  it('tell the adapter and the model as tables', async () => {
    const [info, inspect] = await Promise.all([expectDone('info'), expectDone('inspect people.model')]);
    expect(info.stdout).toMatch(/│ Kind +│ (software \(no GPU\)|GPU) +│/);
    expect(info.stdout).toMatch(/│ Tuning cache +│ .*tuning\.json +│/);
    expect(info.stdout).toMatch(/│ maxBufferSize +│ \d+ MiB +│/);
    expect(inspect.stdout).toMatch(/│ Columns +│ height, weight, age +│/);
    expect(inspect.stdout).toContain('weight, age given height; tanh scale, bound 3; one net of 4 tanh');
    expect(inspect.stdout).toMatch(/│ memory of training │ bytes +│ at batches of 512 +│/);
    expect(inspect.stdout).toMatch(/│ activations +│ [\d,]+ +│ workspace of a step +│/);
    expect(inspect.stdout).toMatch(/│ bijectors\.1\.conditioner\.0\.weight │ \[4, 1\] +│/);
  });

  it('tell them as events', async () => {
    const [info, inspect] = await Promise.all([
      expectDone('info --json'),
      expectDone('inspect people.model --batch 64 --rows 1000 --json'),
    ]);
    expect(info.events().map(({ event }) => event)).toEqual(['adapter', 'done']);
    expect(info.events()[1]!['tuningCache']).toMatch(/tuning\.json$/);
    expect(inspect.events()).toHaveLength(1);
    const [model] = inspect.events();
    expect(model).toMatchObject({ parameters: 50, spec: { dim: 3 } });
    const { batch, rows, total, ...parts } = model!['memory'] as Record<string, number>;
    expect({ batch, rows, data: parts['data'] }).toEqual({ batch: 64, rows: 1000, data: 4 * 3 * 1000 });
    expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(total);
  });
});

describe('a mistake of the user', () => {
  let before: string[];
  beforeEach(() => {
    cli.write('text.csv', 'a,b\n1,2\n2,hello\n');
    cli.write('ragged.csv', 'a,b\n1,2\n2\n');
    cli.write('one_row.csv', 'a,b\n1,2\n');
    cli.write('constant.csv', 'a,b\n1,2\n3,2\n');
    cli.write('nan.csv', 'a,b\n1,2\nNaN,3\n');
    cli.write('infinite.csv', 'a,b\n1,2\n2,1e39\n');
    cli.write('one_column.csv', 'a\n1\n2\n');
    cli.write('damaged.model', cli.bytes('people.model').slice(0, -3));
    before = cli.files();
  });

  it.each([
    ['train text.csv', /text.csv, row 3, column "b": found "hello", expected a number/],
    ['train ragged.csv', /ragged.csv, row 3, column "b": found 1 cell, expected 2/],
    ['train one_row.csv', /one_row.csv: found 1 row, expected at least 2/],
    ['train constant.csv', /constant.csv, column "b": found no spread/],
    ['train nan.csv', /nan.csv, row 3, column "a": found "NaN", expected a finite number/],
    ['train infinite.csv', /infinite.csv, row 3, column "b": found "1e39".*float32/],
    ['train one_column.csv --preset vanilla', /spec.dim: found 1, expected at least 2/],
    ['train missing.csv', /missing.csv: found no such file/],
    ['train people.csv --domain unit', /people.csv, row 2, column "height": found .*between 0 and 1/],
    ['train people.csv --domain unit:depth', /the column "depth", expected one of height, weight, age/],
    ['train people.csv --domain log', /Expected real, positive or unit/],
    ['train people.csv --out nowhere/x.model', /nowhere\/x.model: found no folder to write into/],
    ['train people.csv --checkpoint nowhere/x.ckpt', /nowhere\/x.ckpt: found no folder to write into/],
    ['train people.csv --report nowhere/x/y', /nowhere\/x\/y: found no folder to write into/],
    ['train people.csv --resume people.model', /people.model: found a model without the optimiser's state/],
    ['train no_header.csv --toy moons', /both the data file no_header.csv and --toy moons/],
    ['train --toy moons --steps 0', /'--steps <n>' argument '0' is invalid. Expected an integer ≥ 1/],
    ['train --toy moons --lr nan', /'--lr <x>' argument 'nan' is invalid. Expected a number above 0/],
    ['train --toy moons --preset planar', /Expected vanilla, realnvp, nice, glow, or spline/],
    ['train people.csv --context shoe', /people.csv, column "shoe": found no such column/],
    ['train people.csv --context age --columns age,height', /"age" was asked for more than once/],
    ['train --toy moons --context age', /--context: found age with --toy moons, expected class/],
    ['sample people.model -n 3 --context age=3', /people.model has no context/],
    ['train --toy moons --frobnicate', /unknown option '--frobnicate'/],
    ['trian', /unknown command 'trian'.*\(Did you mean train\?\)/s],
    ['logprob people.model', /missing required argument 'data'/],
    ['logprob damaged.model people.csv', /damaged.model: .*found .* expected/],
    ['logprob people.csv people.csv', /people.csv: .*This is no safetensors file/],
    ['forward people.model one_column.csv', /found the columns a, expected height, weight, age/],
    ['inverse people.model people.csv', /found the columns height, weight, age, expected z1, z2, z3/],
  ])('is told as an error and an event, and nothing is written: %s', async (args, sentence) => {
    const { code, stderr, events } = await cli.run(`${args} --json`);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/^\s+at /m);
    const [error, ...others] = events();
    expect(others).toEqual([]);
    expect(error).toMatchObject({ event: 'error', code: expect.stringMatching(/^[A-Z_]+$/) as string });
    expect(error!['message']).toMatch(sentence);
    expect(code).toBe(2);
    expect(cli.files()).toEqual(before);
  });

  it('leaves the file of an earlier run as it was, and standard output empty', async () => {
    cli.write('old.csv', 'old');
    const toFile = await cli.run('logprob people.model text.csv --out old.csv');
    expect(toFile.code).toBe(2);
    expect(new TextDecoder().decode(cli.bytes('old.csv'))).toBe('old');
    const toStdout = await cli.run('logprob people.model text.csv');
    expect(toStdout).toMatchObject({ code: 2, stdout: '' });
  });

  it('is told before training where the model is larger than the device allows', async () => {
    const { adapter } = await openNodeAdapter();
    // 206 GB, and the adapter's own limit is told, not WebGPU's default.
    const { code, stderr } = await cli.run('train --toy moons --hidden 65536,65536 --out large.model');
    expect(stderr).toMatch(/The model needs maxStorageBufferBindingSize = \d+/);
    expect(stderr).toContain(`but this device allows ${adapter.limits.maxStorageBufferBindingSize}.`);
    expect(code).toBe(2);
    expect(cli.files()).toEqual(before);
  });

  it('is told without the control characters of the file that holds it', async () => {
    cli.write('hostile.csv', 'a,"\u001b[2J\u009b2J"\n1,2\n2,3\n');
    const { tensors, metadata } = readSafetensors(cli.bytes('people.model'), 'people.model');
    const training = { steps: 1, seed: 0, library: '\u001b]0;title\u0007', columns: COLUMNS };
    metadata.set('wgflow_training', JSON.stringify(training));
    cli.write(
      'hostile.model',
      writeSafetensors({ tensors: [...tensors.values()], metadata: Object.fromEntries(metadata) }),
    );
    for (const [args, sentence] of [
      ['train hostile.csv', /hostile.csv, row 1: found the column name .* with a control character/],
      ['inspect hostile.model', /wgflow_training.library: found .* expected text without control characters/],
    ] as const) {
      const { code, stdout, stderr } = await cli.run(args);
      expect(stderr).toMatch(sentence);
      expect(stdout + stderr).not.toMatch(/[^\n\P{Cc}]/u);
      expect(code).toBe(2);
    }
  });
});

describe('the process', () => {
  // Elsewhere Dawn does not go through a Vulkan loader that can be sent astray.
  it.runIf(process.platform === 'linux')(
    'ends with exit code 3 where there is no adapter of the wanted kind',
    async () => {
      const { code, stderr, events } = await cli.run('info --adapter gpu --json', {
        // No driver but the one that is asked for, and that is not there.
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
});

async function expectDone(args: string) {
  const result = await cli.run(args);
  expect(result.code, `wgflow ${args}: ${result.stderr}`).toBe(0);
  return result;
}

function expectNoTemporaryFiles(): void {
  expect(cli.files().filter((name) => name.endsWith('.tmp'))).toEqual([]);
}
