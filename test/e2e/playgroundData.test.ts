import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { canvas, demoForTests, expectSoon, look, losses, ready, step, visit, visitOf } from './visit.ts';

/** A model that still has steps left at the end of any test. */
const LONG = '#v=1&data=moons&couplings=4&hidden=16&batch=64&steps=100000';

const demo = demoForTests();
const visitFor = visitOf(demo);

describe("a visitor's own data", () => {
  const current = visitFor(LONG);
  const paragraph = '#data-mistake';

  it('can be painted with a pointer and trained on, and a link brings the drawing to someone else', async () => {
    const { page } = current();
    await page.check('input[name="source"][value="drawing"]');
    const box = (await page.locator('#pad').boundingBox())!;
    await page.mouse.move(box.x + 40, box.y + 40);
    await page.mouse.down();
    for (let i = 1; i <= 20; i++) await page.mouse.move(box.x + 40 + 7 * i, box.y + 40 + 5 * i);
    await page.mouse.up();
    await expectSoon(() => page.textContent('#density-words')).toMatch(/^Your drawing/);
    expect((await look(page.locator('#pad'))).drawn).toBeGreaterThan(0.01);
    await page.click('#train');
    await expectSoon(() => step(page)).toBeGreaterThan(5);
    await page.click('#train');
    expect((await losses(page)).floor).toBeUndefined();

    await page.click('#copy-link');
    await expectSoon(() => page.textContent('#share-words')).toMatch(/on the clipboard/);
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const other = await visit(demo.browser, link);
    await ready(other.page);
    await expectSoon(() => other.page.inputValue('#couplings')).toBe('4');
    await expectSoon(() => other.page.inputValue('#steps')).toBe('100000');
    expect((await look(other.page.locator('#pad'))).centre).toEqual(
      (await look(page.locator('#pad'))).centre,
    );
    expect(other.problems).toEqual([]);
    await other.close();
  });

  it('can be painted by keyboard, and taken back', async () => {
    const { page } = current();
    await page.click('#clear');
    await page.locator('#pad').focus();
    for (const key of ['ArrowLeft', ' ', 'Shift+ArrowRight', 'Shift+ArrowRight', ' '])
      await page.keyboard.press(key);
    await expectSoon(() => page.textContent('#pad-words')).toBe('1 stroke.');
    await page.keyboard.press('Backspace');
    await expectSoon(() => page.textContent('#pad-words')).toBe('The last stroke is gone.');
    await page.keyboard.press('Backspace');
    await expectSoon(() => page.textContent('#pad-words')).toBe('The pad is empty.');
    await expectSoon(() => page.textContent('#status')).toBe('Paint something first.');
  });

  it('can be a CSV of more than two columns, of which a pair is shown', async () => {
    const { page } = current();
    await page.setInputFiles('#file', csvFile('iris.csv', ['a', 'b', 'c']));
    await expectSoon(() => page.textContent('#file-words')).toBe('iris.csv: 120 rows, 3 columns.');
    await page.selectOption('#column-y', 'c');
    await page.click('#train');
    await expectSoon(() => step(page)).toBeGreaterThan(5);
    await page.click('#train');
    await expectSoon(() => page.textContent('#samples-words')).toMatch(/^a .*, c .*, correlation/);
  });

  it('that is no table is refused in words, and nothing is lost', async () => {
    const { page } = current();
    await page.setInputFiles('#file', {
      name: 'bad.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('a,b\n1,x\n'),
    });
    await expectSoon(() => page.textContent(paragraph)).toMatch(/bad.csv: found 1 row, expected at least 10/);
    await expectSoon(() => page.textContent('#file-words')).toBe(
      'Still here: iris.csv: 120 rows, 3 columns.',
    );
  });

  it('that is refused leaves what was chosen before', async () => {
    const { page } = current();
    await page.check('input[name="source"][value="circles"]');
    await page.setInputFiles('#file', {
      name: 'bad.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('a,b\n1,x\n'),
    });
    await expectSoon(() => page.textContent(paragraph)).toMatch(/bad.csv: found 1 row, expected at least 10/);
    await expectSoon(() => page.isChecked('input[value="circles"]')).toBe(true);
    await page.click('#copy-link');
    await expectSoon(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/data=circles/);
  });

  it('may have as few different rows as two coins: every picture is of them', async () => {
    const { page } = current();
    const rows = Array.from({ length: 60 }, (_, i) => `${(i % 2) + 0.5},${((i >> 1) % 2) + 0.5}`);
    await page.setInputFiles('#file', {
      name: 'coins.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(['a,b', ...rows].join('\n')),
    });
    await expectSoon(() => page.textContent('#density-words')).toMatch(/^Coins.csv/);
    await page.fill('#layer', '0');
    await expectSoon(async () => (await look(canvas(page, 'layers'))).drawn).toBeLessThan(0.02);
    await expectSoon(() => page.locator(paragraph).isHidden()).toBe(true);
  });

  it('can be pasted', async () => {
    const { page } = current();
    await page.evaluate(
      (text) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData('text/plain', text);
        document.dispatchEvent(
          new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
        );
      },
      csvText(['u', 'v']),
    );
    await expectSoon(() => page.textContent('#file-words')).toBe('Pasted table: 120 rows, 2 columns.');
    await expectSoon(() => page.locator(paragraph).isHidden()).toBe(true);
  });

  it('can be an image that is dropped: dark pixels become density', async () => {
    const { page } = current();
    const side = 40;
    const data = Uint8Array.from({ length: 4 * side * side }, (_, i) => {
      if (i % 4 === 3) return 255;
      const pixel = i >> 2;
      return pixel % side < side / 2 && pixel < (side * side) / 2 ? 0 : 255;
    });
    const png = [...encode({ width: side, height: side, channels: 4, depth: 8, data })];
    await page.evaluate((bytes) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([Uint8Array.from(bytes)], 'corner.png', { type: 'image/png' }));
      document.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }, png);
    await expectSoon(() => page.textContent('#file-words')).toBe('corner.png: 10,000 rows, 2 columns.');
  });

  it('did all this without a complaint', () => expect(current().problems).toEqual([]));
});

function csvText(columns: readonly string[]): string {
  const rows = Array.from({ length: 120 }, (_, i) =>
    columns.map((_, j) => Math.sin(i * (j + 1.3)) * (j + 1)),
  );
  return [columns, ...rows].map((cells) => cells.join(',')).join('\n');
}

function csvFile(name: string, columns: readonly string[]) {
  return { name, mimeType: 'text/csv', buffer: Buffer.from(csvText(columns)) };
}
