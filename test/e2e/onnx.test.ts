import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { STREAMS } from '../../src/random.ts';
import { expectClose } from '../support/compare.ts';
import { bundle } from './bundle.ts';
import { launchChromium } from './chromium.ts';

const RUNTIME = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
const TYPES: Record<string, string> = {
  js: 'text/javascript',
  mjs: 'text/javascript',
  wasm: 'application/wasm',
};

it('scores a flow in a page by ONNX Runtime, on WebAssembly and on WebGPU, as the library does', async () => {
  const script = await bundle(new URL('./onnxPage.ts', import.meta.url).pathname);
  const server = createServer(({ url = '/' }, response) => {
    const name = basename(url.split('?')[0] ?? '');
    const type = TYPES[name.split('.').at(-1) ?? ''];
    response.setHeader('content-type', type ?? 'text/html');
    if (name === 'page.js') response.end(script);
    else if (type !== undefined) response.end(readFileSync(join(RUNTIME, name)));
    else response.end('<!doctype html><title>wgflow</title><script type="module" src="page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => 'runOnnxPage' in globalThis);
    const x = [...toyDensity('moons').sample(4, STREAMS.toyTest, 0, 33)];
    const { logProb, found } = await page.evaluate(
      (rows) => globalThis.runOnnxPage(rows, '/ort.min.mjs', ['wasm', 'webgpu']),
      x,
    );
    expect(Object.keys(found)).toEqual(['wasm', 'webgpu']);
    for (const [provider, values] of Object.entries(found)) expectClose(provider, values, logProb, 1e-5);
  } finally {
    await browser.close();
    await new Promise((resolve) => server.close(resolve));
  }
});
