/** Models trained by the command line, exported and run by PyTorch: the same numbers, there and back. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PRESETS } from '../../src/presets/index.ts';
import { uniforms } from '../../src/random.ts';
import { expectClose, expectNormClose } from '../support/compare.ts';
import { hasTorch, rowsOf, runTorch } from '../support/torch.ts';
import { parseTable } from '../support/cliFolder.ts';
import { CommandLine } from './commandLine.ts';
import { expectDone, PEOPLE, peopleFolder, TINY } from './people.ts';

const BOUND = 1e-5;
const cli = new CommandLine();

/** Rows above 0 of about unit size, for presets that do not standardise them and for bounded domains. */
const DATA = rowsOf(
  uniforms(2, 0, 270).map((u) => Math.fround(0.5 + u + u * u)),
  3,
);
const LATENT = rowsOf(
  uniforms(1, 0, 90).map((u) => Math.fround(4 * u - 2)),
  3,
);

beforeAll(() => peopleFolder(cli));
afterAll(() => cli.remove());

/** The table that a command prints. */
async function table(args: string): Promise<number[][]> {
  return parseTable((await expectDone(cli, args)).stdout).rows;
}

async function scores(model: string, data: string): Promise<number[]> {
  return (await table(`logprob ${model} ${data} --tuning fixed`)).flat();
}

describe.runIf(hasTorch)('an exported model', () => {
  const models = [
    ...Object.keys(PRESETS).map((preset) => `--preset ${preset}`),
    ...['normal', 'diagonal', 'mixture:3', 'student-t', 'student-t:4', 'uniform'].map(
      (base) => `--preset spline --base ${base}`,
    ),
    '--preset glow --domain positive',
    '--preset realnvp --residual-blocks 2 --hidden 6',
  ];

  it('has the numbers of wgflow, for each preset and base', async () => {
    cli.write('small.csv', ['a,b,c', ...DATA.map((row) => row.join(','))].join('\n'));
    cli.write('z.csv', ['z1,z2,z3', ...LATENT.map((row) => row.join(','))].join('\n'));
    for (const [index, options] of models.entries()) {
      await expectDone(cli, `train small.csv ${TINY} ${options} --out ${index}.model`);
      await expectDone(cli, `export ${index}.model --to pytorch --out ${index}`);
    }
    const found = runTorch(
      cli.folder,
      models.map((_, index) => ({
        model: `${index}/model.safetensors`,
        x: DATA,
        z: LATENT,
        sample: { n: 50, seed: 7 },
      })),
    );
    for (const [index, options] of models.entries()) {
      const { log_prob, x, z: ownZ, log_det, inverse_log_det, sample } = found[index]!;
      const model = `${index}.model`;
      expectClose(`${options} log p`, log_prob, await scores(model, 'small.csv'), BOUND);
      const forward = await table(`forward ${model} small.csv --tuning fixed`);
      expectClose(
        `${options} z`,
        ownZ,
        forward.flatMap((row) => row.slice(0, 3)),
        BOUND,
      );
      expectClose(
        `${options} log-det`,
        log_det,
        forward.map((row) => row[3]!),
        BOUND,
      );
      const inverse = await table(`inverse ${model} z.csv --tuning fixed`);
      expectClose(
        `${options} x`,
        x,
        inverse.flatMap((row) => row.slice(0, 3)),
        BOUND,
      );
      if (inverse[0]!.length > 3)
        expectClose(
          `${options} inverse log-det`,
          inverse_log_det,
          inverse.map((row) => row[3]!),
          BOUND,
        );
      const drawn = await table(`sample ${model} -n 50 --seed 7 --tuning fixed`);
      expectClose(`${options} samples`, sample, drawn.flat(), BOUND);
    }
  });

  it('has the gradients of wgflow', async () => {
    await expectDone(cli, 'export people.model --to pytorch --out people');
    await expectDone(cli, 'gradients people.model people.csv --out gradients.json --tuning fixed');
    const file = Buffer.from(cli.bytes('gradients.json')).toString();
    const { gradients } = JSON.parse(file) as { gradients: Record<string, { values: number[] }> };
    const [found] = runTorch(cli.folder, [{ model: 'people/model.safetensors', x: PEOPLE, gradients: true }]);
    expect(Object.keys(found!.gradients).sort()).toEqual(Object.keys(gradients).sort());
    for (const [name, { values }] of Object.entries(gradients)) {
      expectNormClose(name, found!.gradients[name]!, values, 1e-4);
    }
  });

  it('comes back after steps of Adam', async () => {
    await expectDone(cli, 'export people.model --to pytorch --out tuned');
    const [found] = runTorch(cli.folder, [
      { model: 'tuned/model.safetensors', x: PEOPLE, tune: { steps: 30, file: 'tuned.safetensors' } },
    ]);
    const { log_prob, losses } = found!;
    expect(losses.at(-1)!).toBeLessThan(losses[0]! - 0.01);
    expectClose('log p', log_prob, await scores('tuned.safetensors', 'people.csv'), BOUND);
    const { stdout } = await expectDone(cli, 'inspect tuned.safetensors');
    expect(stdout).toMatch(/Written by +│ wgflow [\d.]+, then PyTorch/);
    expect(stdout).not.toContain('Best validation NLL');
  });

  it('is written only for a program that is known, and never over the model', async () => {
    const unknown = await cli.run('export people.model --to keras --out there');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('Allowed choices are onnx, pytorch');
    await expectDone(cli, 'export people.model --to pytorch --out over');
    const over = await cli.run('export over/model.safetensors --to pytorch --out over');
    expect(over.code).toBe(2);
    expect(over.stderr).toContain('found over/model.safetensors for both --out and the model');
  });
});

describe.runIf(hasTorch)('an exported model of a table', () => {
  it.each([
    '--preset glow --context group,weight',
    '--preset spline --context group --base class',
    '--preset realnvp',
  ])('scores and draws rows with cells of every kind: %s', async (choice) => {
    cli.write('kinds.csv', kindsTable(240, 0));
    cli.write('others.csv', kindsTable(60, 500));
    const options = `${TINY} --types code=category,when2=day_first ${choice}`;
    await expectDone(cli, `train kinds.csv ${options} --out kinds.model`);
    await expectDone(cli, 'export kinds.model --to pytorch --out kinds');
    expect(cli.files()).toContain('kinds');
    const [header = '', ...lines] = kindsTable(60, 500).trimEnd().split('\n');
    const rows = lines.map((line) =>
      Object.fromEntries(line.split(',').map((cell, column) => [header.split(',')[column]!, cell])),
    );
    const names = choice.includes('--context') ? choice.split(' ')[3]!.split(',') : [];
    const given = Object.fromEntries(names.map((name) => [name, name === 'group' ? 'b' : '2.5']));
    const [found] = runTorch(cli.folder, [
      {
        model: 'kinds/model.safetensors',
        rows,
        draw: { n: 40, seed: 5, ...(names.length > 0 && { given }) },
      },
    ]);
    const { row_log_prob, rows: drawn } = found!;
    expectClose('log p', row_log_prob, await scores('kinds.model', 'others.csv'), BOUND);
    const { stdout } = await expectDone(
      cli,
      `sample kinds.model -n 40 --seed 5 --tuning fixed ${
        names.length > 0 ? `--context ${names.map((name) => `${name}=${given[name]}`).join(',')}` : ''
      }`,
    );
    const [columns = '', ...cells] = stdout.trimEnd().split('\n');
    const wrong = cells.flatMap((line, row) =>
      line.split(',').flatMap((cell, column) => {
        const name = columns.split(',')[column]!;
        const own = drawn[row]![name] ?? '';
        return name in given || isSameCell(name, own, cell) ? [] : [`row ${row} ${name}: ${own} for ${cell}`];
      }),
    );
    expect(cells.length).toBe(40);
    expect(wrong).toEqual([]);
  });
});

describe('import', () => {
  const library = (name: string): URL => new URL(`../oracle/libraries/${name}`, import.meta.url);
  const imported = 'import --out imported.safetensors';

  it.each(['nflows_spline_d4', 'normflows_glow_lu_d5', 'zuko_based_d4'])(
    'writes the model of %s, with the numbers of the library',
    async (name) => {
      const { options, x, log_prob } = JSON.parse(readFileSync(library(`${name}.json`), 'utf8')) as {
        options: object;
        x: number[][];
        log_prob: number[];
      };
      cli.write('state.safetensors', readFileSync(library(`${name}.safetensors`)));
      cli.write('facts.json', JSON.stringify(options));
      cli.write('x.csv', x.map((row) => row.join(',')).join('\n'));
      const from = name.split('_')[0];
      await expectDone(cli, `${imported} --from ${from} state.safetensors --config facts.json`);
      // As in test/oracle/libraries.test.ts.
      expectClose('log p', await scores('imported.safetensors', 'x.csv'), log_prob, 1e-4);
    },
  );

  it.each([
    [
      '--from nflows torch.pt',
      'torch.pt: found a file of torch.save, expected a safetensors file. In Python: from',
    ],
    ['--from nflows none.safetensors', 'none.safetensors: found no such file, expected a safetensors file'],
    [
      '--from normflows state.safetensors',
      '--config FILE, option flows: found undefined, expected an integer ≥ 0',
    ],
    [
      '--from nflows state.safetensors --config facts.json',
      'facts.json option activaton: found an unknown name',
    ],
    ['--from nflows state.safetensors --config x.csv', 'x.csv: found no JSON'],
    [
      '--from zuko state.safetensors --config list.json',
      'list.json: found [1], expected an object of options',
    ],
    [
      '--from zuko state.safetensors',
      'state.safetensors: tensor base.loc: found nothing, expected this tensor',
    ],
    ['--from tensorflow state.safetensors', 'Allowed choices are nflows, normflows, zuko, vanilla'],
  ])('refuses %s', async (args, message) => {
    cli.write('state.safetensors', readFileSync(library('nflows_spline_d4.safetensors')));
    cli.write('torch.pt', 'PK\u0003\u0004');
    cli.write('facts.json', '{"activaton": "tanh"}');
    cli.write('list.json', '[1]');
    cli.write('x.csv', '1,2');
    const { code, stderr } = await cli.run(`${imported.replace('imported', 'refused')} ${args}`);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(cli.files()).not.toContain('refused.safetensors');
  });
});

/** Whether PyTorch drew the cell of wgflow. */
function isSameCell(name: string, own: string | number, cell: string): boolean {
  const isClose = (found: number, expected: number, bound = BOUND): boolean =>
    Math.abs(found - expected) <= bound * (1 + Math.abs(expected));
  // A column of three decimals may round to a neighbour. A time stamp is a number of seconds around its offset.
  if (typeof own === 'number') return isClose(own, Number(cell), name === 'double' ? 1e-3 : BOUND);
  if (own === cell) return true;
  if (name === 'stamp') return isClose(yearsOf(own), yearsOf(cell));
  // A time is the whole second below a number that float32 holds to hundredths, so it may be the next one.
  return name === 'at' && Math.abs(secondsOf(own) - secondsOf(cell)) <= 1;
}

/** The seconds since midnight. */
function secondsOf(time: string): number {
  return Date.parse(`1970-01-01T${time}Z`) / 1000;
}

/** The years since the middle of 2021. */
function yearsOf(stamp: string): number {
  return (Date.parse(stamp) - Date.parse('2021-07-01')) / (365 * 86_400_000);
}

/** A table with a column of each kind: its last rows have labels and counts that the first ones do not have. */
function kindsTable(rows: number, first: number): string {
  const header =
    'price,income,label,yes,code,visits,when,when2,named,at,stamp,rate,fixed,double,group,weight';
  const pad = (value: number): string => String(value).padStart(2, '0');
  const lines = Array.from({ length: rows }, (_, i) => {
    const n = first + i;
    const [a, b, c] = [Math.sin(12.9898 * n), Math.cos(78.233 * n), Math.sin(37.719 * n + 1)];
    const price = Math.fround(10 * a + b).toFixed(3);
    const day = 1 + Math.floor(13.9 * (1 + b));
    const month = 1 + Math.floor(5.9 * (1 + c));
    return [
      price,
      n % 7 === 0 ? '' : n % 5 === 0 ? '0' : Math.exp(3 + a).toFixed(2),
      n % 11 === 0 ? '' : ['red', 'green', 'blue', n > 500 && n % 9 === 0 ? 'black' : 'red'][n % 4],
      a > 0.2 ? 'yes' : 'no',
      String(100 + Math.floor(3 * (1 + c))),
      n % 13 === 0 ? '' : String(Math.floor(4 * (1 + c)) + (n > 540 && n % 8 === 0 ? 12 : 0)),
      `${2000 + (n % 20)}-${pad(month)}-${pad(day)}`,
      `${pad(day)}/${pad(month)}/${1990 + (n % 30)}`,
      `${['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'][n % 6]} ${day} ${2010 + (n % 9)}`,
      `${pad(Math.floor(11 * (1 + a)))}:${pad(Math.floor(29 * (1 + b)))}`,
      `2021-${pad(month)}-${pad(day)} ${pad(n % 24)}:${pad(n % 60)}:00`,
      `${Math.floor(40 * (1 + a) + 5 * b)}%`,
      'same',
      String(Number((2 * Number(price) + 1).toFixed(3))),
      ['a', 'b', 'c'][n % 3],
      (3 + c).toFixed(2),
    ].join(',');
  });
  return `${[header, ...lines].join('\n')}\n`;
}
