/** Finding packages that wgflow works without. */
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * The entry point of the package `name`, as seen from wgflow's own folder, else from the current folder
 * sees. So a wgflow that npx runs, or that is installed globally, finds what `npm i` put next to the user's data.
 */
export function resolvePackage(name: string): string | undefined {
  const places = [() => import.meta.url, () => join(process.cwd(), 'package.json')];
  for (const placeOf of places) {
    try {
      return createRequire(placeOf()).resolve(name);
    } catch {
      // Not there, or the current folder is gone.
    }
  }
  return undefined;
}
