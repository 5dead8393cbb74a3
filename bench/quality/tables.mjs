/** `npm run quality -- --tables FOLDER [TABLE …]`: the default command against other densities on each CSV. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UsageError } from './options.mjs';

const SEEDS = [1, 2, 3];
const WGFLOW = path.join(import.meta.dirname, '../../bin/wgflow.js');
const PEERS = path.join(import.meta.dirname, '../tables/peers.py');
const COLUMNS = ['wgflow', 'gaussian', 'mixture', 'spline', 'realnvp'];

/** Prints a row for each table, and returns 1 if wgflow is worse than another density on one of them. */
export function tables([folder, ...wanted]) {
  if (folder === undefined)
    throw new UsageError('--tables: expected the folder of tables that fetch.py wrote.');
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.csv'))
    .map((file) => file.slice(0, -4))
    .filter((name) => wanted.length === 0 || wanted.includes(name));
  const heads = ['table', 'rows, columns', 'wgflow', 'Gaussian', 'mixture', 'spline flow', 'Real NVP'];
  console.log(`| ${heads.join(' | ')} |\n|${'---|'.repeat(heads.length)}`);
  let isWorse = false;
  for (const name of names) {
    const [header, ...lines] = readFileSync(path.join(folder, `${name}.csv`), 'utf8')
      .trim()
      .split(/\r?\n/);
    const scores = SEEDS.map((seed) => scored(header, lines, seed));
    const means = COLUMNS.map((key) => mean(scores.map((score) => score[key] ?? NaN)));
    isWorse ||= means.slice(1).some((peer) => peer < means[0]);
    const cells = means.map((value) => (Number.isNaN(value) ? '' : value.toFixed(2)));
    console.log(`| ${name} | ${lines.length}, ${header.split(',').length} | ${cells.join(' | ')} |`);
  }
  return isWorse ? 1 : 0;
}

/**
 * Mean NLL of a fifth of the rows, drawn by the seed, under the default model of the others, under their Gaussian, and
 * under the densities of peers.py.
 */
function scored(header, lines, seed) {
  const order = shuffled(lines, seed);
  const held = order.slice(0, Math.floor(lines.length / 5));
  const rest = order.slice(held.length);
  const work = mkdtempSync(path.join(tmpdir(), 'wgflow-table-'));
  try {
    const file = (name) => path.join(work, name);
    writeFileSync(file('train.csv'), [header, ...rest].join('\n'));
    writeFileSync(file('test.csv'), [header, ...held].join('\n'));
    const run = (...args) =>
      execFileSync(process.execPath, [WGFLOW, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    run('train', file('train.csv'), '--seed', String(seed), '--tuning', 'fixed', '--out', file('model'));
    const logProb = run('logprob', file('model'), file('test.csv'), '--tuning', 'fixed')
      .toString()
      .trim()
      .split('\n');
    return {
      wgflow: -mean(logProb.slice(1).map(Number)),
      gaussian: gaussianNll(numbers(rest), numbers(held)),
      ...peers(file('train.csv'), file('test.csv'), seed),
    };
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** The NLL of each density that this machine's Python can fit; empty without scikit-learn. */
function peers(train, test, seed) {
  const { status, stdout } = spawnSync('/usr/bin/python3', [PEERS, train, test, String(seed)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? JSON.parse(stdout.toString()) : {};
}

function numbers(lines) {
  return lines.map((line) => line.split(',').map(Number));
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Fisher–Yates shuffle with a linear congruential generator. */
function shuffled(values, seed) {
  const order = [...values];
  let state = seed * 7919 + 1;
  for (let last = order.length - 1; last > 0; last--) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    const other = Math.floor((state / 0x80000000) * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/** Mean NLL of rows under the Gaussian of other rows, by a Cholesky factor, independently of wgflow's own. */
function gaussianNll(rows, held) {
  const dim = rows[0].length;
  const centre = Array.from({ length: dim }, (_, j) => mean(rows.map((row) => row[j])));
  const factor = Array.from({ length: dim }, () => Array(dim).fill(0));
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = mean(rows.map((row) => (row[i] - centre[i]) * (row[j] - centre[j])));
      for (let k = 0; k < j; k++) rest -= factor[i][k] * factor[j][k];
      factor[i][j] = i === j ? Math.sqrt(rest) : rest / factor[j][j];
    }
  }
  const logVolume = factor.reduce((sum, row, i) => sum + Math.log(row[i]), (dim / 2) * Math.log(2 * Math.PI));
  return mean(
    held.map((row) => {
      const z = [];
      for (let i = 0; i < dim; i++) {
        let rest = row[i] - centre[i];
        for (let k = 0; k < i; k++) rest -= factor[i][k] * z[k];
        z.push(rest / factor[i][i]);
      }
      return z.reduce((sum, value) => sum + 0.5 * value * value, logVolume);
    }),
  );
}
