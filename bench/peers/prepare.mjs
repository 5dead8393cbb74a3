/** Prepares the timing: builds the library and installs the peers. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Inputs of the build. */
const SOURCES = ['src', 'shaders', 'package.json', 'vite.config.ts'];

/**
 * Builds wgflow if dist is missing or older than its sources.
 * @throws if the build fails
 */
export function buildLibrary() {
  const built = ['dist/index.js', 'dist/node.js'].map((file) => modified(join(ROOT, file)));
  if (Math.min(...built) >= Math.max(...SOURCES.map((source) => modified(join(ROOT, source))))) return;
  npm(['run', 'build'], ROOT);
}

/**
 * Installs the packages of package-lock.json, unless that was done before.
 * @throws if npm fails
 */
export function installPeers() {
  const done = modified(join(HERE, 'node_modules', '.package-lock.json'));
  if (done >= modified(join(HERE, 'package-lock.json'))) return;
  npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], HERE);
}

/** Modification time of a file, or of the newest file in a folder; 0 if there is none. */
function modified(path) {
  if (!existsSync(path)) return 0;
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => modified(join(path, name))));
}

function npm(args, cwd) {
  process.stderr.write(`npm ${args.join(' ')} in ${cwd}\n`);
  // npm's output goes to stderr: stdout is for the table.
  const { status, error } = spawnSync('npm', args, {
    cwd,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0)
    throw new Error(`npm ${args.join(' ')} failed in ${cwd}${error ? `: ${error.message}` : ''}`);
}
