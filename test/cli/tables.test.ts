import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normals, uniforms } from '../../src/random.ts';
import { CommandLine } from './commandLine.ts';
import { expectDone } from './people.ts';

const ROWS = 400;
const FAST = '--steps 40 --batch 64 --tuning fixed';
let cli: CommandLine;

/** Rows of a number, a date, a label, an integer, a blank or an amount, a constant, and twice the number. */
function mixedRows(): string[] {
  const u = uniforms(1, 77, 4 * ROWS);
  const z = normals(1, 78, 2 * ROWS);
  return Array.from({ length: ROWS }, (_, i) => {
    const draw = (k: number): number => u[4 * i + k] ?? NaN;
    const height = (z[2 * i] ?? NaN).toFixed(3);
    const day = new Date(Date.UTC(2020, 0, 1 + Math.floor(900 * draw(0)))).toISOString().slice(0, 10);
    const rain = draw(1) < 0.2 ? 'NA' : Math.exp(z[2 * i + 1] ?? NaN).toFixed(4);
    const cells = [
      height,
      day,
      draw(2) < 0.7 ? 'wood, oak' : 'stone',
      Math.floor(4 * draw(3)),
      rain,
      'x',
      (2 * Number(height)).toFixed(3),
    ];
    return cells.map((cell) => (String(cell).includes(',') ? `"${cell}"` : cell)).join(',');
  });
}

const rows = mixedRows();
const HEADER = 'height,day,kind,floors,rain,unit,double';

beforeAll(async () => {
  cli = new CommandLine();
  cli.write('mixed.csv', [HEADER, ...rows, ''].join('\n'));
});

afterAll(() => cli.remove());

describe('a table with columns of every kind', () => {
  it('is learned with a word on each column, and samples have its columns and values', async () => {
    const { stderr } = await expectDone(cli, `train mixed.csv ${FAST} --out mixed.model`);
    expect(stderr).toContain('  day: date, 2020-01-');
    expect(stderr).toContain('  kind: yes/no: stone, wood, oak');
    expect(stderr).toContain('  floors: integer, 0 to 3');
    expect(stderr).toMatch(/ {2}rain: positive, .*; \d+ blank/);
    expect(stderr).toContain('  unit: constant, x');
    expect(stderr).toContain('Warning: double is determined by height.');
    expect(stderr).toContain('Learning height, day, kind, floors, rain from 360 rows');
    const { stdout } = await expectDone(
      cli,
      'sample mixed.model -n 200 --seed 2 --tuning fixed --out drawn.csv',
    );
    expect(stdout).toBe('');
    const [header, ...drawn] = new TextDecoder().decode(cli.bytes('drawn.csv')).trimEnd().split('\n');
    expect(header).toBe(HEADER);
    expect(drawn).toHaveLength(200);
    const LINE = /^(-?[\d.e-]+),\d{4}-\d\d-\d\d,("wood, oak"|stone),[0-9],([\d.e-]*),x,(-?[\d.e-]+)$/;
    const broken = drawn.filter((line) => {
      const [, height, , , double] = LINE.exec(line) ?? [];
      return height === undefined || Math.abs(2 * Number(height) - Number(double)) > 0.002;
    });
    expect(broken).toEqual([]);
    expect(drawn.some((line) => line.includes(',,x,'))).toBe(true);
  });

  it('goes to the latent and back, is scored, and is inspected', async () => {
    await expectDone(cli, 'forward mixed.model mixed.csv --tuning fixed --out latent.csv');
    await expectDone(cli, 'inverse mixed.model latent.csv --tuning fixed --out back.csv');
    const back = new TextDecoder().decode(cli.bytes('back.csv')).trimEnd().split('\n').slice(1);
    const discrete = (line: string): string => line.replace('NA', '').split(',').slice(1, -3).join();
    expect(back.map(discrete)).toEqual(rows.map(discrete));
    await expectDone(cli, 'logprob mixed.model mixed.csv --tuning fixed --out scores.csv');
    const { rows: scores } = cli.table('scores.csv');
    expect(scores).toHaveLength(ROWS);
    expect(scores.flat().every(Number.isFinite)).toBe(true);
    expect((await expectDone(cli, 'inspect mixed.model')).stdout).toMatch(/floors +│ integer, 0 to 3/);
    const { stderr } = await expectDone(
      cli,
      'gradients mixed.model mixed.csv --tuning fixed --out gradients.json',
    );
    expect(stderr).toContain(
      'Note: Labels, counts, dates, blanks and pixels are intervals. Each row counts by the',
    );
  });

  it('has a finite score and a warning for a label that no training row had, and needs no constant', async () => {
    cli.write('new.csv', 'height,day,kind,floors,rain\n0.5,2021-05-05,straw,2,1.5\n');
    const { stderr, stdout } = await expectDone(cli, 'logprob mixed.model new.csv --tuning fixed');
    expect(stderr).toContain('Warning: kind: 1 row has values that no training row had ("straw")');
    expect(Number(stdout.split('\n')[1])).toBeLessThan(0);
  });

  it('is refused where a cell has another kind, with its line', async () => {
    cli.write('bad.csv', `${HEADER}\n${rows[0]}\n1,someday,stone,1,2,x,2\n`);
    const { code, stderr } = await cli.run('logprob mixed.model bad.csv --tuning fixed');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /bad\.csv, row 3, column "day": found "someday", expected a date as in the training rows/,
    );
  });

  it('is resumed from a checkpoint to the same bytes', async () => {
    await expectDone(cli, `train mixed.csv ${FAST} --patience none --out once.model`);
    await expectDone(
      cli,
      `train mixed.csv --steps 20 --batch 64 --tuning fixed --patience none --checkpoint half.ckpt --out half.model`,
    );
    await expectDone(cli, 'train mixed.csv --resume half.ckpt --steps 40 --tuning fixed --out resumed.model');
    expect(cli.bytes('resumed.model')).toEqual(cli.bytes('once.model'));
  });
});
