/** Finds optional packages. */
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * The entry point of the package `name`, looked up from wgflow's own folder, then from the current folder. So
 * a wgflow run by npx or installed globally finds packages that `npm i` put next to the user's data.
 */
export function resolvePackage(name: string): string | undefined {
  const places = [() => import.meta.url, () => join(process.cwd(), 'package.json')];
  for (const placeOf of places) {
    try {
      return createRequire(placeOf()).resolve(name);
    } catch {
      // Not installed, or the current folder was deleted.
    }
  }
  return undefined;
}
