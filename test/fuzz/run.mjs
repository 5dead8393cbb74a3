/**
 * `npm run fuzz`: random models, checkpoints, specs, tables, options and command lines, a process for each kind.
 *   --seconds N   seconds for each kind (120)
 *   --only KIND   one kind
 *   --seed S      the one case of this seed, with --only
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { withModule } from '../../demo/scripts/typescript.mjs';

const KINDS = 'models checkpoints specs csv json npy parquet options command-lines'.split(' ');
/** A process that stays at one case for longer hangs. */
const HANG_MS = 90_000;

const [first, ...rest] = process.argv.slice(2);
process.exitCode = first === '--child' ? await child(rest) : await parent(process.argv.slice(2));
// A device may keep the process.
if (first === '--child') process.exit();

function child(args) {
  return withModule(new URL('main.ts', import.meta.url), ({ main }) => main(args));
}

async function parent(args) {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '120' },
      only: { type: 'string' },
      seed: { type: 'string' },
    },
  });
  if (values.seed !== undefined && values.only === undefined) {
    console.error('--seed: found no --only KIND, expected the kind of the case.');
    return 2;
  }
  const start = values.seed ?? String(Date.now() % 2 ** 31);
  const folder = mkdtempSync(join(tmpdir(), 'wgflow-fuzz-'));
  let code = 0;
  try {
    for (const kind of values.only === undefined ? KINDS : [values.only]) {
      const cases = values.seed === undefined ? [] : ['--cases', '1'];
      const place = join(folder, kind);
      const given = [
        '--only',
        kind,
        '--first',
        start,
        '--seconds',
        values.seconds,
        '--place',
        place,
        ...cases,
      ];
      code = Math.max(code, await watched(kind, given, place));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (code !== 0) console.log('Reproduce a finding by: npm run fuzz -- --only KIND --seed S');
  return code;
}

/** Runs a kind in a process of its own, and reports a crash or a hang with the seed. */
function watched(kind, args, place) {
  const running = spawn(process.execPath, [fileURLToPath(import.meta.url), '--child', ...args], {
    stdio: 'inherit',
    env: { WGFLOW_ADAPTER: 'swiftshader', ...process.env },
  });
  const seedNow = () => {
    try {
      return readFileSync(place, 'utf8').trim();
    } catch {
      return '';
    }
  };
  let [last, since] = ['', Date.now()];
  const watch = setInterval(() => {
    const seed = seedNow();
    if (seed !== last) [last, since] = [seed, Date.now()];
    if (seed === '' || Date.now() - since < HANG_MS) return;
    console.log(`FOUND ${kind}, seed ${seed}: hangs`);
    running.kill('SIGKILL');
  }, 1000);
  return new Promise((resolve) => {
    running.on('close', (code, signal) => {
      clearInterval(watch);
      if (signal !== null) console.log(`FOUND ${kind}, seed ${seedNow()}: the process ended by ${signal}`);
      resolve(code ?? 1);
    });
  });
}
