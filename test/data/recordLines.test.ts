import * as fc from 'fast-check';
import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { textTable } from '../../demo/page/tableRecords.ts';
import { csvRecords } from '../../src/data/csvRecords.ts';
import { TextSource } from '../../src/data/textBlocks.ts';
import { DataError } from '../../src/errors.ts';

class Blocks extends TextSource {
  readonly #bytes: Buffer;
  readonly #size: number;

  constructor(bytes: Buffer, size: number) {
    super(none());
    this.#bytes = bytes;
    this.#size = size;
  }

  override head(): Promise<{ bytes: Buffer; isWhole: boolean }> {
    return Promise.resolve({ bytes: this.#bytes, isWhole: true });
  }

  override async *blocks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < this.#bytes.length; at += this.#size) {
      yield this.#bytes.subarray(at, at + this.#size);
    }
  }
}

async function* none(): AsyncGenerator<Buffer> {}

/** The lines that records of this text begin on, when it comes in blocks of so many bytes. */
async function linesOf(text: string, blockBytes: number): Promise<number[]> {
  const source = await csvRecords(new Blocks(Buffer.from(text), blockBytes), { file: 't.csv', notify() {} });
  const lines: number[] = [];
  for await (const batch of source.batches) lines.push(...batch.lines);
  return lines;
}

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
/** A record of a number and a quoted text of several lines, with blank lines and comments above. */
const part = fc.record({
  above: fc.array(fc.constantFrom('', '# a comment', '#"'), { maxLength: 3 }),
  texts: fc.array(fc.constantFrom('', 'word', 'ümlaut ß', '""', '#', ','), { minLength: 1, maxLength: 4 }),
});

describe('the line of a record', () => {
  it('is the one that it begins on, whatever the line ends, quoted lines and blocks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { minLength: 1 }),
        lineEnd,
        fc.integer({ min: 1, max: 40 }),
        async (parts, end, size) => {
          let [text, line] = [`a,b${end}`, 2];
          const expected = [1];
          for (const { above, texts } of parts) {
            text += above.map((one) => one + end).join('');
            line += above.length;
            expected.push(line);
            text += `1,"${texts.join(end)}"${end}`;
            line += texts.length;
          }
          expect(await linesOf(text, size)).toEqual(expected);
          // The page takes all columns, and no cell of several lines.
          const long = parts.findIndex(({ texts }) => texts.length > 1);
          const read = thrownOrGiven(() => textTable(text, 't.csv', () => {}).lines);
          expect(read).toMatchObject(long < 0 ? expected.slice(1) : { row: expected[long + 1] });
        },
      ),
    );
  });

  it.each([
    ['a quote that is never closed', 'a,b\n1,"x\r\ny"\r\n\r\n# note\r\n2,"z\r\n3,4\r\n', 6],
    ['a quote inside a cell', 'a,b\n1,"x\ny"\n2,z"w"\n', 4],
  ])('is told of %s, in the page too', async (_, text, line) => {
    for (const size of [1, 1000]) await expect(linesOf(text, size)).rejects.toMatchObject({ row: line });
    const error = thrownOrGiven(() => textTable(text, 't.csv', () => {}));
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ row: line });
  });
});

function thrownOrGiven(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
