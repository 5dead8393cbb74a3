import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  begun,
  openFlow,
  readCheckpoint,
  readModel,
  readSpec,
  rowsByName,
} from '../../src/cli/modelInput.ts';
import type { Session } from '../../src/cli/session.ts';
import { removeCopies } from '../../src/data/sourceFile.ts';
import { allRows } from '../../src/data/readTable.ts';
import { DataError, ModelFileError } from '../../src/errors.ts';
import { realnvp } from '../../src/presets/index.ts';
import { initialParameters } from '../../src/spec/init.ts';
import { encodeModel } from '../../src/io/modelFile.ts';
import { limitsFor } from '../../src/flow/limits.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wgflow-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { signal } = new AbortController();

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function read(path: string, wanted: string[]): Promise<number[]> {
  return [...(await allRows(rowsByName(path, wanted), signal)).values];
}

describe('a large file that is no model', () => {
  const headerOf = (json: string): Uint8Array => {
    const bytes = new Uint8Array(8 + json.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    new TextEncoder().encodeInto(json, bytes.subarray(8));
    return bytes;
  };
  const other = '{"a":{"dtype":"F32","shape":[250000000],"data_offsets":[0,1000000000]}}';
  it.each<[string, Uint8Array, string]>([
    ['of zeros', new Uint8Array(1), 'header length: found 0 bytes, expected at least 2'],
    ['of tensors only', headerOf(other), 'found no keys, expected the key wgflow'],
  ])('%s is refused without reading all of it', async (name, begin, message) => {
    const path = file(`${name}.model`, begin);
    truncateSync(path, begin.length === 1 ? 1e9 : begin.length + 1e9);
    const before = process.memoryUsage().arrayBuffers;
    for (const call of [readModel, readSpec, readCheckpoint]) {
      await expect(call(path)).rejects.toThrow(message);
      await expect(call(path)).rejects.toThrow(ModelFileError);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e8);
    rmSync(path);
  });

  it('of text is refused as a spec', async () => {
    const path = file('spec.json', ' '.repeat(8));
    truncateSync(path, 1e9);
    await expect(readSpec(path)).rejects.toThrow('found 1000000000 bytes of text, expected a spec');
    rmSync(path);
  });
});

describe('the rows of a table for a model', () => {
  it('are found by the names of the columns, in the order of the model', async () => {
    const path = file('named.csv', 'name,b,a\nAnn,2,1\nBob,4,3\n');
    expect(await read(path, ['a', 'b'])).toEqual([1, 2, 3, 4]);
  });

  it('go by place where the table has no header or the model no names', async () => {
    expect(await read(file('bare.csv', '1,2\n3,4\n'), ['a', 'b'])).toEqual([1, 2, 3, 4]);
    expect(await read(file('other.csv', 'p,q\n1,2\n'), ['x1', 'x2'])).toEqual([1, 2]);
  });

  it('are refused where other names would go by place, and where columns are missing', async () => {
    await expect(read(file('other.csv', 'p,q\n1,2\n'), ['a', 'b'])).rejects.toThrow(
      /found the columns p, q, expected a, b\. Rename the columns, or remove the header/,
    );
    await expect(read(file('bare.csv', '1,2,3\n'), ['a', 'b'])).rejects.toThrow(
      /found the columns x1, x2, x3 \(numbered, as there is no header\), expected a, b\. Give a table of 2 columns/,
    );
    await expect(read(file('bare.csv', '1,2,3\n'), ['a', 'b'])).rejects.toThrow(DataError);
  });

  it.skipIf(process.platform === 'win32')('are whole where they come through a pipe', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const rows = 40_000;
    const text = Array.from({ length: rows }, (_, i) => `${i},${-i}\n`).join('');
    const [values] = await Promise.all([read(pipe, ['a', 'b']), writeFile(pipe, text)]);
    expect(values).toHaveLength(2 * rows);
    expect(values.slice(-2)).toEqual([rows - 1, 1 - rows]);
    // A pipe can be read once only, but its rows may be needed twice.
    expect(await read(pipe, ['a', 'b'])).toEqual(values);
    removeCopies();
  });

  it('are not asked for any more once the run is interrupted', async () => {
    const interrupt = new AbortController();
    interrupt.abort(new Error('interrupted'));
    const path = file('named.csv', 'a,b\n1,2\n');
    await expect(allRows(rowsByName(path, ['a', 'b']), interrupt.signal)).rejects.toThrow('interrupted');
  });
});

describe('a begun generator', () => {
  it('gives all its items', async () => {
    const items = await begun(
      (async function* () {
        yield await Promise.resolve(1);
        yield 2;
      })(),
    );
    const seen: number[] = [];
    for await (const item of items) seen.push(item);
    expect(seen).toEqual([1, 2]);
  });

  it('fails before the first item is asked for', async () => {
    await expect(begun(rowsByName(join(folder, 'missing.csv'), ['a']))).rejects.toThrow(/no such file/);
  });
});

describe('a model file', () => {
  it('is told apart from what is no file and what is no model', async () => {
    await expect(readModel(join(folder, 'missing'))).rejects.toThrow(/found no such file, expected a model/);
    await expect(readModel(folder)).rejects.toThrow(/found a folder, expected a model file/);
    await expect(readModel(file('text', 'a,b\n1,2\n3,4\n'))).rejects.toThrow(
      /This is not a safetensors file/,
    );
  });

  it('is no checkpoint without the state of the optimiser', async () => {
    const spec = realnvp(2, { couplings: 1, hidden: [2] });
    const bytes = encodeModel({ spec, parameters: initialParameters(spec, 0) });
    const path = file('plain.model', bytes);
    expect((await readModel(path)).model.spec).toEqual(spec);
    await expect(readCheckpoint(path)).rejects.toThrow(ModelFileError);
    await expect(readCheckpoint(path)).rejects.toThrow(
      /without the optimiser's state, expected a checkpoint/,
    );
  });

  it('has its device opened with the limits that its parameters need', async () => {
    const spec = realnvp(2, { couplings: 1, hidden: [6000, 6000] });
    const opened: unknown[] = [];
    const session = {
      open: (limits: unknown) => {
        opened.push(limits);
        return Promise.reject(new Error('no device here'));
      },
    } as unknown as Session;
    const model = { spec, parameters: new Float32Array() };
    const flow = openFlow(session, { file: 'large.model', bytes: new Uint8Array(), model });
    await expect(flow).rejects.toThrow('no device here');
    expect(opened).toEqual([limitsFor(spec)]);
    expect(limitsFor(spec).maxStorageBufferBindingSize).toBeGreaterThan(2 ** 27);
  });
});
