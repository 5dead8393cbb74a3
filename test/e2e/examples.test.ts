/** Each example, run as its README says. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../support/compare.ts';
import { launchChromium } from './chromium.ts';
import { serveFolder } from './fileServer.ts';
import type { FileServer } from './fileServer.ts';
import { expectDone } from '../cli/people.ts';
import { CliSandbox } from './runCli.ts';
import type { RunningCli } from './runCli.ts';

const ROOT = join(import.meta.dirname, '..', '..');

let cli: CliSandbox;
let browser: Browser;
let site: FileServer;

beforeAll(async () => {
  cli = await CliSandbox.create();
  cpSync(join(ROOT, 'examples'), join(cli.home, 'examples'), { recursive: true });
  for (const args of [
    'train --toy moons --couplings 2 --hidden 16 --steps 100 --seed 1 --out model.safetensors',
    'sample model.safetensors -n 300 --out rows.csv',
    'logprob model.safetensors rows.csv --tuning fixed --out scores.csv',
    'export model.safetensors --to onnx --out onnx',
  ]) {
    await expectDone(cli, args);
  }
  cpSync(cli.path('onnx'), join(cli.home, 'examples', 'onnx-page', 'model'), { recursive: true });
  browser = await launchChromium();
  site = await serveFolder(cli.home);
});

afterAll(async () => {
  await browser.close();
  await site.close();
  cli.remove();
});

/** Runs a script of the folder examples, next to the files of the command line. */
function start(script: string, ...args: string[]): RunningCli {
  return cli.startScript(join(cli.home, 'examples', script), args);
}

async function linesOf(script: string, ...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await start(script, ...args).ended;
  expect(stderr).not.toMatch(/Error/);
  expect(code).toBe(0);
  return stdout.trim().split('\n');
}

describe('an example of a script', () => {
  it('finds the penguin whose sex is a dot', async () => {
    const [head, ...rows] = await linesOf('odd-rows.mjs', '60');
    expect(head).toBe('line,column,found,p');
    expect(rows).toHaveLength(5);
    expect(rows.map((row) => row.split(',').slice(0, 3).join(','))).toContain('338,sex,.');
  });

  it('draws penguins of a species with the means of the species', async () => {
    const [, ...rows] = await linesOf('conditional.mjs', '150');
    const means = rows.map((row) => row.split(',').slice(2).map(Number));
    expect(means).toHaveLength(6);
    for (const species of [0, 2, 4]) {
      // The standard deviation within a species is about 7 mm in flipper length; between them, the means differ by 27.
      expect(means[species + 1]?.[2]).toBeGreaterThan((means[species]?.[2] ?? 0) - 5);
      expect(means[species + 1]?.[2]).toBeLessThan((means[species]?.[2] ?? 0) + 5);
    }
  });

  it('runs in Node', async () => {
    const [nll, rows] = await linesOf('runtimes.mjs');
    expect(nll).toMatch(/^NLL 1\.\d+ nats after 200 steps$/);
    expect(rows).toMatch(/^three rows:( -?\d+\.\d\d){6}$/);
  });

  const tools = process.env['WGFLOW_TOOLS'];
  it.runIf(tools !== undefined)('runs in Deno', async () => {
    const deno = join(tools ?? '', 'node_modules', '@deno', 'linux-x64-glibc', 'deno');
    const script = join(cli.home, 'examples', 'runtimes.mjs');
    const child = spawn(deno, ['run', '-A', script], {
      cwd: cli.home,
      env: { ...process.env, DENO_WEBGPU_BACKEND: 'vulkan' },
    });
    let stdout = '';
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(stdout).toMatch(/^NLL 1\.\d+ nats after 200 steps$/m);
  });
});

describe('docs/clusters.md', () => {
  it('scores by an array of tasks and a merge, to the bytes of one process', async () => {
    const text = readFileSync(join(ROOT, 'docs', 'clusters.md'), 'utf8');
    const [score = '', merge = ''] = [...text.matchAll(/```bash\n(.*?)```/gs)].map(([, code = '']) => code);
    const options = { cwd: cli.home, env: { ...process.env, WGFLOW_ADAPTER: 'swiftshader' } };
    const sh = (code: string, env: Record<string, string> = {}): Buffer =>
      execFileSync('bash', ['-ec', code], { ...options, stdio: 'pipe', env: { ...options.env, ...env } });
    cpSync(cli.path('model.safetensors'), join(cli.home, 'model.safetensors'));
    cpSync(cli.path('rows.csv'), join(cli.home, 'data.csv'));
    for (const id of ['1', '2', '3', '4']) {
      sh(score, { SLURM_ARRAY_TASK_ID: id, SLURM_ARRAY_TASK_COUNT: '4' });
    }
    sh(merge);
    expect(readFileSync(join(cli.home, 'scores.csv'), 'utf8')).toBe(
      readFileSync(cli.path('scores.csv'), 'utf8'),
    );
  });
});

describe('an example of a page', () => {
  it('trains and draws the density, in 40 lines', async () => {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', ({ message }) => problems.push(message));
    await page.goto(`${site.url}examples/density-page/index.html?steps=60`);
    await page.waitForSelector('#words[data-done]', { timeout: 60_000 });
    expect(await page.textContent('#words')).toMatch(/^step 60 of 60, \d\.\d{3} nats$/);
    const colours = await page.evaluate(() => {
      const pen = document.querySelector('canvas')?.getContext('2d');
      return new Set(pen?.getImageData(0, 0, 96, 96).data).size;
    });
    expect(colours).toBeGreaterThan(20);
    expect(problems).toEqual([]);
    const lines = readFileSync(join(ROOT, 'examples', 'density-page', 'index.html'), 'utf8').split('\n');
    expect(lines.length).toBeLessThanOrEqual(41);
  });

  it('scores by ONNX Runtime as the command line does', async () => {
    const page = await browser.newPage();
    await page.goto(`${site.url}examples/onnx-page/index.html?model=model/model.forward.onnx`);
    const { rows } = cli.table('rows.csv');
    await page.fill('#rows', rows.map((row) => row.join(' ')).join('\n'));
    await page.click('#score');
    await page.waitForFunction(
      () => document.querySelector('#scores')?.textContent?.split('\n').length === 300,
    );
    const scores = (await page.textContent('#scores'))?.split('\n').map(Number) ?? [];
    expectClose('log_prob', scores, cli.table('scores.csv').rows.flat(), 1e-5);
  });
});

describe('the example of a service', () => {
  async function serving(...args: string[]): Promise<{ url: string; service: RunningCli }> {
    const service = start('server.mjs', 'model.safetensors', '--port', '0', ...args);
    let url = '';
    service.process.stdout.on('data', (text: string) => (url += text));
    await service.saying(/^http:.*\n/);
    return { url: url.trim(), service };
  }
  const post = (url: string, body: string): Promise<Response> =>
    fetch(`${url}/logprob`, { method: 'POST', body });

  it('answers 100 clients with the scores of the command line, or with the documented 503', async () => {
    const { url, service } = await serving();
    const [line = ''] = await linesOf('load.mjs', url, 'rows.csv', 'scores.csv', '--seconds', '4');
    const { answers, busy, wrong, failed } = JSON.parse(line) as Record<string, number>;
    expect({ wrong, failed }).toEqual({ wrong: 0, failed: 0 });
    expect(answers).toBeGreaterThan(100);
    expect(busy).toBeGreaterThan(0);
    service.process.kill('SIGTERM');
    expect(await service.ended).toMatchObject({
      code: 0,
      stderr: expect.not.stringContaining('Error') as unknown,
    });
  });

  it('refuses what is no request of it, with words', async () => {
    const { url, service } = await serving();
    const found = async (response: Promise<Response>): Promise<[number, string]> => {
      const { status, body } = await response.then(async (one) => ({
        status: one.status,
        body: await one.json(),
      }));
      return [status, (body as { error: string }).error];
    };
    expect(await found(post(url, 'rows'))).toEqual([400, 'The body is no JSON object.']);
    expect(await found(post(url, '{}'))).toEqual([400, 'The body has no list "rows".']);
    expect(await found(post(url, '{"rows": [[1, 2, 3]]}'))).toEqual([400, expect.stringContaining('2')]);
    expect(await found(post(url, '{"rows": [[1, "x"]]}'))).toEqual([400, expect.any(String)]);
    expect(await found(post(url, `{"rows": [${'[0,0],'.repeat(10_000)}[0,0]]}`))).toEqual([
      413,
      'A request has at most 10000 rows.',
    ]);
    expect(await found(post(url, ' '.repeat(2 ** 20 + 1)))).toEqual([
      413,
      'A body has at most 1048576 bytes.',
    ]);
    expect(await found(fetch(`${url}/logprob`))).toEqual([405, 'POST rows to /logprob.']);
    expect(await found(fetch(`${url}/`))).toEqual([404, 'There are /logprob and /health.']);
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: 'ok', active: 0 });
    service.process.kill('SIGTERM');
    expect((await service.ended).code).toBe(0);
  });

  it('answers at SIGTERM what has begun, and then ends', async () => {
    const { url, service } = await serving();
    const body = JSON.stringify({ rows: cli.table('rows.csv').rows });
    const answers = Array.from({ length: 20 }, () => post(url, body));
    await expect
      .poll(async () => ((await (await fetch(`${url}/health`)).json()) as { active?: number }).active, {
        interval: 1,
      })
      .toBeGreaterThan(0);
    service.process.kill('SIGTERM');
    const states = (await Promise.allSettled(answers)).map((one) =>
      one.status === 'fulfilled' ? one.value.status : 'not accepted',
    );
    expect(states).toContain(200);
    expect(states.filter((state) => ![200, 503, 'not accepted'].includes(state))).toEqual([]);
    expect((await service.ended).code).toBe(0);
    await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed');
  });
});
