import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from './commandLine.ts';

let cli: CommandLine;

beforeAll(() => {
  cli = new CommandLine();
});

afterAll(() => cli.remove());

describe('doctor', () => {
  it('says what works, and what to do about the rest', async () => {
    cli.write('taken', '');
    const file = join(cli.folder, 'taken', 'tuning.json');
    const { code, stdout } = await cli.run('doctor --json', { env: { WGFLOW_TUNING_CACHE: file } });
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const found = new Map(events.map(({ what, ...event }) => [what, event]));
    expect(found.get('Parquet files')).toMatchObject({ works: true });
    const cache = found.get('Cache of kernel choices');
    expect(cache).toMatchObject({ works: false, found: `${file} cannot be written` });
    expect(cache?.['advice']).toContain('WGFLOW_TUNING_CACHE');
    const usable = ['GPU', 'Software adapter'].filter((what) => found.get(what)?.['works'] === true);
    expect(events.at(-1)).toEqual({ event: 'done', adapter: usable[0] === 'GPU' ? 'gpu' : 'software' });
    const advised = [...found.values()].filter(({ advice }) => advice !== undefined);
    expect(advised.every(({ works }) => works === false)).toBe(true);
  });

  it('prints a table, and a sentence that sums it up', async () => {
    const { code, stdout, stderr } = await cli.run('doctor');
    expect(code).toBe(0);
    expect(stdout).toMatch(/│ (yes|no ) +│ Software adapter +│/);
    expect(stderr).toMatch(/wgflow runs (on the GPU here|here, on the CPU)/);
  });
});
