/** Finds tests that need a device by their imports; noDevice.ts fails any other test that opens one. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const OPENERS = ['test/support/device.ts', 'src/node.ts', 'src/gpu/dawn.ts'];

/**
 * Paths from the root: `e2e` starts browsers and other processes, `gpu` opens a device, `cpu` is the rest.
 */
export function testsByNeed(): { cpu: string[]; gpu: string[]; e2e: string[] } {
  const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `test/${file.replaceAll('\\', '/')}`)
    .sort();
  const e2e = files.filter((file) => file.startsWith('test/e2e/'));
  const gpu = files.filter((file) => !e2e.includes(file) && opensDevice(file));
  return { cpu: files.filter((file) => !e2e.includes(file) && !gpu.includes(file)), gpu, e2e };
}

const known = new Map<string, boolean>();

/** Whether a file imports a device opener, directly or through other test files. */
function opensDevice(file: string): boolean {
  if (OPENERS.includes(file)) return true;
  if (!file.startsWith('test/')) return false;
  const answer = known.get(file);
  if (answer !== undefined) return answer;
  known.set(file, false);
  const imports = readFileSync(join(ROOT, file), 'utf8').matchAll(
    /^(?:import|export|\}) .*'(\.[^']+\.ts)';$/gm,
  );
  const opens = [...imports].some(([, path = '']) =>
    opensDevice(relative(ROOT, join(ROOT, dirname(file), path)).replaceAll('\\', '/')),
  );
  known.set(file, opens);
  return opens;
}
