/** Tables of the visitor: held-out rows, labels, domains. */
import { Buffer } from 'node:buffer';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { decodeModel } from '../../src/io/modelFile.ts';
import {
  canvas,
  demoForTests,
  downloaded,
  expectSoon,
  look,
  openModel,
  openTable,
  pagesOf,
  samples,
  savedModel,
  seriousFindings,
  SMALL,
  trainSome,
} from './visit.ts';

const onPage = pagesOf(demoForTests());

describe('data between 0 and 1', () => {
  /** Most values are near the ends, so a model without domains would leave them. */
  const shares = Array.from({ length: 300 }, (_, i) => [
    0.5 + 0.499 * Math.sin(1.7 * i),
    0.5 + 0.499 * Math.sin(2.9 * i + 1),
  ]);

  it('are learned within their domain: no density, no sample and no point outside', () =>
    onPage(`${SMALL}&points=hidden&colours=log`, async (page) => {
      await page.check('input[name="source"][value="file"]');
      await openTable(page, 'shares.csv', [['a', 'b'], ...shares]);
      await expectSoon(() => page.textContent('#file-words')).toMatch(/300 rows/);
      await page.selectOption('#domain', 'unit');
      await expectSoon(() => page.url()).toContain('data=file&domain=unit&');
      await expectSoon(() => page.textContent('#code')).toContain(`domain: 'unit'`);
      await trainSome(page);
      const density = canvas(page, 'density');
      // The picture shows 3 standard deviations, from about -0.55 to 1.55: the domain starts at a quarter of
      // it.
      await expectSoon(async () => (await look(density, [0.3, 0.7])).drawn).toBeGreaterThan(0.4);
      expect((await look(density, [0, 0.2])).drawn).toBe(0);
      expect((await look(density, [0.8, 1])).drawn).toBe(0);
      await density.hover({ position: { x: 150, y: 150 } });
      await expectSoon(() => page.textContent('#point-x')).toMatch(/\(/);
      await density.hover({ position: { x: 20, y: 150 } });
      await expectSoon(() => page.textContent('#point-x')).toBe('–');
      const drawn = await samples(page);
      expect(drawn).toHaveLength(10_000);
      expect(drawn.every((value) => value > 0 && value < 1)).toBe(true);

      const file = await savedModel(page);
      await page.check('input[name="source"][value="moons"]');
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Moons/);
      await openModel(page, file);
      await expectSoon(() => page.textContent('#share-words')).toBe('mine.safetensors is open.');
      expect((await samples(page)).every((value) => value > 0 && value < 1)).toBe(true);
    }));

  it('with a value outside are refused in words, and trained on once that is mended', () =>
    onPage(SMALL, async (page) => {
      await page.check('input[name="source"][value="file"]');
      await openTable(page, 'shares.csv', [['a', 'b'], ...shares, [0.5, 1]]);
      await expectSoon(() => page.textContent('#file-words')).toMatch(/301 rows/);
      await page.selectOption('#domain', 'unit');
      const sentence = /row 301, column "b".*found 1, expected a number between 0 and 1/;
      await expectSoon(() => page.textContent('#data-mistake')).toMatch(sentence);
      await page.click('#train');
      await expectSoon(() => page.textContent('#status')).toMatch(/^Nothing has changed/);
      await expectSoon(() => page.textContent('#train')).toBe('Train');
      await page.selectOption('#domain', 'positive');
      await expectSoon(() => page.locator('#data-mistake').isHidden()).toBe(true);
      await trainSome(page);
    }));
});

describe('a table', () => {
  /** Noise, from which a model can only memorise. */
  const noise = Array.from({ length: 200 }, (_, i) =>
    [0, 1, 2].map((j) => Math.sin(7919 * (3 * i + j + 1) ** 2)),
  );
  const eager = '#v=1&data=moons&family=spline&couplings=4&hidden=32-32&batch=128&rate=0.01&steps=4000';

  it('may be a Parquet file', () =>
    onPage(SMALL, async (page) => {
      const bytes = parquetWriteBuffer({
        columnData: [
          { name: 'height', data: noise.map(([value = 0]) => value), type: 'DOUBLE' },
          { name: 'kind', data: noise.map((_, i) => (i % 3 === 0 ? null : 'ab'[i % 2])), type: 'STRING' },
        ],
      });
      const buffer = Buffer.from(bytes);
      await page.setInputFiles('#file', { name: 'rows.parquet', mimeType: '', buffer });
      await expectSoon(() => page.textContent('#file-words')).toMatch(/200 rows/);
      expect(await page.textContent('#table-columns')).toContain('kind: yes/no: a, b; 67 blank');
      await trainSome(page);
    }));

  it('answers questions: odd cells, a column, blanks, rows with given cells', () =>
    onPage(`${SMALL.replace('steps=100000', 'steps=600')}&rate=0.003`, async (page) => {
      expect(await page.locator('#ask-card').isVisible()).toBe(false);
      const rows = Array.from({ length: 300 }, (_, i) => {
        const height = 170 + 10 * Math.sin(7919 * (i + 1) ** 2);
        const kind = i % 10 === 0 ? '' : 'ab'[Number(height > 170)]!;
        return [height.toFixed(1), (height / 2 + Math.sin(104729 * (i + 1) ** 2)).toFixed(1), kind];
      });
      rows[122] = ['170.0', '60.5', 'a'];
      await openTable(page, 'people.csv', [['height', 'weight', 'kind'], ...rows]);
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^People\.csv/);
      await page.click('#train');
      await expectSoon(() => page.textContent('#train')).toBe('Train on');

      const ask = async (what: string): Promise<void> => {
        await page.check(`input[name="ask"][value="${what}"]`, { force: true });
      };
      const line = (place: number): Promise<string[]> =>
        page.locator('#ask-rows tr').nth(place).locator('td').allTextContents();
      await page.click('#ask');
      await expectSoon(() => page.textContent('#ask-words')).toMatch(/^The 20 oddest of all 300 rows\./);
      const cells = await line(1);
      expect(cells[0]).toBe('123');
      expect(['height', 'weight']).toContain(cells[2]);
      expect(cells[3]).toMatch(/^\d+(\.\d+)? \(\d+(\.\d+)? to \d+(\.\d+)?\)$/);
      expect(Number(cells[4])).toBeLessThan(1e-3);
      expect(cells.slice(5)).toEqual(['170', '60.5', 'a']);
      expect(await page.locator('#ask-rows tr').nth(1).locator('.odd, .very-odd').count()).toBeGreaterThan(0);

      await ask('predict');
      expect(await page.locator('#ask-rows').isVisible()).toBe(false);
      await page.selectOption('#ask-column', 'weight');
      await page.click('#ask');
      const held =
        /^In (\d+) rows that training did not see, (\d+) % of the values .* off by (\d+\.\d+) on average/;
      await expectSoon(() => page.textContent('#ask-words')).toMatch(held);
      const [, , inside, error] = held.exec((await page.textContent('#ask-words')) ?? '') ?? [];
      expect(Number(inside)).toBeGreaterThan(60);
      expect(Number(error)).toBeLessThan(2);
      const [, cell, expected] = await line(1);
      expect(Number(expected?.split(' ')[0])).toBeCloseTo(Number(cell), -1);
      await page.selectOption('#ask-column', 'kind');
      await page.click('#ask');
      await expectSoon(() => page.textContent('#ask-words')).toMatch(/the most likely value is right in/);

      await ask('impute');
      await page.click('#ask');
      await expectSoon(() => page.textContent('#ask-words')).toMatch(/^Filled 30 blanks/);
      const { bytes } = await downloaded(page, '#ask-save');
      const [header, ...lines] = bytes
        .toString()
        .trimEnd()
        .split('\n')
        .map((text) => text.split(','));
      expect(header).toEqual(['height', 'weight', 'kind']);
      expect(lines.map(([height, weight]) => [Number(height), Number(weight)])).toEqual(
        rows.map(([height, weight]) => [Number(height), Number(weight)]),
      );
      expect(lines.every(([, , kind]) => kind === 'a' || kind === 'b')).toBe(true);
      const agrees = lines.filter(([height, , kind]) => kind === 'ab'[Number(Number(height) > 170)]);
      expect(agrees.length).toBeGreaterThan(285);

      await ask('given');
      await page.selectOption('#ask-given select[name="kind"]', 'b');
      await page.fill('#ask-given input[name="weight"]', '88');
      await page.click('#ask');
      await expectSoon(() => page.textContent('#ask-words')).toMatch(
        /^1,000 new rows with weight 88, kind b, as good as [\d,]+ independent ones\.$/,
      );
      const drawn = await line(1);
      expect(drawn.slice(1)).toEqual(['88', 'b']);
      expect(Number(drawn[0])).toBeGreaterThan(160);
      await page.fill('#ask-given input[name="weight"]', 'heavy');
      await page.click('#ask');
      await expectSoon(() => page.textContent('#ask-words')).toMatch(/weight=heavy/);
      await page.click('#reset');
      await expectSoon(() => page.locator('#ask-rows').isVisible()).toBe(false);
    }));

  it('stops training by the rows held out, says so, and is set beside a Gaussian', () =>
    onPage(eager, async (page) => {
      await expectSoon(() => page.locator('#stop').isDisabled()).toBe(true);
      await openTable(page, 'noise.csv', [['a', 'b', 'c'], ...noise]);
      await expectSoon(() => page.locator('#stop').isDisabled()).toBe(false);
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Noise\.csv/);
      await page.click('#train');
      await expectSoon(() => page.textContent('#status')).toMatch(
        /^Stopped at step \d+ of 4000, as the score on 20 rows held out got no better\. The best parameters are kept/,
      );
      await expectSoon(() => page.textContent('#verdict')).toMatch(
        /nats on rows held out: .* a Gaussian fitted to the same rows\./,
      );
      expect(await page.textContent('#verdict')).not.toMatch(/by heart/);
      await expectSoon(() => page.textContent('#train')).toBe('Train on');
      const { training } = decodeModel(await savedModel(page));
      expect(training!.validation).toMatchObject({ rows: 20 });
      expect(training!.steps).toBeLessThan(4000);
    }));

  it('trains for all steps if it is told to', () =>
    onPage(eager.replace('4000', '60'), async (page) => {
      await openTable(page, 'noise.csv', [['a', 'b', 'c'], ...noise]);
      await expectSoon(() => page.locator('#stop').isDisabled()).toBe(false);
      await page.selectOption('#stop', 'last');
      await expectSoon(() => page.url()).toContain('&stop=last');
      await expectSoon(() => page.textContent('#code')).toContain('validation: false');
      await page.click('#train');
      await expectSoon(() => page.textContent('#status')).toBe('All 60 steps are done.');
      expect(decodeModel(await savedModel(page)).training!.validation).toBeUndefined();
    }));
});

describe('a table with labels', () => {
  it('is learned as a whole, or label by label, with a mean for each', () =>
    onPage(SMALL, async (page) => {
      const row = (i: number) => [Math.sin(i) + (i % 3), Math.cos(2 * i), ['a', 'b', 'c, d'][i % 3]!];
      const quotedRows = Array.from({ length: 120 }, (_, i) =>
        row(i).map((cell) => (cell === 'c, d' ? '"c, d"' : cell)),
      );
      await page.check('input[name="source"][value="file"]');
      await openTable(page, 'kinds.csv', [['u', 'v', 'kind'], ...quotedRows]);
      await expectSoon(() => page.textContent('#file-words')).toBe('kinds.csv: 120 rows, 3 columns.');
      await trainSome(page);
      await expectSoon(() => page.locator('#parts-shown').isHidden()).toBe(true);
      await expectSoon(() => page.locator('#base option[value="class"]').isDisabled()).toBe(true);

      await page.check('#apart');
      await expectSoon(() => page.locator('#part option').allTextContents()).toEqual(['a', 'b', 'c, d']);
      await page.selectOption('#base', 'class');
      await expectSoon(() => page.url()).toContain('data=file&parts=apart&');
      await expectSoon(() => page.textContent('#code')).toMatch(/encodeContext.*class_conditional/s);
      await trainSome(page);
      const data = await downloaded(page, '#save-data');
      const lines = new TextDecoder().decode(data.bytes).split('\n');
      expect(lines[0]).toBe('u,v,kind');
      expect(lines[3]).toMatch(/,"c, d"$/);

      // The page has other data now, so the model continues with its own samples.
      const file = await savedModel(page);
      await page.check('input[name="source"][value="circles"]');
      await expectSoon(() => page.locator('#part option').allTextContents()).toEqual(['outer', 'inner']);
      await page.uncheck('#apart');
      await expectSoon(() => page.inputValue('#base')).toBe('student-t:10');
      await expectSoon(() => page.locator('#parts-shown').isHidden()).toBe(true);
      await openModel(page, file);
      await expectSoon(() => page.locator('#part option').allTextContents()).toEqual(['a', 'b', 'c, d']);
      await expectSoon(() => page.inputValue('#base')).toBe('class');
      await page.check('input[name="source"][value="file"]');
      await expectSoon(() => page.locator('#parts-shown').isHidden()).toBe(true);
      // With its own data, its classes are split again.
      await openModel(page, file);
      await expectSoon(() => page.isChecked('#apart')).toBe(true);
      await expectSoon(() => page.textContent('#status')).toMatch(/goes on from it with kinds\.csv/);
    }));
});

describe('a mixed table', () => {
  const header = ['height', 'rooms', 'kind', 'day', 'income', 'unit'];
  const rows = Array.from({ length: 240 }, (_, i) => [
    (Math.sin(i) + 0.001 * i).toFixed(4),
    1 + (i % 4),
    'abc'[i % 3]!,
    new Date(Date.UTC(2024, 0, 1 + ((i * 11) % 239))).toISOString().slice(0, 10),
    i % 5 === 0 ? '' : (1000 + 37.5 * ((i * 7) % 241)).toFixed(1),
    'cm',
  ]);

  it('is read as its visitor chooses: columns, the label, blanks', () =>
    onPage(SMALL, async (page) => {
      await page.check('input[name="source"][value="file"]');
      const twice = rows.map((row, i) => [...row, i % 2 === 0 ? 'north' : 'south']);
      await openTable(page, 'homes.csv', [[...header, 'side'], ...twice]);
      await expectSoon(() => page.textContent('#file-words')).toBe('homes.csv: 240 rows, 7 columns.');
      // Of two columns with labels, none is chosen by itself.
      expect(await page.locator('#parts').isHidden()).toBe(true);
      await page.click('#table-choose');
      await page.waitForSelector('#table-dialog[open]');
      expect(await page.locator('#table-dialog tbody tr').count()).toBe(7);
      expect(await page.locator('#table-dialog tbody tr').first().textContent()).toContain('48 blank');
      await expectSoon(() => seriousFindings(page)).toEqual([]);
      await page.uncheck('#table-dialog [value="day"]');
      await page.selectOption('#dialog-label', 'side');
      await page.selectOption('#dialog-blanks', 'left-out');
      await page.click('#table-dialog [value="read"]');
      await expectSoon(() => page.textContent('#file-words')).toBe('homes.csv: 192 rows, 6 columns.');
      await expectSoon(() => page.textContent('#apart-word')).toBe('Tell rows apart by side');
      const saved = async (): Promise<string[]> => {
        const { bytes } = await downloaded(page, '#save-data');
        return new TextDecoder().decode(bytes).trim().split('\n');
      };
      // The flow before learns the whole table until the new one is there.
      await expectSoon(async () => (await saved())[0]).toBe('height,rooms,kind,income,unit,side');
      expect(await saved()).toHaveLength(193);
      // What was left out is offered again.
      await page.click('#table-choose');
      expect(await page.locator('#table-dialog [value="day"]').isChecked()).toBe(false);
      await page.click('#table-dialog button[value=""]');
      await expectSoon(() => page.locator('#table-dialog').count()).toBe(0);
    }));

  it('is learned with every column, and its samples have the same kinds of cells', () =>
    onPage(SMALL, async (page) => {
      await page.check('input[name="source"][value="file"]');
      await openTable(page, 'homes.csv', [header, ...rows]);
      await expectSoon(() => page.textContent('#file-words')).toBe('homes.csv: 240 rows, 6 columns.');
      expect(await page.locator('#table-columns li').allTextContents()).toEqual([
        expect.stringMatching(/^height: real, /),
        'rooms: integer, 1 to 4',
        'kind: category of 3 levels: a, b, c',
        'day: date, 2024-01-01 to 2024-08-26',
        expect.stringMatching(/^income: .*; 48 blank$/),
        'unit: constant, cm: not learned, written back',
      ]);
      expect(await page.locator('#column-x option').allTextContents()).toEqual([
        'height',
        'rooms',
        'day',
        'income',
      ]);
      await trainSome(page);
      await expectSoon(() => page.textContent('#density-words')).toMatch(/height and rooms alone/);
      await page.check('input[name="density"][value="slice"]');
      await expectSoon(() => page.textContent('#density-words')).toMatch(/kind [abc], day 2024-/);
      await expectSoon(() => page.textContent('#samples-words')).toMatch(/^height .*, rooms [1-4]\.\d\d ±/);
      await canvas(page, 'density').hover({ position: { x: 150, y: 150 } });
      await expectSoon(() => page.textContent('#point-x')).toMatch(/^\(.*, [1-4], [abc], 2024-/);

      const model = await savedModel(page);
      expect(decodeModel(model).training!.table!.map(({ type }) => type)).toEqual([
        'number',
        'count',
        'category',
        'number',
        'number',
        'constant',
      ]);
      await requireValid(page);
      expect(new TextDecoder().decode((await downloaded(page, '#save-data')).bytes)).toContain(
        ',a,2024-01-01,',
      );

      // The page has other data now, so the model continues with its own samples.
      await page.check('input[name="source"][value="moons"]');
      await expectSoon(() => page.textContent('#density-words')).toMatch(/^Moons/);
      await openModel(page, model);
      await expectSoon(() => page.textContent('#share-words')).toBe('mine.safetensors is open.');
      await requireValid(page);
      await page.click('#train');
      await expectSoon(() => page.textContent('#status')).toMatch(/ on its own samples\.?$/);
    }));

  /** Every sample has the cells that the columns can have. */
  async function requireValid(page: Parameters<typeof samples>[0]): Promise<void> {
    const { bytes } = await downloaded(page, '#save-samples');
    const [names, ...drawn] = new TextDecoder().decode(bytes).trim().split('\n');
    expect(names).toBe(header.join(','));
    expect(drawn).toHaveLength(5000);
    const pattern = /^-?[\d.e-]+,\d+,[abc],\d{4}-\d\d-\d\d,(?:-?[\d.e-]+)?,cm$/;
    expect(drawn.filter((line) => !pattern.test(line))).toEqual([]);
    const blanks = drawn.filter((line) => line.endsWith(',,cm')).length;
    expect(blanks).toBeGreaterThan(0);
  }
});
