/** `wgflow gradients`. */
import type { Flow } from '../flow/flow.ts';
import { writeSafetensors } from '../io/safetensors.ts';
import { paramLayout } from '../spec/layout.ts';
import { rowContext } from './contextInput.ts';
import { requireDistinctFiles } from './distinctFiles.ts';
import { jsonText } from './json.ts';
import { codecOf, openFlow, readModel } from './modelInput.ts';
import { allModelRows, modelRows, tellNews } from './modelRows.ts';
import { openOutput } from './outputFile.ts';
import { RowResults, warnWithoutDensity } from './rowResults.ts';
import type { Session } from './session.ts';
import { withLabels } from './images/labels.ts';
import { tableForm } from './tableOptions.ts';
import type { TableOptions } from './tableOptions.ts';

const AT_POINTS =
  'Labels, counts, dates, blanks and pixels are intervals. Each row counts by the density at one point of its intervals, as in ' +
  'training, and not by its log-mass, which logprob gives.';

export async function gradientsCommand(
  session: Session,
  modelFile: string,
  dataFile: string,
  { out, context: given, ...form }: { out: string; context?: string } & TableOptions,
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
  const codec = codecOf(model.model);
  const read = await withLabels(tableForm(session, form), form.labels, session.signal);
  const chunks = modelRows(dataFile, model.model, codec, context.text, read);
  const { values, rows, text } = await allModelRows(chunks, model.model.spec.dim, session.signal);
  const { features } = context.of(text, rows);
  const output = await openOutput(out);
  const results = new RowResults();
  let result: Awaited<ReturnType<Flow['gradients']>> | undefined;
  try {
    using flow = await openFlow(session, model);
    const run = flow.gradients(values, { signal: session.signal, context: features });
    result = await results.of(run, text.lines);
    if (result === undefined) return results.requireFinite(rows, dataFile);
    const { gradients } = result;
    const tensors = paramLayout(flow.spec).tensors.flatMap(({ name, shape }) => {
      const data = gradients[name];
      return data === undefined ? [] : [{ name, dtype: 'F32' as const, shape: [...shape], data }];
    });
    await output.write(
      out.endsWith('.json')
        ? documentText(scoresOf(result), tensors)
        : writeSafetensors({ tensors, metadata: { wgflow_gradients: jsonText(scoresOf(result)) } }),
    );
    await output.commit();
  } finally {
    await output.discard();
  }
  if (codec !== undefined || model.model.spec.image !== undefined)
    session.notice({ kind: 'note', message: AT_POINTS });
  tellNews(session, codec);
  const { nll, loss, withoutDensity } = result;
  const walls = '. The gradients belong to a loss that counts how far outside the box these rows are';
  warnWithoutDensity(session, withoutDensity, rows, walls);
  const mean = withoutDensity === 0 ? nll.toFixed(6) : `Infinity (loss ${loss.toFixed(6)})`;
  session.say(`Mean NLL ${mean} nats over ${rows.toLocaleString('en')} rows; gradients in ${out}`);
  session.emit({ event: 'done', rows, ...scoresOf(result), out });
}

interface Scores {
  /** Mean NLL. */
  nll: number;
  loss?: number;
  withoutDensity?: number;
}

function scoresOf({
  nll,
  loss,
  withoutDensity,
}: {
  nll: number;
  loss: number;
  withoutDensity: number;
}): Scores {
  return withoutDensity === 0 ? { nll } : { nll, loss, withoutDensity };
}

function documentText(
  scores: Scores,
  tensors: { name: string; shape: number[]; data: Float32Array }[],
): string {
  const gradients = Object.fromEntries(
    tensors.map(({ name, shape, data }) => [name, { shape, values: [...data] }]),
  );
  return `${jsonText({ ...scores, gradients })}\n`;
}
