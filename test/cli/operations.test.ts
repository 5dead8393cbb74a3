import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectDone, peopleFolder, TINY } from './people.ts';
import { CommandLine } from './commandLine.ts';

let cli: CommandLine;

beforeAll(async () => {
  cli = await peopleFolder(new CommandLine());
});

afterAll(() => cli.remove());

describe('train --dry-run', () => {
  it('prints what the run would do, and writes nothing', async () => {
    const before = cli.files();
    const { stdout, stderr } = await expectDone(
      cli,
      'train people.csv --preset realnvp --couplings 3 --hidden 8 --batch 16 --steps 400 --tuning fixed --dry-run --out dry.model --checkpoint dry.ckpt --report dry --log dry.jsonl',
    );
    for (const line of [
      /Preset +│ realnvp /,
      /Columns +│ height, weight, age /,
      /Rows +│ 81 to learn, 9 for validation /,
      /Bijectors +│ standardize, invertible_linear, 3 affine_coupling /,
      /Nets +│ 3, hidden 8, /,
      /Settings +│ steps 400, batch 16, /,
      /Memory on the GPU +│ \d+ KiB: parameters \d/,
      /Time \(an estimate\) +│ at most \d+ s: 400 steps of \S+ ms, by \d+ measured ones; the scores may end it earlier /,
      /Files +│ dry\.model, dry, dry\.ckpt, dry\.jsonl /,
    ]) {
      expect(stdout).toMatch(line);
    }
    expect(stderr).toContain('Nothing was trained, and nothing was written.');
    expect(cli.files()).toEqual(before);
  });

  it('is an event with --json, whose settings are those of the run', async () => {
    const run = await expectDone(cli, `train --toy moons ${TINY} --dry-run --json`);
    const plan = run.events().find(({ event }) => event === 'plan');
    expect(plan).toMatchObject({
      preset: 'realnvp',
      settings: { steps: 12, batch: 16 },
      memory: { total: expect.any(Number) },
      estimatedSeconds: expect.any(Number),
      files: ['model.safetensors'],
    });
  });

  it('refuses what the run would refuse', async () => {
    const run = await cli.run('train people.csv --columns nothing --dry-run');
    expect(run.code).toBe(2);
  });
});

describe('train --log', () => {
  it('writes the events of --json, each with its time', async () => {
    const run = await expectDone(cli, `train people.csv ${TINY} --json --log run.jsonl --out a.model`);
    const logged = linesOf('run.jsonl');
    expect(logged).toEqual(run.events().map((event) => ({ time: expect.any(String), ...event })));
    const times = logged.map(({ time }) => String(time));
    expect(times).toEqual(times.toSorted());
    expect(times[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('is continued by --resume, on a line of its own, and replaced by a new run', async () => {
    const short = 'train people.csv --couplings 2 --hidden 4 --batch 16 --tuning fixed --log b.jsonl';
    await expectDone(cli, `${short} --steps 10 --checkpoint b.ckpt --out b.model`);
    const first = linesOf('b.jsonl').length;
    cli.write('b.jsonl', new TextEncoder().encode(`${text('b.jsonl')}{"torn":`));
    await expectDone(
      cli,
      'train people.csv --resume b.ckpt --steps 20 --tuning fixed --log b.jsonl --out b.model',
    );
    const lines = text('b.jsonl').trimEnd().split('\n');
    expect(lines[first]).toBe('{"torn":');
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ event: 'done', steps: 20 });
    await expectDone(cli, `${short} --steps 10 --out b.model`);
    expect(linesOf('b.jsonl').at(-1)).toMatchObject({ event: 'done', steps: 10 });
  });

  it('holds the error that ends a run, and stays as it was where a run does not start', async () => {
    const diverging = await cli.run(
      `train people.csv --preset vanilla ${TINY} --steps 80 --lr 1e36 --out c.model --log c.jsonl`,
    );
    expect(diverging.code).toBe(1);
    expect(linesOf('c.jsonl').at(-1)).toMatchObject({ event: 'error', code: 'TRAINING_DIVERGED' });
    const before = text('c.jsonl');
    expect((await cli.run('train people.csv --columns nothing --log c.jsonl')).code).toBe(2);
    expect(text('c.jsonl')).toBe(before);
  });

  it.each([
    ['people.csv', 'for both --log and the data'],
    ['d.model', 'for both --log and --out'],
    ['-', 'For events on standard output, give --json.'],
    ['nowhere/run.jsonl', 'found no folder to write into'],
  ])('refuses %s', async (file, words) => {
    const run = await cli.run(`train people.csv ${TINY} --out d.model --log ${file}`);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(words);
  });
});

describe('--quiet', () => {
  it('leaves only warnings and errors on stderr, and the results on stdout', async () => {
    const { stderr } = await expectDone(cli, `train people.csv ${TINY} --quiet --out q.model`);
    for (const line of stderr.trimEnd().split('\n')) expect(line).toMatch(/^(Warning: .*)?$/);
    const scores = await expectDone(cli, 'logprob q.model people.csv --quiet');
    expect(scores.stderr).toBe('');
    expect(scores.stdout.split('\n')).toHaveLength(92);
    cli.write('years.csv', text('people.csv').replace('height,weight,age', '2018,2019,2020'));
    const read = await expectDone(cli, `train years.csv ${TINY} --quiet --out y.model`);
    expect(read.stderr).toMatch(/^Warning: years\.csv: the first line 2018,2019,2020 was read as the names/m);
    expect((await cli.run('logprob nothing.model people.csv --quiet')).stderr).toMatch(
      /^error: nothing\.model/,
    );
  });
});

function text(name: string): string {
  return new TextDecoder().decode(cli.bytes(name));
}

function linesOf(name: string): Record<string, unknown>[] {
  return text(name)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
