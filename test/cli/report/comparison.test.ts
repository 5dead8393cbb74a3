import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normals, uniforms } from '../../../src/random.ts';
import { CommandLine } from '../commandLine.ts';
import { expectDone } from '../people.ts';

const ROWS = 300;
const FAST = '--steps 20 --batch 32 --couplings 2 --hidden 8 --tuning fixed';
const HEADER = ['height', 'day', 'kind', 'floors', 'rain', 'weight'];
let cli: CommandLine;

/** Cells of a number, a date, a label, an integer, a blank or an amount, and a weight that is 0 for every third row. */
const TABLE = ((): string[][] => {
  const u = uniforms(1, 77, 4 * ROWS);
  const z = normals(1, 78, 2 * ROWS);
  return Array.from({ length: ROWS }, (_, i) => {
    const draw = (k: number): number => u[4 * i + k] ?? NaN;
    return [
      (z[2 * i] ?? NaN).toFixed(3),
      new Date(Date.UTC(2020, 0, 1 + Math.floor(900 * draw(0)))).toISOString().slice(0, 10),
      draw(2) < 0.7 ? 'wood <b>oak</b>' : 'stone',
      String(Math.floor(4 * draw(3))),
      draw(1) < 0.2 ? '' : Math.exp(z[2 * i + 1] ?? NaN).toFixed(4),
      String(i % 3),
    ];
  });
})();
/** The lines of the file: a header, and rows with comments and blank lines between them. */
const LINES = [
  HEADER.join(','),
  ...TABLE.flatMap((cells, i) => [...(i % 7 === 0 ? ['# a note', ''] : []), cells.join(',')]),
];

beforeAll(() => {
  cli = new CommandLine();
  cli.write('mixed.csv', LINES.join('\n'));
});
afterAll(() => cli.remove());

/** The report of a run, with the lines and the cells of its least likely rows. */
async function reported(options: string) {
  await expectDone(cli, `train mixed.csv ${FAST} --report run ${options}`);
  const { document } = parseHTML(new TextDecoder().decode(cli.bytes('run/report.html')));
  const sections = [...document.querySelectorAll('section')];
  const section = (title: string) => sections.find((one) => one.querySelector('h2')?.textContent === title);
  const worst = section('Least likely rows');
  const columns = [...(worst?.querySelectorAll('th') ?? [])].map((cell) => cell.textContent ?? '');
  const rows = [...(worst?.querySelectorAll('tbody tr') ?? [])].map((row) =>
    [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? ''),
  );
  const verdict = document.querySelector('.verdict')?.textContent ?? '';
  return {
    document,
    section,
    columns,
    rows,
    verdict,
    lead: worst?.querySelector('.lead')?.textContent ?? '',
  };
}

/** The cells of a row of the file, as a page shows them. */
function fileRow(number: string, columns: readonly string[]): string[] {
  const cells = LINES[Number(number.replaceAll(',', '')) - 1]?.split(',') ?? [];
  return columns
    .map((name) => cells[HEADER.indexOf(name)] ?? '')
    .map((text) => (text === '' ? 'blank' : text));
}

/** Text that reads as the same number, or the same text. */
function alike(cells: readonly string[]): (string | number)[] {
  return cells.map((cell) => (/^-?[\d.]+$/.test(cell) ? Number(cell) : cell));
}

describe('the report of a table of all kinds', () => {
  it('compares held-out rows with samples, column by column, and lists the least likely with their lines', async () => {
    const { section, columns, rows, verdict, lead } = await reported('--columns height,day,kind,floors,rain');
    const titles = [...(section('Columns')?.querySelectorAll('h3') ?? [])].map((title) => title.textContent);
    expect(titles.sort()).toEqual(['day', 'floors', 'height', 'kind', 'rain']);
    expect(section('Columns')?.textContent).toContain('wood <b>oak</b>'.slice(0, 12));
    expect(section('Columns')?.textContent).toMatch(/20\d\d-\d\d-\d\d/);
    expect(section('Columns')?.textContent).toContain('blank');
    expect(section('Columns')?.textContent?.match(/Given the other columns \d+ of 20 bars/g)).toHaveLength(5);
    expect(verdict).toMatch(/[Gg]iven the other columns/);
    expect(lead).toContain('A coloured cell is unlikely given the others in its row');
    expect(section('Pairs of columns')?.textContent).toContain('of 10 pairs');
    expect(verdict).toContain('There are only 30 held-out rows');
    expect(lead).toContain(
      'The 10 least likely of the held-out rows. A row has the number of its line in the file.',
    );
    expect(columns).toEqual(['row', 'log p, nats', 'height', 'day', 'kind', 'floors', 'rain']);
    expect(rows).toHaveLength(10);
    const logProb = rows.map(([, value = '']) => Number(value.replace('−', '-')));
    expect(logProb).toEqual(logProb.toSorted((a, b) => a - b));
    for (const [number = '', , ...cells] of rows) {
      expect(alike(cells)).toEqual(alike(fileRow(number, columns.slice(2))));
    }
  });

  it('numbers the rows of the file also where rows have no weight', async () => {
    const { columns, rows } = await reported('--columns height,kind --weights weight');
    for (const [number = '', , ...cells] of rows) {
      expect(alike(cells)).toEqual(alike(fileRow(number, columns.slice(2))));
      expect(fileRow(number, ['weight'])).not.toEqual(['0']);
    }
  });

  it('shows the contexts of the least likely rows', async () => {
    const { columns, rows } = await reported('--columns height --context kind,floors');
    expect(columns.slice(2)).toEqual(['height', 'kind', 'floors']);
    for (const [number = '', , ...cells] of rows) {
      expect(alike(cells)).toEqual(alike(fileRow(number, columns.slice(2))));
    }
  });

  it('says that it compares with training rows if none are held out, of those without blanks', async () => {
    const { columns, rows, verdict, lead } = await reported(
      '--columns height,rain --val none --missing drop',
    );
    expect(verdict).toContain('No rows were held out.');
    expect(lead).toContain('least likely of the training rows');
    for (const [number = '', , ...cells] of rows) {
      expect(alike(cells)).toEqual(alike(fileRow(number, columns.slice(2))));
    }
  });
});
