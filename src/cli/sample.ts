/** `wgflow sample`. */
import { chunksOf } from '../shape.ts';
import { columnNames, openFlow } from './modelInput.ts';
import { openOutput } from './outputFile.ts';
import { writeRows } from './rowsOutput.ts';
import type { Session } from './session.ts';

/** Rows drawn and written at a time. */
const ROWS_AT_ONCE = 262_144;

export async function sampleCommand(
  session: Session,
  modelFile: string,
  { count, seed, temperature, out }: { count: number; seed: number; temperature: number; out: string },
): Promise<void> {
  using flow = await openFlow(session, modelFile);
  const { signal } = session;
  const output = await openOutput(out);
  try {
    const writer = writeRows(session, output, columnNames(flow, flow.training?.columns), out);
    await writer.header();
    for (const { start, count: rows } of chunksOf(count, ROWS_AT_ONCE)) {
      await writer.rows(await flow.sample(rows, { seed, temperature, firstRow: start, signal }));
    }
    await output.commit();
  } finally {
    await output.discard();
  }
  session.emit({ event: 'done', rows: count, ...(out === '-' ? {} : { out }) });
}
