/** The packed package where people use it: scripts, bundlers, plain pages, workers, servers, three compilers. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build as esbuild } from 'esbuild';
import type { Browser } from 'playwright-core';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../support/compare.ts';
import { launchChromium } from './chromium.ts';
import { serveFolder } from './fileServer.ts';
import { PackedPackage } from './packedPackage.ts';

/** A folder where npm installed deno, typescript6 and typescript7 (aliases of typescript): too much for each developer. */
const tools = process.env['WGFLOW_TOOLS'];

interface Result {
  logProb: number[];
  samples: number[];
  losses: number[];
  /** Name of the error for a wrong spec. */
  refusal: string;
}

let wgflow: PackedPackage;
let browser: Browser;
let model: string;
let script: Result;

/** A folder of a user who installed the package, with `files` of the folder consumers. */
function userFolder(name: string, files: readonly string[]): string {
  const folder = wgflow.folder(name);
  wgflow.install(folder);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const file of files) cpSync(join(import.meta.dirname, 'consumers', file), join(folder, file));
  return folder;
}

beforeAll(async () => {
  wgflow = await PackedPackage.create();
  browser = await launchChromium();
  const folder = userFolder('node', ['script.mjs', 'rows.js']);
  model = join(folder, 'model.safetensors');
  const env = { ...process.env, WGFLOW_ADAPTER: 'swiftshader' };
  const told = execFileSync(process.execPath, ['script.mjs', model], { cwd: folder, env });
  script = JSON.parse(told.toString()) as Result;
});

afterAll(async () => {
  await browser.close();
  wgflow.remove();
});

/** What the page in `folder` computes, and the gzipped bytes of the scripts that it loads. */
async function visit(folder: string, page = ''): Promise<Result & { scriptBytes: number }> {
  const server = await serveFolder(folder);
  const tab = await browser.newPage();
  try {
    const problems: string[] = [];
    tab.on('pageerror', ({ message }) => problems.push(message));
    await tab.goto(`${server.url}${page}`);
    const result = (await tab.evaluate('globalThis.result')) as Result;
    expect(problems).toEqual([]);
    const scripts = server.requests.filter((path) => path.endsWith('.js'));
    const sizes = scripts.map((path) => gzipSync(readFileSync(join(folder, path))).length);
    return { ...result, scriptBytes: sizes.reduce((sum, size) => sum + size, 0) };
  } finally {
    await tab.close();
    await server.close();
  }
}

function expectScores({ logProb, samples }: Result): void {
  expect(logProb).toHaveLength(4);
  expectClose('logProb', logProb, script.logProb, 1e-5);
  expectClose('samples', samples, script.samples, 1e-5);
}

/** A folder with a page whose main script, `main`, is bundled by Vite. */
async function viteApp(name: string, main: string, files: readonly string[]): Promise<string> {
  const root = userFolder(name, [main, ...files, 'page.html']);
  cpSync(join(root, 'page.html'), join(root, 'index.html'));
  cpSync(join(root, main), join(root, 'main.js'));
  await vite({ root, configFile: false, logLevel: 'error', base: './', worker: { format: 'es' } });
  cpSync(model, join(root, 'dist', 'model.safetensors'));
  return join(root, 'dist');
}

describe('the packed package', () => {
  it('trains, saves and scores in a script of Node', () => {
    expect(script.losses).toHaveLength(40);
    expect(script.losses.at(-1)).toBeLessThan(script.losses[0] ?? 0);
  });

  it('scores in an app of Vite', async () => {
    const { scriptBytes, ...result } = await visit(
      await viteApp('vite-score', 'scorePage.js', ['score.js', 'rows.js']),
    );
    expectScores(result);
    expect(scriptBytes).toBeLessThan(92_000);
  });

  it('trains in an app of Vite', async () => {
    const { scriptBytes, losses, logProb, refusal } = await visit(
      await viteApp('vite-train', 'trainPage.js', ['rows.js']),
    );
    expect(losses).toHaveLength(20);
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
    expect(logProb.every(Number.isFinite)).toBe(true);
    expect(refusal).toBe('ShapeError');
    expect(scriptBytes).toBeLessThan(137_000);
  });

  it('scores in a worker of an app of Vite', async () => {
    expectScores(
      await visit(await viteApp('vite-worker', 'workerPage.js', ['worker.js', 'score.js', 'rows.js'])),
    );
  });

  it('scores in an app of esbuild', async () => {
    const folder = userFolder('esbuild', ['scorePage.js', 'score.js', 'rows.js', 'page.html']);
    const outdir = join(folder, 'dist');
    await esbuild({
      absWorkingDir: folder,
      entryPoints: { main: 'scorePage.js' },
      bundle: true,
      splitting: true,
      minify: true,
      format: 'esm',
      outdir,
    });
    cpSync(join(folder, 'page.html'), join(outdir, 'index.html'));
    cpSync(model, join(outdir, 'model.safetensors'));
    expectScores(await visit(outdir));
  });

  it('scores in a plain page, without a bundler', async () => {
    const folder = userFolder('plain', ['scorePage.js', 'score.js', 'rows.js', 'plain.html']);
    cpSync(model, join(folder, 'model.safetensors'));
    expectScores(await visit(folder, 'plain.html'));
  });

  it.runIf(tools !== undefined)('trains, saves and scores in a script of Deno', () => {
    const folder = userFolder('deno', ['script.mjs', 'rows.js']);
    const deno = join(tools ?? '', 'node_modules', '@deno', 'linux-x64-glibc', 'deno');
    const env = { ...process.env, DENO_WEBGPU_BACKEND: 'vulkan' };
    const told = execFileSync(deno, ['run', '-A', 'script.mjs', 'model.safetensors'], { cwd: folder, env });
    expect((JSON.parse(told.toString()) as Result).losses).toHaveLength(40);
  });

  it('is imported where there is no WebGPU, and changes nothing', () => {
    const folder = userFolder('server', ['ssr.mjs']);
    const told = execFileSync(process.execPath, ['ssr.mjs'], { cwd: folder });
    expect(JSON.parse(told.toString())).toEqual({
      entries: expect.arrayContaining(['.', './node', './table']) as unknown,
      added: [],
      refused: true,
    });
  });

  const compilers =
    tools === undefined
      ? []
      : ['typescript6', 'typescript7'].map((name) => join(tools, 'node_modules', name));
  it.each([join(import.meta.dirname, '..', '..', 'node_modules', 'typescript'), ...compilers])(
    'compiles with all checks and without the types of WebGPU: %s',
    (compiler) => {
      const folder = userFolder(`types-${basename(compiler)}`, []);
      const { exports } = JSON.parse(
        readFileSync(join(folder, 'node_modules', 'wgflow', 'package.json'), 'utf8'),
      ) as { exports: Record<string, unknown> };
      const entries = Object.keys(exports).filter((path) => path !== './package.json');
      for (const { paths, module, moduleResolution } of [
        { paths: entries, module: 'nodenext', moduleResolution: 'nodenext' },
        // Alone, none gets what another declares.
        ...['.', './node', './bench'].map((path) => ({
          paths: [path],
          module: 'esnext',
          moduleResolution: 'bundler',
        })),
      ]) {
        const uses = paths.map((path, at) => `export * as entry${at} from 'wgflow${path.slice(1)}';`);
        writeFileSync(join(folder, 'use.ts'), uses.join('\n'));
        const compilerOptions = {
          target: 'es2022',
          module,
          moduleResolution,
          strict: true,
          noEmit: true,
          types: [],
        };
        writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
        const { status, stdout } = spawnSync(process.execPath, [join(compiler, 'bin', 'tsc'), '-p', folder]);
        expect({ paths, status, problems: stdout.toString() }).toEqual({ paths, status: 0, problems: '' });
      }
    },
  );
});
