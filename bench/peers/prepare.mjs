/** What must be there before anything can be timed: the built library and the installed peers. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What goes into the build. */
const SOURCES = ['src', 'shaders', 'package.json', 'vite.config.ts'];

/**
 * Builds wgflow where dist is missing or older than its sources.
 * @throws when the build fails
 */
export function buildLibrary() {
  const built = ['dist/index.js', 'dist/node.js'].map((file) => modified(join(ROOT, file)));
  if (Math.min(...built) >= Math.max(...SOURCES.map((source) => modified(join(ROOT, source))))) return;
  npm(['run', 'build'], ROOT);
}

/**
 * Installs what package-lock.json lists, where that has not been done.
 * @throws when npm fails
 */
export function installPeers() {
  const done = modified(join(HERE, 'node_modules', '.package-lock.json'));
  if (done >= modified(join(HERE, 'package-lock.json'))) return;
  npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], HERE);
}

/** Time of the last change of a file, or of the newest file in a folder; 0 where there is none. */
function modified(path) {
  if (!existsSync(path)) return 0;
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => modified(join(path, name))));
}

function npm(args, cwd) {
  process.stderr.write(`npm ${args.join(' ')} in ${cwd}\n`);
  // npm's words go to stderr: stdout is for the table.
  const { status, error } = spawnSync('npm', args, {
    cwd,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0)
    throw new Error(`npm ${args.join(' ')} failed in ${cwd}${error ? `: ${error.message}` : ''}`);
}
