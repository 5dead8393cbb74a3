/**
 * Many clients of server.mjs: `node examples/load.mjs URL ROWS.csv SCORES.csv --clients 100 --seconds 60`, where
 * `wgflow logprob` has made SCORES.csv of ROWS.csv. Prints what came back, and exits with 1 if anything but equal scores
 * and the documented 503 did.
 */
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    clients: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '60' },
  },
});
const [url = 'http://127.0.0.1:8080', rowsFile = 'rows.csv', scoresFile = 'scores.csv'] = positionals;
const clients = Number(values.clients);
const seconds = Number(values.seconds);

/** The rows of numbers below the header of a file. */
async function numbersOf(file) {
  const [, ...lines] = (await readFile(file, 'utf8')).trim().split('\n');
  return lines.map((line) => line.split(',').map(Number));
}
const rows = await numbersOf(rowsFile);
const scores = (await numbersOf(scoresFile)).map(([score]) => score);

const agent = new Agent({ keepAlive: true, maxSockets: clients });

/** @returns {Promise<{ status: number, headers: object, body: any }>} */
function ask(path, body) {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { agent, method: body ? 'POST' : 'GET' }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part));
      response.on('error', reject).on('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, body: JSON.parse(text) });
      });
    });
    sent.on('error', reject).end(body && JSON.stringify(body));
  });
}

const found = { answers: 0, rows: 0, busy: 0, wrong: 0, failed: 0 };
const times = [];
const end = performance.now() + 1000 * seconds;

async function client(number) {
  for (let turn = 0; performance.now() < end; turn++) {
    const count = 1 + ((number + turn) % 20);
    const first = (number * 37 + turn * 101) % (rows.length - count);
    const begun = performance.now();
    try {
      const { status, headers, body } = await ask('/logprob', { rows: rows.slice(first, first + count) });
      if (status === 200) {
        const expected = scores.slice(first, first + count);
        // The command line writes float32 in as many digits as they need.
        if (body.logProb.some((value, i) => Math.fround(value) !== Math.fround(expected[i]))) found.wrong++;
        found.answers++;
        found.rows += count;
        times.push(performance.now() - begun);
      } else if (status === 503 && headers['retry-after'] !== undefined) {
        found.busy++;
        await wait(1000 * Number(headers['retry-after']) * (0.5 + Math.random()));
      } else found.failed++;
    } catch (error) {
      found.failed++;
      console.error(error.message);
    }
  }
}

const memory = [];
async function watch() {
  while (performance.now() < end) {
    const { status, body } = await ask('/health');
    if (status === 200) memory.push(body.rss / 2 ** 20);
    await wait((1000 * seconds) / 20);
  }
}

await Promise.all([watch(), ...Array.from({ length: clients }, (_, number) => client(number))]);
agent.destroy();
times.sort((a, b) => a - b);
const at = (share) => times[Math.floor(share * (times.length - 1))]?.toFixed(1);
const half = memory.slice(memory.length >> 1);
console.log(
  JSON.stringify({
    ...found,
    answersPerSecond: Math.round(found.answers / seconds),
    medianMs: Number(at(0.5)),
    p99Ms: Number(at(0.99)),
    rssMiB: {
      halfway: Math.round(half[0]),
      end: Math.round(half.at(-1)),
      most: Math.round(Math.max(...memory)),
    },
  }),
);
process.exitCode = found.wrong + found.failed > 0 || found.answers === 0 ? 1 : 0;
