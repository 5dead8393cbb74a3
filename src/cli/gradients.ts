/** `wgflow gradients`. */
import { DataError } from '../errors.ts';
import { writeSafetensors } from '../io/safetensors.ts';
import { paramLayout } from '../paramLayout.ts';
import { modelRows, openFlow } from './modelInput.ts';
import { openOutput } from './outputFile.ts';
import type { Session } from './session.ts';

export async function gradientsCommand(
  session: Session,
  modelFile: string,
  dataFile: string,
  { out }: { out: string },
): Promise<void> {
  using flow = await openFlow(session, modelFile);
  const chunks: Float32Array[] = [];
  for await (const chunk of modelRows(dataFile, flow.dim, flow.training?.columns)) chunks.push(chunk.values);
  const x = joined(chunks);
  if (x.length === 0) throw new DataError('found no rows, expected at least one', { file: dataFile });
  const { nll, gradients } = await flow.gradients(x, { signal: session.signal });
  const tensors = paramLayout(flow.spec).tensors.flatMap(({ name, shape }) => {
    const data = gradients[name];
    return data === undefined ? [] : [{ name, dtype: 'F32' as const, shape: [...shape], data }];
  });

  const output = await openOutput(out);
  try {
    if (out.endsWith('.json')) {
      const byName = Object.fromEntries(
        tensors.map(({ name, shape, data }) => [name, { shape, values: [...data] }]),
      );
      await output.write(`${JSON.stringify({ nll, gradients: byName })}\n`);
    } else {
      await output.write(
        writeSafetensors({ tensors, metadata: { wgflow_gradients: JSON.stringify({ nll }) } }),
      );
    }
    await output.commit();
  } finally {
    await output.discard();
  }
  session.say(`Mean NLL ${nll.toFixed(6)} nats over ${x.length / flow.dim} rows; gradients in ${out}`);
  session.emit({ event: 'done', rows: x.length / flow.dim, nll, out });
}

function joined(chunks: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}
