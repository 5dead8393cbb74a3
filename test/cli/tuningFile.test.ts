import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TuningFile, tuningFilePath } from '../../src/cli/tuningFile.ts';
import { tuningLine, tuningOptions } from '../../src/cli/tuningLog.ts';
import { fixedVariants, PLAIN_VARIANTS } from '../../src/plan/variants.ts';
import type { TuningReport } from '../../src/flow/tuningOptions.ts';
import { LAVAPIPE } from '../support/adapters.ts';

let folder: string;
let file: string;
let warnings: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wgflow-tuning-'));
  file = join(folder, 'cache', 'tuning.json');
  warnings = [];
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function opened(path = file): TuningFile {
  return new TuningFile(path, (line) => warnings.push(line));
}

describe('the tuning cache of the command line', () => {
  it('gives back in the next process what was put in, and makes its folder', async () => {
    expect(await opened().get('a')).toBeUndefined();
    await opened().set('a', PLAIN_VARIANTS);
    await opened().set('b', fixedVariants(LAVAPIPE));
    expect(await opened().get('a')).toEqual(PLAIN_VARIANTS);
    expect(await opened().get('b')).toEqual(fixedVariants(LAVAPIPE));
    expect(await opened().get('toString')).toBeUndefined();
    expect(readdirSync(join(folder, 'cache'))).toEqual(['tuning.json']);
    expect(warnings).toEqual([]);
  });

  it('forgets the oldest of more than 256 choices', async () => {
    const many = Object.fromEntries(Array.from({ length: 256 }, (_, i) => [`key ${i}`, PLAIN_VARIANTS]));
    mkdirSync(join(folder, 'cache'));
    writeFileSync(file, JSON.stringify({ choices: many }));
    await opened().set('new', PLAIN_VARIANTS);
    expect(await opened().get('key 0')).toBeUndefined();
    expect(await opened().get('key 1')).toEqual(PLAIN_VARIANTS);
    expect(await opened().get('new')).toEqual(PLAIN_VARIANTS);
  });

  it.each(['', '{', '[]', '{"choices": 3}', 'null'])(
    'warns once of a damaged file and mends it: %j',
    async (text) => {
      mkdirSync(join(folder, 'cache'));
      writeFileSync(file, text);
      const cache = opened();
      expect(await cache.get('a')).toBeUndefined();
      await cache.set('a', PLAIN_VARIANTS);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(/^Warning: the tuning cache .*tuning.json is damaged.*\)$/);
      expect(await opened().get('a')).toEqual(PLAIN_VARIANTS);
      expect(warnings).toHaveLength(1);
    },
  );

  it('warns once where it cannot be read or written, and goes on', async () => {
    writeFileSync(join(folder, 'in the way'), '');
    const cache = opened(join(folder, 'in the way', 'tuning.json'));
    expect(await cache.get('a')).toBeUndefined();
    await cache.set('a', PLAIN_VARIANTS);
    await cache.set('b', PLAIN_VARIANTS);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/cannot be (read|written)/);
    mkdirSync(file, { recursive: true });
    await opened().set('a', PLAIN_VARIANTS);
    expect(warnings).toHaveLength(2);
  });

  it('lies where the system keeps caches, or where WGFLOW_TUNING_CACHE says', () => {
    const at = (env: NodeJS.ProcessEnv, platform: string): string => tuningFilePath(env, platform);
    expect(at({ WGFLOW_TUNING_CACHE: 'here.json', XDG_CACHE_HOME: '/x' }, 'linux')).toBe('here.json');
    expect(at({ XDG_CACHE_HOME: folder }, 'linux')).toBe(join(folder, 'wgflow', 'tuning.json'));
    expect(at({ XDG_CACHE_HOME: 'relative' }, 'linux')).toMatch(/\.cache.wgflow.tuning\.json$/);
    expect(at({}, 'darwin')).toMatch(/Library.Caches.wgflow.tuning\.json$/);
    expect(at({ LOCALAPPDATA: folder }, 'win32')).toBe(join(folder, 'wgflow', 'tuning.json'));
    expect(at({}, 'win32')).toMatch(/AppData.Local.wgflow.tuning\.json$/);
  });

  it('is the one that a session’s flows use, and their choices are told as a line and an event', async () => {
    vi.stubEnv('WGFLOW_TUNING_CACHE', file);
    const lines: string[] = [];
    const events: unknown[] = [];
    const { tuning, tuningCache, onTuning } = tuningOptions(
      { say: (line) => lines.push(line), emit: (event) => events.push(event) },
      'measured',
    );
    expect(tuning).toBe('measured');
    await tuningCache?.set('a', PLAIN_VARIANTS);
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file, 'utf8')).toContain('"tiled"');
    const report: TuningReport = { pass: 'forward', rows: 8192, variants: PLAIN_VARIANTS, source: 'cache' };
    onTuning?.(report);
    expect(lines).toEqual([
      'Kernels of the forward pass, 8,192 rows: tiled, lanes 1, segment 8, product plain, weights summed, keep rebuild, precision f32; as measured before',
    ]);
    expect(events).toEqual([{ event: 'tuning', ...report }]);
  });
});

describe('the line that tells a choice', () => {
  const base = { pass: 'gradient', rows: 512, variants: fixedVariants(LAVAPIPE) } as const;
  const other = { variants: PLAIN_VARIANTS, ms: 2 };

  it.each<[Partial<TuningReport>, string]>([
    [{ source: 'fixed' }, 'from the fixed table'],
    [{ source: 'only' }, 'nothing to choose from'],
    [{ source: 'checkpoint' }, 'as in the checkpoint'],
    [
      {
        source: 'untimed',
        searchMs: 812,
        candidates: [{ variants: base.variants }, { variants: PLAIN_VARIANTS }],
      },
      "the fixed table's, because no other was ready after 0.8 s",
    ],
    [
      { source: 'measured', searchMs: 340, candidates: [{ variants: base.variants, ms: 1.234 }, other] },
      'the best of 2 by 1.23 ms (measured in 0.3 s)',
    ],
    [
      {
        source: 'measured',
        searchMs: 340,
        variants: PLAIN_VARIANTS,
        candidates: [{ variants: base.variants, ms: 4 }, other],
      },
      "the best of 2 by 2.00 ms; the fixed table's takes 4.00 ms (measured in 0.3 s)",
    ],
  ])('%o', (part, reason) => {
    const line = tuningLine({ ...base, source: 'fixed', ...part });
    expect(line).toMatch(/^Kernels of the gradient pass, 512 rows: (fused|tiled), /);
    expect(line.endsWith(`; ${reason}`), line).toBe(true);
  });
});
