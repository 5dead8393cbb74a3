/** `wgflow sample`. */
import { chunksOf } from '../shape.ts';
import { columnNames, openFlow, readModel } from './modelInput.ts';
import { openOutput } from './outputFile.ts';
import { tellRows, writeRows } from './rowsOutput.ts';
import type { Session } from './session.ts';

/** Values drawn and written at a time. */
const VALUES_AT_ONCE = 2 ** 20;

export async function sampleCommand(
  session: Session,
  modelFile: string,
  { count, seed, temperature, out }: { count: number; seed: number; temperature: number; out: string },
): Promise<void> {
  const model = await readModel(modelFile);
  const output = await openOutput(out);
  try {
    using flow = await openFlow(session, model);
    const writer = writeRows(session, output, columnNames(model.model), out);
    const { signal } = session;
    for (const { start, count: rows } of chunksOf(count, Math.ceil(VALUES_AT_ONCE / flow.dim))) {
      signal.throwIfAborted();
      await writer.rows(await flow.sample(rows, { seed, temperature, firstRow: start, signal }));
    }
    await writer.end();
    await output.commit();
  } finally {
    await output.discard();
  }
  tellRows(session, count, out);
}
