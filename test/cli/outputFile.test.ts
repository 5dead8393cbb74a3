import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { discardAllOutputs, openOutput, openOutputFolder } from '../../src/cli/outputFile.ts';
import { DataError, ShapeError } from '../../src/errors.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wgflow-output-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const inFolder = (name: string) => path.join(folder, name);

describe('openOutput', () => {
  it('makes the file appear only at commit, with everything that was written', async () => {
    const output = await openOutput(inFolder('out.csv'));
    await output.write('a,b\n');
    await output.write(Uint8Array.of(49, 44, 50, 10));
    expect(await readdir(folder)).toEqual([`.out.csv.${process.pid}.tmp`]);
    await output.commit();
    expect(await readdir(folder)).toEqual(['out.csv']);
    expect(await readFile(inFolder('out.csv'), 'utf8')).toBe('a,b\n1,2\n');
  });

  it('keeps the file that was there until commit, and after discard', async () => {
    await writeFile(inFolder('out.csv'), 'old');
    const discarded = await openOutput(inFolder('out.csv'));
    await discarded.write('new');
    expect(await readFile(inFolder('out.csv'), 'utf8')).toBe('old');
    await discarded.discard();
    expect(await readdir(folder)).toEqual(['out.csv']);
    expect(await readFile(inFolder('out.csv'), 'utf8')).toBe('old');

    const committed = await openOutput(inFolder('out.csv'));
    await committed.write('new');
    await committed.commit();
    expect(await readFile(inFolder('out.csv'), 'utf8')).toBe('new');
  });

  it('lets commit and discard follow each other without effect, and refuses to write after', async () => {
    const output = await openOutput(inFolder('out.csv'));
    await output.write('data');
    await output.commit();
    await output.discard();
    await output.commit();
    expect(await readFile(inFolder('out.csv'), 'utf8')).toBe('data');
    await expect(output.write('more')).rejects.toBeInstanceOf(DataError);
  });

  it('writes a name as long as the file system allows, and refuses a longer one', async () => {
    for (const name of ['n'.repeat(250), 'é'.repeat(127)]) {
      const output = await openOutput(inFolder(name));
      await output.write('1');
      await output.commit();
      expect(await readdir(folder)).toEqual([name]);
      await rm(inFolder(name));
    }
    await expect(openOutput(inFolder('n'.repeat(256)))).rejects.toThrow('found a name too long');
  });

  it('refuses links that lead to each other, also in the path', async () => {
    await symlink('second', inFolder('first'));
    await symlink('first', inFolder('second'));
    for (const name of ['first', 'first/out.csv']) {
      await expect(openOutput(inFolder(name))).rejects.toThrow(
        `${inFolder(name)}: found links that lead to each other. Check the path.`,
      );
      await expect(openOutputFolder(inFolder(name), ['a'])).rejects.toThrow(DataError);
    }
  });

  it('keeps the permissions of the file that it replaces', async () => {
    await writeFile(inFolder('out.csv'), 'old');
    await chmod(inFolder('out.csv'), 0o640);
    const output = await openOutput(inFolder('out.csv'));
    await output.commit();
    expect((await stat(inFolder('out.csv'))).mode & 0o777).toBe(0o640);
  });

  it('writes through a symbolic link and leaves the link', async () => {
    await mkdir(inFolder('elsewhere'));
    await writeFile(inFolder('elsewhere/real.csv'), 'old');
    await symlink(inFolder('elsewhere/real.csv'), inFolder('link.csv'));
    const output = await openOutput(inFolder('link.csv'));
    await output.write('new');
    await output.commit();
    expect(await readFile(inFolder('elsewhere/real.csv'), 'utf8')).toBe('new');
    expect(
      (await readdir(folder, { withFileTypes: true })).find((e) => e.name === 'link.csv')?.isSymbolicLink(),
    ).toBe(true);
  });

  it('writes to a device directly instead of replacing it', async () => {
    const output = await openOutput('/dev/null');
    await output.write('gone');
    await output.commit();
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });

  it.each([
    ['its folder is missing', 'missing/out.csv', 'found no folder to write into'],
    ['it is a folder', 'folder', 'found a folder, expected a file to write to'],
    ['it is named as a folder', 'new/', 'found a folder, expected a file to write to'],
    ['its folder is a file', 'file/out.csv', 'found a file where a folder should be'],
  ])('refuses a file when %s, and leaves nothing', async (_, name, message) => {
    await mkdir(inFolder('folder'));
    await writeFile(inFolder('file'), '');
    const error: unknown = await openOutput(`${folder}/${name}`).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ file: `${folder}/${name}` });
    expect(String(error)).toContain(message);
    expect((await readdir(folder)).sort()).toEqual(['file', 'folder']);
  });

  it('refuses a second writer of the same file while the first is open', async () => {
    const first = await openOutput(inFolder('out.csv'));
    await expect(openOutput(inFolder('out.csv'))).rejects.toThrow('open for writing already');
    await first.write('first');
    await first.commit();
    expect(await readFile(inFolder('out.csv'), 'utf8')).toBe('first');
  });

  it('replaces a temporary file left by a killed process with the same id', async () => {
    await writeFile(inFolder(`.out.csv.${process.pid}.tmp`), 'left over, and longer');
    const output = await openOutput(inFolder('out.csv'));
    await output.write('new');
    await output.commit();
    expect(await readFile(inFolder('out.csv'), 'utf8')).toBe('new');
  });

  it('discards when the file cannot be renamed into place', async () => {
    const output = await openOutput(inFolder('out.csv'));
    await output.write('data');
    await mkdir(inFolder('out.csv'));
    await expect(output.commit()).rejects.toThrow('found a folder in the place of the output');
    expect(await readdir(folder)).toEqual(['out.csv']);
  });

  it('writes to standard output for the name -', () => {
    const run = inChild(`const o = await openOutput('-'); await o.write('a,b\\n'); await o.commit();`);
    expect(run).toMatchObject({ status: 0, stdout: 'a,b\n', stderr: '' });
  });
});

describe('discardAllOutputs', () => {
  it('removes every open file and folder at once, after which commit refuses', async () => {
    const file = await openOutput(inFolder('out.csv'));
    const several = await openOutputFolder(inFolder('run'), ['a', 'b']);
    await file.write('data');
    discardAllOutputs();
    expect(await readdir(folder)).toEqual([]);
    await expect(file.commit()).rejects.toThrow('discarded');
    await expect(several.commit()).rejects.toThrow('discarded');
    await file.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  it('runs by itself when the process exits without a commit', async () => {
    const run = inChild(
      `await mkdir(${JSON.stringify(inFolder('there'))});
       const o = await openOutput(${JSON.stringify(inFolder('out.csv'))}); await o.write('half');
       await openOutputFolder(${JSON.stringify(inFolder('run'))}, ['a']);
       console.log((await readdir(${JSON.stringify(folder)})).length); process.exit(3);`,
    );
    expect(run).toMatchObject({ status: 3, stdout: '3\n', stderr: '' });
    expect(await readdir(folder)).toEqual(['there']);
  });
});

describe('openOutputFolder', () => {
  it('makes a new folder appear at commit with all its files', async () => {
    const output = await openOutputFolder(inFolder('run'), ['a.txt', 'b.txt']);
    await output.write('b.txt', 'B');
    await output.write('a.txt', 'A');
    await output.write('a.txt', 'A');
    expect(await readdir(folder)).toEqual([`.run.${process.pid}.tmp`]);
    await output.commit();
    await output.discard();
    expect(await readdir(folder)).toEqual(['run']);
    expect(await readFile(inFolder('run/a.txt'), 'utf8')).toBe('AA');
    expect(await readFile(inFolder('run/b.txt'), 'utf8')).toBe('B');
  });

  it('replaces files in a folder that exists and leaves the others', async () => {
    await mkdir(inFolder('run'));
    await writeFile(inFolder('run/a.txt'), 'old');
    await writeFile(inFolder('run/other.txt'), 'other');
    const discarded = await openOutputFolder(inFolder('run'), ['a.txt']);
    await discarded.write('a.txt', 'lost');
    await discarded.discard();
    expect(await readFile(inFolder('run/a.txt'), 'utf8')).toBe('old');

    const output = await openOutputFolder(inFolder('run/'), ['a.txt', 'b.txt']);
    await output.write('a.txt', 'new');
    await output.commit();
    expect(await readdir(folder)).toEqual(['run']);
    expect((await readdir(inFolder('run'))).sort()).toEqual(['a.txt', 'b.txt', 'other.txt']);
    expect(await readFile(inFolder('run/a.txt'), 'utf8')).toBe('new');
  });

  it('refuses a file in the place of the folder, a folder in the place of a file, and a missing parent', async () => {
    await writeFile(inFolder('file'), '');
    await mkdir(inFolder('run/a.txt'), { recursive: true });
    await expect(openOutputFolder(inFolder('file'), ['a.txt'])).rejects.toThrow('found a file');
    await expect(openOutputFolder(inFolder('run'), ['a.txt'])).rejects.toThrow('found a folder where a file');
    await expect(openOutputFolder(inFolder('no/run'), ['a.txt'])).rejects.toThrow('found no folder');
    expect((await readdir(folder)).sort()).toEqual(['file', 'run']);
  });

  it('refuses names that lead out of the folder, and names that were not announced', async () => {
    for (const name of ['../a', '/a', 'a/b', 'a\\b', '..', '.', '']) {
      await expect(openOutputFolder(inFolder('run'), [name])).rejects.toBeInstanceOf(ShapeError);
    }
    const output = await openOutputFolder(inFolder('run'), ['a']);
    await expect(output.write('b', '')).rejects.toBeInstanceOf(ShapeError);
    await output.discard();
    expect(await readdir(folder)).toEqual([]);
  });
});

/** Runs statements in a separate process, with the module bundled for this Node. */
function inChild(statements: string) {
  const script = `
    import { mkdir, readdir } from 'node:fs/promises';
    import { createServer } from 'vite';
    const vite = await createServer({ server: { middlewareMode: true, ws: false }, appType: 'custom', logLevel: 'error', configFile: false });
    const { openOutput, openOutputFolder } = await vite.ssrLoadModule('/src/cli/outputFile.ts');
    await vite.close();
    ${statements}`;
  const run = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: path.resolve(import.meta.dirname, '../..'),
    encoding: 'utf8',
  });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}
