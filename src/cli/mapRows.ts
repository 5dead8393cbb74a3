/** `logprob`, `forward`, `inverse`: rows in, rows out, streamed. */
import type { Flow } from '../flow.ts';
import { columnNames, modelRows, openFlow } from './modelInput.ts';
import { openOutput } from './outputFile.ts';
import type { Session } from './session.ts';
import { writeRows } from './rowsOutput.ts';

export type MapName = 'logprob' | 'forward' | 'inverse';

export async function mapCommand(
  session: Session,
  name: MapName,
  modelFile: string,
  dataFile: string,
  { out }: { out: string },
): Promise<void> {
  using flow = await openFlow(session, modelFile);
  const dataColumns = columnNames(flow, flow.training?.columns);
  const latentColumns = Array.from({ length: flow.dim }, (_, i) => `z${i + 1}`);
  const outputColumns = {
    logprob: ['log_prob'],
    forward: [...latentColumns, 'log_det'],
    inverse: dataColumns,
  }[name];
  const inputColumns = name === 'inverse' ? latentColumns : flow.training?.columns;

  const output = await openOutput(out);
  let rows = 0;
  try {
    const writer = writeRows(session, output, outputColumns, out);
    await writer.header();
    for await (const chunk of modelRows(dataFile, flow.dim, inputColumns)) {
      session.signal.throwIfAborted();
      await writer.rows(await mapped(flow, name, chunk.values, session.signal));
      rows += chunk.rows;
    }
    await output.commit();
  } finally {
    await output.discard();
  }
  session.emit({ event: 'done', rows, ...(out === '-' ? {} : { out }) });
}

async function mapped(
  flow: Flow,
  name: MapName,
  values: Float32Array,
  signal: AbortSignal,
): Promise<Float32Array> {
  switch (name) {
    case 'logprob':
      return flow.logProb(values, { signal });
    case 'inverse':
      return (await flow.inverse(values, { signal })).x;
    case 'forward': {
      const { z, logDet } = await flow.forward(values, { signal });
      return appendColumn(z, flow.dim, logDet);
    }
  }
}

function appendColumn(rows: Float32Array, dim: number, column: Float32Array): Float32Array {
  const wide = new Float32Array(rows.length + column.length);
  for (const [row, value] of column.entries()) {
    wide.set(rows.subarray(row * dim, (row + 1) * dim), row * (dim + 1));
    wide[row * (dim + 1) + dim] = value;
  }
  return wide;
}
