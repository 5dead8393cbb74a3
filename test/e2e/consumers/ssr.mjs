/** Imports every entry where there is no WebGPU, as a server that renders pages does. Prints what each import changed. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const before = Object.getOwnPropertyNames(globalThis);
const { exports } = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve('wgflow/package.json'), 'utf8'),
);
const entries = Object.keys(exports).filter((path) => path !== './package.json');
for (const path of entries) await import(`wgflow${path.slice(1)}`);
const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name));
const { Flow, GpuUnavailableError, realnvp } = await import('wgflow');
const refused = await Flow.create(realnvp(2)).catch((error) => error instanceof GpuUnavailableError);
console.log(JSON.stringify({ entries, added, refused }));
