/** `npm run bench:peers`: one training step of wgflow and of its peers, timed one after the other. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HELP, readOptions, SYSTEMS, UsageError } from './options.mjs';
import { buildLibrary, installPeers } from './prepare.mjs';
import { markDisagreement, rowOf, table } from './report.mjs';
import { startingPoint } from './startingPoint.mjs';

const SETTINGS = JSON.parse(readFileSync(new URL('configs.json', import.meta.url), 'utf8'));

/** The process that is being timed; at most one at a time. */
let child;

try {
  const options = readOptions(process.argv.slice(2), Object.keys(SETTINGS.configs));
  if (options.help) process.stdout.write(HELP);
  else process.exitCode = await bench(options);
} catch (error) {
  process.stderr.write(`bench:peers: ${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function bench({ configs, systems, adapter, json }) {
  buildLibrary();
  const notInstalled = systems.some((system) => SYSTEMS[system].installed) ? tryInstall() : undefined;
  const library = await import('../../dist/index.js');
  const folder = mkdtempSync(join(tmpdir(), 'wgflow-peers-'));
  const stop = (signal) => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const rows = [];
  try {
    for (const name of configs) {
      const config = SETTINGS.configs[name];
      process.stderr.write(`${name}: ${config.summary}\n`);
      const start = writeStart(startingPoint(library, config, SETTINGS.training), folder);
      const ofConfig = [];
      for (const system of systems) {
        const skipped = SYSTEMS[system].installed ? notInstalled : undefined;
        const job = { ...SETTINGS, configs: undefined, config, adapter, ...start };
        const result = skipped ? { skipped } : await runSystem(system, job, folder);
        const row = rowOf(name, system, result, SETTINGS.check);
        ofConfig.push(row);
        process.stderr.write(
          `  ${system}: ${row.skipped ?? row.failed ?? `${row.msPerStep.toPrecision(3)} ms a step`}\n`,
        );
      }
      markDisagreement(ofConfig, SETTINGS.check);
      rows.push(...ofConfig);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return report(rows, json);
}

function writeStart({ data, model }, folder) {
  const dataFile = join(folder, 'data.f32');
  const modelFile = join(folder, 'model.safetensors');
  writeFileSync(dataFile, data);
  writeFileSync(modelFile, model);
  return { dataFile, modelFile };
}

/** The reason why the peers cannot run, if any. */
function tryInstall() {
  try {
    installPeers();
    return undefined;
  } catch (error) {
    return `not installed: ${error.message}`;
  }
}

/** Runs a system in a separate process: its answer, or `{ skipped }`, or `{ failed }`. */
async function runSystem(system, job, folder) {
  const { script, backend } = SYSTEMS[system];
  const jobFile = join(folder, 'job.json');
  const resultFile = join(folder, 'result.json');
  rmSync(resultFile, { force: true });
  writeFileSync(jobFile, JSON.stringify({ ...job, backend, resultFile, cpu: cpus()[0]?.model ?? '' }));
  const program = script.endsWith('.py') ? python() : process.execPath;
  const path = fileURLToPath(new URL(`systems/${script}`, import.meta.url));
  const { missing, end, words } = await runProcess(program, [path, jobFile], job.timing.childLimitMs);
  if (missing) return { skipped: `${program} is not there; install Python 3 with PyTorch, or set PYTHON` };
  // Some drivers crash on unload, but a result that was already written is still valid.
  if (existsSync(resultFile)) return JSON.parse(readFileSync(resultFile, 'utf8'));
  return { failed: `${end} before it had a result${words && `: ${words}`}` };
}

function python() {
  if (process.env.PYTHON) return process.env.PYTHON;
  return existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
}

function runProcess(program, args, limitMs) {
  return new Promise((resolve) => {
    let words = '';
    child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, OMP_NUM_THREADS: '1' },
    });
    const keep = (text) => {
      words = (words + text).slice(-4000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, limitMs);
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ missing: error.code === 'ENOENT', end: `did not start (${error.message})`, words: '' });
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const end = late
        ? `was stopped after ${limitMs / 1000} s`
        : `ended with ${signal ?? `exit code ${code}`}`;
      resolve({ missing: false, end, words: lastError(words) });
    });
  });
}

/** The line of a process's last output that names an error, otherwise the last line. */
function lastError(words) {
  const lines = words.split('\n').filter((line) => line.trim() !== '');
  return (lines.findLast((line) => /^\S*(Error|Exception)\b/.test(line)) ?? lines.at(-1) ?? '').trim();
}

function report(rows, json) {
  process.stdout.write(`\n${table(rows)}\n\n`);
  for (const kind of ['adapter', 'setup']) {
    for (const text of new Set(rows.map((row) => row[kind]).filter(Boolean)))
      process.stdout.write(`${kind}: ${text}\n`);
  }
  for (const { config, system, skipped, failed } of rows) {
    if (skipped ?? failed) {
      process.stdout.write(
        `${failed ? 'FAILED' : 'skipped'}: ${config}, ${SYSTEMS[system].title}: ${failed ?? skipped}\n`,
      );
    }
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, undefined, 2)}\n`);
  return rows.some(({ failed }) => failed) ? 1 : 0;
}
