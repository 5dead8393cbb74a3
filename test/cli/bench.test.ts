import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBenchDocument } from '../../src/measure/index.ts';
import { realnvp } from '../../src/presets/index.ts';
import { hasHalfPrecision } from '../support/device.ts';
import type { CliResult } from '../support/cliFolder.ts';
import { CommandLine } from './commandLine.ts';

const hasHalves = await hasHalfPrecision();

const cli = new CommandLine();
let result: CliResult;

beforeAll(async () => {
  cli.write('tiny.json', JSON.stringify(realnvp(2, { couplings: 2, hidden: [4] })));
  result = await cli.run('bench --spec tiny.json --batch 16 --quick --json --out run.json --report run.html');
});

afterAll(() => cli.remove());

const text = (name: string): string => new TextDecoder().decode(cli.bytes(name));

describe('bench', () => {
  it('tells peak and entries as events, and nothing else on stdout', () => {
    expect(result.code, result.stderr).toBe(0);
    const events = result.events();
    expect(events[0]).toMatchObject({ event: 'adapter' });
    const peak = events.find(({ event }) => event !== 'adapter' && event !== 'tuning');
    expect(peak).toMatchObject({ event: 'peak', fma: { layout: expect.any(String) as string } });
    const entries = events.filter(({ event }) => event === 'entry');
    expect(entries.filter(({ kind }) => kind === 'plan').map(({ name, shape }) => [name, shape])).toEqual([
      ['train_step', 'tiny, 16 rows'],
      ['forward', 'tiny, 8,192 rows'],
      ['sample', 'tiny, 8,192 rows'],
      ['log_prob', 'tiny, 8,192 rows'],
    ]);
    expect(entries.some(({ kind, name }) => kind === 'kernel' && name === 'flow_forward')).toBe(true);
    expect(events.at(-1)).toMatchObject({ event: 'done', files: ['run.json', 'run.html'] });
    expect(result.stderr).toMatch(/^\d+\/\d+ \| /m);
  });

  it('writes the document and the report, whole and with nothing beside them', () => {
    const { event: _, files: __, ...done } = result.events().at(-1)!;
    expect(parseBenchDocument(text('run.json'), 'run.json')).toEqual(done);
    expect(text('run.html')).toMatch(/^<!doctype html>.*<\/html>\n$/s);
    expect(cli.files()).toEqual(['run.html', 'run.json', 'tiny.json']);
  });

  it('chooses the kernels of each plan as a flow does, and says so; an entry has its choice', async () => {
    const told = (run: CliResult): unknown[] =>
      run
        .events()
        .filter(({ event }) => event === 'tuning')
        .map(({ pass, rows, source }) => [pass, rows, source === 'fixed']);
    const purposes = [
      ['gradient', 16],
      ['forward', 65_536],
      ['inverse', 65_536],
    ];
    expect(told(result)).toEqual(purposes.map((purpose) => [...purpose, false]));

    const args = '--spec tiny.json --batch 16 --quick --json --only plans --rows 70000,5';
    const fixed = await cli.run(`bench ${args} --tuning fixed`);
    expect(fixed.code, fixed.stderr).toBe(0);
    expect(told(fixed)).toEqual(purposes.map((purpose) => [...purpose, true]));
    const entries = fixed.events().filter(({ event }) => event === 'entry');
    expect(entries.map(({ name, shape, chunks }) => [name, shape, chunks])).toEqual([
      ['train_step', 'tiny, 16 rows', 1],
      ...['forward', 'sample', 'log_prob'].flatMap((name) => [
        [name, 'tiny, 70,000 rows', 2],
        [name, 'tiny, 5 rows', 1],
      ]),
    ]);
    const { fixedVariants } = fixed.events().at(-1)!;
    for (const { variants } of entries) expect(variants).toEqual(fixedVariants);
  });

  it('times training steps at several batches, and nothing else', async () => {
    const swept = await cli.run('bench --spec tiny.json --batches 16,8 --quick --json --tuning fixed');
    expect(swept.code, swept.stderr).toBe(0);
    const entries = swept.events().filter(({ event }) => event === 'entry');
    expect(entries.map(({ name, rows }) => [name, rows])).toEqual([
      ['train_step', 16],
      ['train_step', 8],
    ]);
    expect(swept.events().at(-1)).toMatchObject({
      batches: [{ flow: 'tiny', steps: [{ batch: 8 }, { batch: 16 }] }],
    });
  });

  it.runIf(hasHalves)('measures at half precision, and says so beside a run of another', async () => {
    const half = await cli.run(
      'bench --spec tiny.json --quick --precision f16 --only plans --json --out f16.json',
    );
    expect(half.code, half.stderr).toBe(0);
    expect(half.stderr).toMatch(/Kernels of the gradient pass, 512 rows: .*precision f16/);
    expect(half.events().at(-1)).toMatchObject({ event: 'done', precision: 'f16', mismatches: [] });
    const { stderr } = await cli.run('bench --compare run.json f16.json');
    expect(stderr).toContain('Note: The precision differs: f32, then f16.');
  });

  it.runIf(!hasHalves)(
    'refuses half precision where the adapter has no shader-f16, and writes nothing',
    async () => {
      const before = cli.files();
      const { code, stderr, events } = await cli.run(
        'bench --spec tiny.json --precision f16 --json --out f16.json --report f16.html',
      );
      expect(code).toBe(2);
      expect(stderr).toMatch(
        /precision f16 needs the device feature shader-f16, but this device has .*Use the precision f32/,
      );
      expect(events().at(-1)).toMatchObject({ code: 'FEATURE_MISSING', feature: 'shader-f16' });
      expect(cli.files()).toEqual(before);
    },
  );

  it('compares two runs: one with itself has no changes, one on another adapter is pointed out', async () => {
    const same = await cli.run('bench --compare run.json run.json');
    expect(same.code).toBe(0);
    expect(same.stdout).toMatch(/^0 faster, 0 slower, \d+ the same within the noise\.$/m);

    const run = parseBenchDocument(text('run.json'), 'run.json');
    const steady = (factor: number): string => {
      const entries = run.entries.map((entry) => {
        const ms = factor * entry.time.medianMs;
        const time = { ...entry.time, minMs: ms, medianMs: ms, maxMs: ms, quartilesMs: [ms, ms] };
        return { ...entry, time };
      });
      return JSON.stringify({ ...run, entries, adapter: { ...run.adapter, description: `${factor}` } });
    };
    cli.write('slow.json', steady(1));
    cli.write('fast.json', steady(0.5));
    const faster = await cli.run('bench --compare slow.json fast.json');
    expect(faster.code).toBe(0);
    expect(faster.stdout).toContain(`${run.entries.length} faster, 0 slower`);
    expect(faster.stderr).toMatch(/adapter differs: 1, then 0\.5\./);

    const { events } = await cli.run('bench --compare fast.json slow.json --json');
    const [done] = events();
    expect(done).toMatchObject({ event: 'done', onlyBefore: [], onlyAfter: [] });
    const verdicts = (done!['changes'] as { verdict: string }[]).map(({ verdict }) => verdict);
    expect(new Set(verdicts)).toEqual(new Set(['slower']));
  });

  it.each([
    ['bench --configs S,X', /--configs.*Found "X", expected names from S, M, L, separated by commas/],
    [
      'bench --kernels dense',
      /--kernels.*Found "dense", expected names from activation_forward, actnorm_start, /,
    ],
    ['bench --only some', /--only.*plans, kernels/],
    [
      'bench --spec tiny.json --kernels half_parameters',
      /kernels: found half_parameters at the precision f32, expected it at f16\..*--precision f16/,
    ],
    ['bench --precision f8', /--precision.*f32, f16/],
    [
      'bench --compare run.json run.json --precision f16',
      /--compare: found it with --precision, expected no other option/,
    ],
    ['bench --only plans --kernels adam_step', /--kernels: found --only plans, expected --only kernels/],
    ['bench --batch 0 --spec tiny.json', /Expected an integer from 1/],
    ['bench --rows 0', /--rows.*Expected an integer from 1 to 134,217,728/],
    ['bench --rows 10,,20', /--rows.*Expected an integer from 1/],
    ['bench --rows 1e9', /--rows.*Expected an integer from 1/],
    [
      'bench --configs L --rows 10000000',
      /rows of a pass: found 10,000,000 of 42 features, expected at most/,
    ],
    ['bench --batches 0', /--batches.*Expected an integer from 1/],
    ['bench --spec tiny.json --batches --batch 8', /--batches: found it with --batch, expected no --batch\./],
    [
      'bench --batches --rows 8',
      /--batches: found it with --rows, expected no --rows\. It times training steps/,
    ],
    ['bench --batches 8 --kernels adam_step', /--batches: found it with --kernels/],
    ['bench --batches 8 --only kernels', /--batches: found it with --only kernels/],
    ['bench --tuning best', /--tuning.*measured, fixed/],
    ['bench --batch 8', /--batch: found no --spec, expected --spec FILE/],
    ['bench --spec none.json', /none\.json: found no such file, expected a model file/],
    ['bench --spec bad.json', /bad\.json: spec\.dim: found nothing, expected this key/],
    ['bench --spec tiny.json --out none/run.json', /none\/run\.json: /],
    ['bench --json --out -', /--out: found - \(standard output\) with --json, expected a file/],
    ['bench --compare run.json', /--compare: found 1 file, expected two files/],
    ['bench --compare run.json run.json tiny.json', /--compare: found 3 files, expected two files/],
    ['bench --compare run.json tiny.json', /tiny\.json: format: found nothing, expected this key/],
    ['bench --compare run.json run.json/none.json', /none\.json: found no such file/],
    ['bench --compare run.json .', /\.: found a folder, expected a file that "wgflow bench/],
    [
      'bench --compare run.json none.json',
      /none\.json: found no such file, expected a file that "wgflow bench/,
    ],
    [
      'bench --quick --compare run.json run.json',
      /--compare: found it with --quick, expected no other option/,
    ],
  ])('%s: exit code 2, and what was found and expected', async (args, message) => {
    cli.write('bad.json', '{ "version": 1 }');
    const { code, stderr } = await cli.run(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});
