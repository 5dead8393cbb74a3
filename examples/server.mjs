/**
 * A service that scores rows over HTTP, with Node alone:
 *
 *     node examples/server.mjs model.safetensors --port 8080
 *
 * `POST /logprob` takes {"rows": [[…], …]}, or objects by column name if the model has learned a table. It answers
 * {"logProb": […]}, in nats: −∞ is null. It scores at most 64 requests at a time. Others get 503 with Retry-After.
 * `GET /health` answers 200, or 503 while the service stops. SIGTERM answers what has begun, then ends with exit code 0.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { Flow, WgflowError } from 'wgflow';
import { openDevice } from 'wgflow/node';
import { Table } from 'wgflow/table';

const MAX_BYTES = 1024 * 1024;
const MAX_ROWS = 10_000;
const RETRY_AFTER_S = 1;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '8080' },
    host: { type: 'string', default: '127.0.0.1' },
    requests: { type: 'string', default: '64' },
  },
});
const maxRequests = Number(values.requests);
const device = await openDevice();
const flow = await Flow.load(await readFile(positionals[0] ?? 'model.safetensors'), {
  device,
  tuning: 'fixed',
});
const table = flow.training?.table && Table.of(flow);

/** A refusal with its status code. */
class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

let active = 0;
let isStopping = false;

const server = createServer((request, response) => {
  answer(request).then(
    (body) => send(response, 200, body),
    (error) => {
      // Errors of wgflow that a caller can cause; the others are ours.
      const isTheirs = error instanceof WgflowError && /SHAPE_MISMATCH|BAD_DATA|NOT_FINITE/.test(error.code);
      const status = error.status ?? (isTheirs ? 400 : 500);
      if (status === 500) console.error(error);
      send(response, status, { error: status === 500 ? 'The service failed.' : error.message });
    },
  );
});
server.requestTimeout = 10_000;
server.headersTimeout = 5_000;
server.maxConnections = 1024;

async function answer(request) {
  const { method, url } = request;
  if (url === '/health') {
    if (isStopping) throw new Refusal(503, 'The service stops.');
    return { status: 'ok', active, rss: process.memoryUsage().rss };
  }
  if (url !== '/logprob') throw new Refusal(404, 'There are /logprob and /health.');
  if (method !== 'POST') throw new Refusal(405, 'POST rows to /logprob.');
  if (isStopping || active >= maxRequests) throw new Refusal(503, `Busy: try again in ${RETRY_AFTER_S} s.`);
  active++;
  try {
    const rows = rowsOf(await bodyOf(request));
    // Small calls that wait at the same time run as one on the GPU.
    const logProb = table ? await table.logProb(flow, rows) : await flow.logProb(rows);
    return { logProb: [...logProb] };
  } finally {
    active--;
  }
}

async function bodyOf(request) {
  const parts = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > MAX_BYTES) throw new Refusal(413, `A body has at most ${MAX_BYTES} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function rowsOf(body) {
  let rows;
  try {
    ({ rows } = JSON.parse(body));
  } catch {
    throw new Refusal(400, 'The body is no JSON object.');
  }
  if (!Array.isArray(rows)) throw new Refusal(400, 'The body has no list "rows".');
  if (rows.length > MAX_ROWS) throw new Refusal(413, `A request has at most ${MAX_ROWS} rows.`);
  return rows;
}

function send(response, status, body) {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  if (status === 503) response.setHeader('retry-after', RETRY_AFTER_S);
  // What is left of a body that is refused is not read.
  if (status === 413 || isStopping) response.setHeader('connection', 'close');
  response.end(JSON.stringify(body));
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    isStopping = true;
    server.close(() => {
      flow.dispose();
      device.destroy();
    });
    server.closeIdleConnections();
  });
}

server.listen(Number(values.port), values.host, () => {
  const { address, port } = server.address();
  console.log(`http://${address}:${port}`);
});
