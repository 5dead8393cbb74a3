/** `wgflow gradients`. */
import { allRows } from '../data/csv.ts';
import { domainsOf } from '../domain.ts';
import { writeSafetensors } from '../io/safetensors.ts';
import { paramLayout } from '../paramLayout.ts';
import { rowContext } from './contextInput.ts';
import { requireDistinctFiles } from './distinctFiles.ts';
import { insideDomains } from './domains.ts';
import { columnNames, openFlow, readModel, rowsByName } from './modelInput.ts';
import { openOutput } from './outputFile.ts';
import type { Session } from './session.ts';

export async function gradientsCommand(
  session: Session,
  modelFile: string,
  dataFile: string,
  { out, context: given }: { out: string; context?: string },
): Promise<void> {
  session.requireFile('--out', out);
  requireDistinctFiles(
    'gradients',
    [['--out', out]],
    [
      ['the model', modelFile],
      ['the data', dataFile],
    ],
  );
  const model = await readModel(modelFile);
  const context = rowContext(model, dataFile, given);
  const chunks = insideDomains(rowsByName(dataFile, columnNames(model.model), context.text), dataFile, () =>
    domainsOf(model.model.spec),
  );
  const { values, rows, text } = await allRows(chunks, session.signal);
  const { features } = context.of(text, rows);
  const output = await openOutput(out);
  let nll: number;
  try {
    using flow = await openFlow(session, model);
    const result = await flow.gradients(values, { signal: session.signal, context: features });
    nll = result.nll;
    const tensors = paramLayout(flow.spec).tensors.flatMap(({ name, shape }) => {
      const data = result.gradients[name];
      return data === undefined ? [] : [{ name, dtype: 'F32' as const, shape: [...shape], data }];
    });
    await output.write(
      out.endsWith('.json')
        ? jsonText(nll, tensors)
        : writeSafetensors({ tensors, metadata: { wgflow_gradients: JSON.stringify({ nll }) } }),
    );
    await output.commit();
  } finally {
    await output.discard();
  }
  session.say(`Mean NLL ${nll.toFixed(6)} nats over ${rows.toLocaleString('en')} rows; gradients in ${out}`);
  session.emit({ event: 'done', rows, nll, out });
}

function jsonText(nll: number, tensors: { name: string; shape: number[]; data: Float32Array }[]): string {
  const gradients = Object.fromEntries(
    tensors.map(({ name, shape, data }) => [name, { shape, values: [...data] }]),
  );
  return `${JSON.stringify({ nll, gradients })}\n`;
}
