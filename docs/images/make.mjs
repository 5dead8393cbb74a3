// Makes moons-report.png, the README's picture, from the report of a run:
//   npx wgflow train --toy moons --report moons-run && node docs/images/make.mjs moons-run/report.html
// Chromium comes from npm (@sparticuz/chromium).
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

process.env.AWS_EXECUTION_ENV ??= 'AWS_Lambda_nodejs20.x';
const { default: packed } = await import('@sparticuz/chromium');
const { chromium } = await import('playwright-core');

const [report = 'moons-run/report.html'] = process.argv.slice(2);
const executablePath = await packed.executablePath();
const folder = dirname(executablePath);
const browser = await chromium.launch({
  executablePath,
  args: ['--headless=new', '--no-sandbox', '--no-zygote', '--disable-dev-shm-usage'],
  ignoreDefaultArgs: ['--headless'],
  env: { ...process.env, LD_LIBRARY_PATH: `${folder}/al2023/lib:${folder}` },
});
const page = await browser.newPage({ viewport: { width: 1200, height: 1540 }, deviceScaleFactor: 1 });
await page.goto(pathToFileURL(resolve(report)).href);
await page.screenshot({ path: new URL('./moons-report.png', import.meta.url).pathname });
await browser.close();
