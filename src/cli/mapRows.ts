/** `forward`, `inverse`: rows in, rows out, streamed. */
import type { Rows } from '../calls/callerArrays.ts';
import { firstRepeated } from '../data/csvLayout.ts';
import { ShapeError } from '../errors.ts';
import type { Flow } from '../flow/flow.ts';
import type { LogProbOptions } from '../flow/options.ts';
import { drawCells } from '../data/cells.ts';
import type { Model } from '../io/modelFile.ts';
import { offsetOf } from '../spec/offset.ts';
import { columnNamesOf, contextColumns, outsideRange, rowContext } from './contextInput.ts';
import { requireDistinctFiles } from './distinctFiles.ts';
import { withLabels } from './images/labels.ts';
import { begun, codecOf, dataColumns, latentNames, openFlow, readModel, rowsByName } from './modelInput.ts';
import { modelRows, tellFormulas, tellNews } from './modelRows.ts';
import type { ModelRows } from './modelRows.ts';
import { openOutput } from './outputFile.ts';
import { RowResults } from './rowResults.ts';
import { tellRows, writeRows } from './rowsOutput.ts';
import type { Session } from './session.ts';
import { tableShard } from './shards/shard.ts';
import type { ShardPlace } from './shards/shard.ts';
import { tableForm } from './tableOptions.ts';
import type { TableOptions } from './tableOptions.ts';

interface RowMap {
  output: (model: Model) => string[];
  /** Whether the output rows are data, which a model's table writes as text. */
  givesData?: boolean;
  /** `values` row-major [rows, dim]; the result row-major [rows, output columns], or [rows, dim] if it is data. */
  run: (flow: Flow, values: Rows, options: LogProbOptions & { widths?: Float32Array }) => Promise<Rows>;
}

const MAPS = {
  forward: {
    output: (model) => [...latentNames(model), 'log_det'],
    run: async (flow, values, { widths, firstRow, ...options }) => {
      // A row of cells is mapped at one point, the same in each call.
      const cells = widths && { values, widths };
      const points = cells ? drawCells(cells, flow.dim, { seed: 0, firstRow }).values : values;
      const { z, logDet } = await flow.forward(points, options);
      return appendColumn(z, flow.dim, logDet);
    },
  },
  inverse: {
    output: dataColumns,
    givesData: true,
    run: async (flow, values, { context, signal }) =>
      (await flow.inverse(new Float32Array(values), { context, signal })).x,
  },
} as const satisfies Record<string, RowMap>;

export type MapName = keyof typeof MAPS;

/** @throws {ShapeError} when a context column and an output column share a name */
function requireDifferentNames(command: string, columns: readonly string[]): void {
  const twice = firstRepeated(columns);
  if (twice === undefined) return;
  throw new ShapeError(
    command,
    `a context column named ${twice}, like a column of the result`,
    'another name',
    'Rename the column in the table and train again.',
  );
}

export interface MapOptions extends TableOptions {
  out: string;
  context?: string;
  shard?: ShardPlace;
}

export async function mapCommand(
  session: Session,
  name: MapName,
  modelFile: string,
  dataFile: string,
  { out, context: given, shard: place, ...options }: MapOptions,
): Promise<void> {
  const map: RowMap = MAPS[name];
  const model = await readModel(modelFile);
  const context = rowContext(model, dataFile, given);
  const codec = codecOf(model.model);
  const form = await withLabels(tableForm(session, options), options.labels, session.signal);
  const asked = { command: name, files: [modelFile], out, options: { given } };
  const shard = place && (await tableShard(place, dataFile, form, asked));
  const read = { ...form, range: shard?.rows };
  const input: AsyncGenerator<ModelRows> =
    map.givesData === true
      ? rowsByName(dataFile, latentNames(model.model), context.text, read)
      : modelRows(dataFile, model.model, codec, context.text, read);
  const chunks = await begun(input);
  const { signal } = session;
  // The context is written too, so that one of these commands can read the output.
  const more = columnNamesOf(contextColumns(model));
  const columns = [...map.output(model.model), ...more];
  requireDifferentNames(name, columns);
  requireDistinctFiles(
    name,
    [['--out', out]],
    [
      ['the model', modelFile],
      ['the data', dataFile],
    ],
  );
  tellFormulas(session, model.model);
  const output = await openOutput(out);
  const results = new RowResults();
  let rows = 0;
  let outside: string | undefined;
  try {
    using flow = await openFlow(session, model);
    const offset = map.givesData === true ? offsetOf(model.model.spec) : undefined;
    const writer = writeRows(session, output, columns, out, { offset, note: shard?.note });
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      const { features, cells } = context.of(chunk.text, chunk.rows);
      outside ??= outsideRange(contextColumns(model), cells)[0];
      const { values, widths } = chunk;
      const run = map.run(flow, values, {
        signal,
        context: features,
        widths,
        firstRow: (shard?.rows.first ?? 0) + rows,
      });
      const made = await results.of(run, chunk.text.lines);
      const texts = more.length === 0 ? [] : cells;
      if (made !== undefined && codec !== undefined && map.givesData === true) {
        await writer.cells(codec.decode(made).map((row, i) => [...row, ...(texts[i] ?? [])]));
      } else if (made !== undefined) await writer.rows(made, texts);
      rows += chunk.rows;
    }
    results.requireFinite(rows, dataFile);
    await writer.end();
    await output.commit();
  } finally {
    await output.discard();
  }
  tellNews(session, codec);
  if (outside !== undefined) session.notice({ kind: 'warning', message: outside });
  tellRows(session, rows, out);
}

function appendColumn(rows: Float32Array, dim: number, column: Float32Array): Float32Array {
  const wide = new Float32Array(rows.length + column.length);
  for (const [row, value] of column.entries()) {
    wide.set(rows.subarray(row * dim, (row + 1) * dim), row * (dim + 1));
    wide[row * (dim + 1) + dim] = value;
  }
  return wide;
}
