import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow/flow.ts';
import { realnvp } from '../../src/presets/index.ts';
import { openNodeAdapter } from '../../src/gpu/dawn.ts';
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors.ts';
import { trainingMemory } from '../../src/training/memory.ts';
import { fixedVariants, GPU_WITHOUT_SUBGROUPS } from '../../src/plan/variants.ts';
import { withHeaderOf } from '../io/smallModel.ts';
import { expectClose } from '../support/compare.ts';
import { hasHalfPrecision, testOptions } from '../support/device.ts';
import { modelOf } from '../support/randomSpecs.ts';
import { COLUMNS, expectDone, PEOPLE, peopleFolder, TINY } from './people.ts';
import { parseTable } from '../support/cliFolder.ts';
import { CommandLine } from './commandLine.ts';

let cli: CommandLine;

beforeAll(async () => {
  cli = await peopleFolder(new CommandLine());
});

afterAll(() => cli.remove());

describe('a trained model', () => {
  it('scores rows as the library does', async () => {
    await Promise.all([
      expectDone(cli, 'logprob people.model people.csv --out scores.csv'),
      expectDone(cli, 'logprob people.model no_header.csv --out scores2.csv'),
    ]);
    using flow = await Flow.load(cli.bytes('people.model'), { ...(await testOptions()) });
    const logProb = await flow.logProb(Float32Array.from(PEOPLE.flat()));
    const { columns, rows } = cli.table('scores.csv');
    expect(columns).toEqual(['log_prob']);
    expect(Float32Array.from(rows.flat())).toEqual(logProb);
    expect(cli.bytes('scores2.csv')).toEqual(cli.bytes('scores.csv'));
  });

  it('maps rows to the latent and back', async () => {
    await expectDone(cli, 'forward people.model people.csv --out latent.csv');
    expect(cli.table('latent.csv').columns).toEqual(['z1', 'z2', 'z3', 'log_det']);
    const { stdout } = await expectDone(cli, 'inverse people.model latent.csv');
    const back = parseTable(stdout);
    expect(back.columns).toEqual(COLUMNS);
    expectClose('rows', back.rows.flat(), PEOPLE.flat(), 1e-4);
  });

  it('is the same model without the padding of its header', async () => {
    const { stdout } = await expectDone(cli, 'logprob people.model people.csv');
    for (const more of [1, 2, 3]) {
      cli.write('unpadded.model', withHeaderOf(cli.bytes('people.model'), more));
      expect((await expectDone(cli, 'logprob unpadded.model people.csv')).stdout).toBe(stdout);
    }
  });

  it('keeps centimetres of coordinates and milliseconds of time stamps through every command', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => {
      const swing = Math.sin(7 * i);
      return [5_400_000 + Math.round(60 * swing) / 100, 1.7e12 + Math.round(40_000 * Math.cos(5 * i)), swing];
    });
    const lines = rows.map(([a, b, c]) => `${a!.toFixed(2)},${b},${c!.toFixed(4)}`);
    cli.write('far.csv', `northing,time,height\n${lines.join('\n')}\n`);
    await expectDone(
      cli,
      'train far.csv --preset realnvp --couplings 2 --hidden 8 --steps 5 --val far.csv --out far.model --report far',
    );
    const inspected = await expectDone(cli, 'inspect far.model');
    expect(inspected.stdout).toMatch(/offset 5400000 of northing, 1\.?\d*e?\+?\d+ of time/);
    await expectDone(cli, 'forward far.model far.csv --out far.z.csv');
    const { stdout } = await expectDone(cli, 'inverse far.model far.z.csv');
    parseTable(stdout).rows.forEach(([northing, time], i) => {
      expect(Math.abs(northing! - rows[i]![0]!)).toBeLessThan(1e-4);
      expect(Math.abs(time! - rows[i]![1]!)).toBeLessThan(1);
    });
    const sampled = parseTable((await expectDone(cli, 'sample far.model -n 200')).stdout).rows;
    expect(new Set(sampled.map(([northing]) => northing)).size).toBeGreaterThan(190);
    const reported = cli.table('far/samples.csv').rows.map(([northing]) => northing);
    expect(new Set(reported).size).toBeGreaterThan(9000);
    cli.write('near.csv', 'northing,time,height\n5400000.20,1700000000001,0\n5400000.21,1700000000001,0\n');
    const [one, other] = parseTable((await expectDone(cli, 'logprob far.model near.csv')).stdout).rows;
    expect(one).not.toEqual(other);
    const graded = await expectDone(cli, 'gradients far.model far.csv --out far.json --json');
    expect(Number.isFinite(graded.events().at(-1)!['nll'])).toBe(true);
    const refused = await cli.run('train far.csv --preset vanilla --steps 5 --out x.model');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/column "northing": .*steps of 0\.5/);
  });

  it('is sampled in the units and columns of its data, whole or in JSON', async () => {
    const [text, json] = await Promise.all([
      expectDone(cli, 'sample people.model -n 50 --seed 4'),
      expectDone(cli, 'sample people.model -n 50 --seed 4 --json'),
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
      expectDone(cli, 'gradients people.model people.csv --out gradients.safetensors --json'),
      expectDone(cli, 'gradients people.model people.csv --out gradients.json --json'),
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
    expect(tensors.has('bijectors.2.conditioner.0.weight')).toBe(true);
  });
});

const hasHalves = await hasHalfPrecision();

describe('--precision f16', () => {
  const training = `train people.csv ${TINY} --precision f16 --checkpoint f16.ckpt --out f16.model`;

  it.runIf(hasHalves)('trains, resumes and draws where the adapter has shader-f16', async () => {
    expect((await expectDone(cli, 'info')).stdout).toMatch(/│ Precisions +│ f32, f16 +│/);
    expect((await expectDone(cli, training)).stderr).toContain('precision f16; from the fixed table');
    await expectDone(cli, 'sample f16.model -n 3 --precision f16 --tuning fixed');
    const resumed = await expectDone(cli, 'train people.csv --resume f16.ckpt --steps 14 --out f16.model');
    expect(resumed.stderr).toContain('precision f16; as in the checkpoint');
  });

  it.runIf(!hasHalves)('is refused where the adapter has no shader-f16, and nothing is written', async () => {
    expect((await expectDone(cli, 'info')).stdout).toMatch(/│ Precisions +│ f32 \(f16 needs shader-f16\) +│/);
    const { code, stderr, events } = await cli.run(`${training} --json`);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /precision f16 needs the device feature shader-f16, but this device has .*Use the precision f32/,
    );
    expect(events().at(-1)).toMatchObject({ code: 'FEATURE_MISSING', feature: 'shader-f16' });
    expect(cli.files().filter((name) => name.startsWith('f16'))).toEqual([]);
  });

  it('tells the memory that it takes, without a GPU', async () => {
    const { stdout } = await expectDone(cli, 'inspect people.model --precision f16 --json');
    const model = modelOf(realnvp(3, { couplings: 2, hidden: [4] }));
    expect(JSON.parse(stdout)).toMatchObject({
      precision: 'f16',
      memory: { ...trainingMemory(model, {}, fixedVariants(GPU_WITHOUT_SUBGROUPS, 'f16')) },
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
    const [info, inspect] = await Promise.all([
      expectDone(cli, 'info'),
      expectDone(cli, 'inspect people.model'),
    ]);
    expect(info.stdout).toMatch(/│ Kind +│ (software \(no GPU\)|GPU) +│/);
    expect(info.stdout).toMatch(/│ Subgroups +│ (no|\d+ lanes|\d+ to \d+ lanes) +│/);
    expect(info.stdout).toMatch(/│ Tuning cache +│ .*tuning\.json +│/);
    expect(info.stdout).toMatch(/│ maxBufferSize +│ \d+ MiB +│/);
    expect(inspect.stdout).toMatch(/│ Columns +│ height, weight, age +│/);
    expect(inspect.stdout).toContain('h2, h3 given h1; tanh scale, bound 3; one net of 4 tanh');
    expect(inspect.stdout).toMatch(/│ memory of training │ bytes +│ at batches of 512 +│/);
    expect(inspect.stdout).toMatch(/│ activations +│ [\d,]+ +│ workspace of a step +│/);
    expect(inspect.stdout).toMatch(/│ train_step +│ 512 +│ \d+ +│/);
    expect(inspect.stdout).toMatch(/│ step_record +│ 1 × 64 .*│ launch, /);
    expect(inspect.stdout).toMatch(/│ bijectors\.2\.conditioner\.0\.weight │ \[4, 1\] +│/);
  });

  it('tell them as events', async () => {
    const [info, inspect] = await Promise.all([
      expectDone(cli, 'info --json'),
      expectDone(cli, 'inspect people.model --batch 64 --rows 1000 --json'),
    ]);
    expect(info.events().map(({ event }) => event)).toEqual(['adapter', 'done']);
    expect(info.events()[1]!['tuningCache']).toMatch(/tuning\.json$/);
    expect(inspect.events()).toHaveLength(1);
    const [model] = inspect.events();
    expect(model).toMatchObject({ parameters: 59, spec: { dim: 3 } });
    const [step] = model!['launches'] as Record<string, unknown>[];
    expect(step).toMatchObject({
      name: 'train_step',
      rows: 64,
      leastMs: { small: expect.any(Number) as number },
    });
    const { batch, rows, total, ...parts } = model!['memory'] as Record<string, number>;
    expect({ batch, rows, data: parts['data'] }).toEqual({ batch: 64, rows: 1000, data: 4 * 3 * 1000 });
    expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(total);
  });
});

describe('a mistake of the user', () => {
  let before: string[];
  beforeEach(() => {
    cli.write('text.csv', `a,b\n1,2\n2,hello\n${'3,4\n5,6\n'.repeat(8)}`);
    cli.write('ragged.csv', 'a,b\n1,2\n2\n');
    cli.write('one_row.csv', 'a,b\n1,2\n');
    cli.write('all_constant.csv', 'a,b\n1,2\n1,2\n');
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
    ['train all_constant.csv', /found nothing to learn in a \(constant\), b \(constant\)/],
    ['train nan.csv --missing error', /nan.csv, row 3, column "a": found "NaN", expected a value/],
    ['train infinite.csv', /infinite.csv, row 3, column "b": found "1e39".*float32/],
    ['train one_column.csv --preset vanilla', /spec.dim: found 1, expected at least 2/],
    ['train missing.csv', /missing.csv: found no such file/],
    ['train text.csv/missing.csv', /missing.csv: found no such file/],
    ['train people.csv --val text.csv/missing.csv', /missing.csv: found no such file/],
    ['train people.csv --out text.csv/x.model', /x.model: found a file where a folder should be/],
    ['train people.csv --checkpoint text.csv/x.ckpt', /x.ckpt: found a file where a folder should be/],
    ['train people.csv --report text.csv', /text.csv: found a file, expected a folder to write to/],
    ['sample people.model -n 3 --out text.csv/x.csv', /x.csv: found a file where a folder should be/],
    ['train people.csv --domain unit', /people.csv, row \d+, column "height": found .*between 0 and 1/],
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
    ['train people.csv --context height,weight,age', /people.csv: found only context columns/],
    ['logprob people.model people.csv --out people.model', /people.model for both --out and the model/],
    ['gradients people.model people.csv --out people.csv', /people.csv for both --out and the data/],
    ['train --toy moons --context age', /--context: found age with --toy moons, expected class/],
    ['sample people.model -n 3 --context age=3', /people.model has no context/],
    ['train --toy moons --frobnicate', /unknown option '--frobnicate'/],
    ['trian', /unknown command 'trian'.*\(Did you mean train\?\)/s],
    ['logprob people.model', /missing required argument 'data'/],
    ['logprob damaged.model people.csv', /damaged.model: .*found .* expected/],
    ['logprob people.csv people.csv', /people.csv: .*This is not a safetensors file/],
    ['forward people.model one_column.csv', /found the columns a, expected height, weight, age/],
    ['inverse people.model people.csv', /found the columns height, weight, age, expected z1, z2, z3/],
  ])('is told as an error and an event, and nothing is written: %s', async (args, sentence) => {
    const { code, stderr, events } = await cli.run(`${args} --json`);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/^\s+at /m);
    // What was read of the table may come first.
    const [error, ...others] = events().filter(({ event }) => event !== 'columns');
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
    // 206 GB; the message has the adapter's own limit, not WebGPU's default.
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
