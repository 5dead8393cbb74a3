/** Finds optional packages. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The entry point of the package `name`, looked up from wgflow's own folder and next to it, then from the current folder,
 * then where npm installs globally. So a wgflow run by npx or installed globally finds packages that `npm i` put next to
 * the user's data, or `npm i -g` anywhere.
 */
export function resolvePackage(name: string): string | undefined {
  const places = [
    () => import.meta.url,
    () => join(process.cwd(), 'package.json'),
    ...globalFolders().map((folder) => () => join(folder, 'package.json')),
  ];
  for (const placeOf of places) {
    try {
      return createRequire(placeOf()).resolve(name);
    } catch {
      // Not installed, or the current folder was deleted.
    }
  }
  return undefined;
}

/** How to install these packages where this wgflow finds them: follows `Install it, `. */
export function installAdvice(...names: readonly string[]): string {
  if (isGlobal()) return `with npm i -g ${names.join(' ')}`;
  return `in the folder where you work: npm i ${names.join(' ')}`;
}

/** Whether npm installed this wgflow globally: above its node_modules there is no project. */
function isGlobal(): boolean {
  const [, above] = /^(.*)[/\\]node_modules[/\\]wgflow[/\\]/.exec(fileURLToPath(import.meta.url)) ?? [];
  return above !== undefined && !existsSync(join(above, 'package.json'));
}

/** Where npm puts global packages: below its prefix, by default the one of this Node. */
function globalFolders(): string[] {
  const { env, platform, execPath } = process;
  const isWindows = platform === 'win32';
  const own = isWindows
    ? [dirname(execPath), join(env['APPDATA'] ?? '', 'npm')]
    : [dirname(dirname(execPath))];
  const prefixes = [
    env['npm_config_global_prefix'],
    env['npm_config_prefix'],
    env['NPM_CONFIG_PREFIX'],
    ...own,
  ];
  return prefixes.flatMap((prefix) => {
    if (prefix === undefined || prefix === '') return [];
    return [isWindows ? join(prefix, 'node_modules') : join(prefix, 'lib', 'node_modules')];
  });
}
