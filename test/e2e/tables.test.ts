import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COLUMNS, expectDone, PEOPLE, peopleFolder, TINY } from '../cli/people.ts';
import { CliSandbox } from './runCli.ts';

let cli: CliSandbox;
let scores = '';

const CSV = `${COLUMNS.join(',')}\n${PEOPLE.map((row) => row.join(',')).join('\n')}\n`;

beforeAll(async () => {
  cli = await peopleFolder(await CliSandbox.create());
  scores = (await expectDone(cli, 'logprob people.model people.csv --tuning fixed')).stdout;
});

afterAll(() => cli.remove());

describe('a table in any format', () => {
  it('has the same scores as its CSV', async () => {
    cli.write('packed.dat', gzipSync(CSV.replaceAll(',', '\t')));
    const objects = PEOPLE.map((row) =>
      Object.fromEntries(row.map((value, at) => [COLUMNS[at] ?? '', value])),
    );
    cli.write('lines.dat', objects.map((object) => JSON.stringify(object)).join('\n'));
    const columnData = COLUMNS.map((name, at) => ({ name, data: PEOPLE.map((row) => row[at] ?? 0) }));
    cli.write('parquet.dat', Buffer.from(parquetWriteBuffer({ columnData })));
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (90, 3), }".padEnd(117) + '\n';
    const start = Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(header.length)}\x00`, 'latin1');
    const elements = new Uint8Array(Float64Array.from(PEOPLE.flat()).buffer);
    cli.write('array.dat', Buffer.concat([start, Buffer.from(header), elements]));
    for (const file of ['packed.dat', 'lines.dat', 'parquet.dat', 'array.dat']) {
      const { stdout } = await expectDone(cli, `logprob people.model ${file} --tuning fixed`);
      expect(stdout, file).toBe(scores);
    }
  });

  it('comes from standard input for every command that reads a table', async () => {
    const ofCsv = { input: CSV, env: { TMPDIR: cli.folder } };
    const trained = await cli.run(`train - ${TINY} --out piped.model`, ofCsv);
    expect(trained.stderr).toContain('from 81 rows of standard input; 9 for validation');
    const validated = await cli.run(`train people.csv --val - ${TINY} --out piped.model`, {
      input: gzipSync(CSV),
    });
    expect(validated.code).toBe(0);
    expect((await cli.run('logprob people.model - --tuning fixed', ofCsv)).stdout).toBe(scores);
    const latent = await cli.run('forward people.model - --tuning fixed', ofCsv);
    const back = await cli.run('inverse people.model - --tuning fixed', { input: latent.stdout });
    expect(back.stdout.split('\n')).toHaveLength(PEOPLE.length + 2);
    const gradients = await cli.run('gradients people.model - --out piped.json --tuning fixed', ofCsv);
    expect(gradients.code).toBe(0);
    expect(cli.files().filter((name) => name.startsWith('wgflow-input-'))).toEqual([]);
  });

  it('is standard input once at most', async () => {
    const { code, stderr } = await cli.run(`train - --val - ${TINY} --out twice.model`, { input: CSV });
    expect(code).toBe(2);
    expect(stderr).toContain('found two tables from standard input, expected one');
  });

  it('that is broken is named with its row', async () => {
    const { code, stderr } = await cli.run('logprob people.model -', { input: `${CSV}1,2,x\n` });
    expect(code).toBe(2);
    expect(stderr).toContain('error: standard input, row 92, column "age": found "x", expected a number');
  });
});

describe('a remark on a table', () => {
  const years = `2019,2020\n${PEOPLE.map(([, weight, age]) => `${weight},${age}`).join('\n')}\n`;

  it('is printed once, and is an event of --json', async () => {
    const { stderr, events } = await cli.run(`train - ${TINY} --out years.model --json`, { input: years });
    const warning = 'standard input: the first line 2019,2020 was read as the names of the columns';
    expect(stderr.split(`Warning: ${warning}`)).toHaveLength(2);
    expect(events()).toContainEqual({
      event: 'warning',
      kind: 'warning',
      message: `${warning}; --header yes|no decides`,
    });
    const index = CSV.split('\n').map((line, at) => (line === '' ? '' : `${at === 0 ? '' : at - 1},${line}`));
    const scored = await cli.run('logprob people.model - --tuning fixed', { input: index.join('\n') });
    expect(scored.stderr).toContain('Note: standard input: Unnamed: 0 numbers the rows, and is left out');
    expect(scored.stdout).toBe(scores);
  });

  it('is answered by --header and --encoding', async () => {
    const asData = await cli.run(`train - --header no ${TINY} --out years.model`, { input: years });
    expect(asData.stderr).toContain('Learning x1, x2 from 82 rows');
    expect(asData.stderr).not.toContain('Warning: standard input');
    const latin = Buffer.from(CSV.replace('height', 'größe'), 'latin1');
    const guessed = await cli.run(`train - ${TINY} --out latin.model`, { input: latin });
    expect(guessed.stderr).toContain(
      'Warning: standard input is not UTF-8 text and was read as Windows-1252',
    );
    const named = await cli.run(`train - --encoding latin1 ${TINY} --out latin.model`, { input: latin });
    expect(named.stderr).toContain('Learning größe, weight, age');
    expect(named.stderr).not.toContain('Warning: standard input');
    const unknown = await cli.run(`train - --encoding klingon ${TINY} --out latin.model`, { input: latin });
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('encoding: found klingon, expected a name such as utf-8');
  });
});
