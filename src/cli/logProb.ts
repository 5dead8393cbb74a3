/** `wgflow logprob`: the log p of each row, streamed, and on request what it says of the row. */
import type { Cell } from '../data/csv.ts';
import { readTable } from '../data/readTable.ts';
import type { TextRows } from '../data/readTable.ts';
import { DataError } from '../errors.ts';
import { contextColumns, outsideRange, rowContext } from './contextInput.ts';
import { requireDistinctFiles } from './distinctFiles.ts';
import { begun, codecOf, openDensity, readModel, readModels } from './modelInput.ts';
import { withLabels } from './images/labels.ts';
import { formFor, modelRows, tellNews } from './modelRows.ts';
import { openOutput } from './outputFile.ts';
import { LeastLikely, Ranks } from './ranks.ts';
import { RowResults } from './rowResults.ts';
import { tellRows, writeRows } from './rowsOutput.ts';
import { OwnCells, requireNewNames, Scores } from './scoreColumns.ts';
import type { ScoreOptions } from './scoreColumns.ts';
import type { Session } from './session.ts';
import { tableShard } from './shards/shard.ts';
import type { ShardPlace } from './shards/shard.ts';
import { tableForm } from './tableOptions.ts';
import type { TableForm, TableOptions } from './tableOptions.ts';

export interface LogProbOptions extends TableOptions, ScoreOptions {
  out: string;
  context?: string;
  /** Files of further models, whose densities are averaged with the first one's. */
  ensemble?: string[];
  /** Only this many rows are written, the least likely ones. */
  worst?: number;
  shard?: ShardPlace;
}

/** Consecutive rows with their scores, and the cells that go along. */
interface ScoredRows {
  logProb: Float32Array;
  kept: TextRows;
}

export async function logProbCommand(
  session: Session,
  modelFile: string,
  dataFile: string,
  options: LogProbOptions,
): Promise<void> {
  const { out, context: given, ensemble = [], worst, shard: place } = options;
  const model = await readModel(modelFile);
  const others = await readModels(ensemble);
  const scores = new Scores(model, others.length > 0, options);
  const context = rowContext(model, dataFile, given);
  const codec = codecOf(model.model);
  const own = new OwnCells(options);
  const form = await withLabels(tableForm(session, options), options.labels, session.signal);
  const read = { ...form, ...(own.areAsked && { kept: own.choice }) };
  const { rank, pValue, typical, alarm, row, id, append } = options;
  const shard =
    place &&
    (await tableShard(place, dataFile, read, {
      command: 'logprob',
      files: [modelFile, ...ensemble],
      out,
      options: { given, pValue, typical, alarm, row, id, append },
      whole: { '--rank': rank, '--worst': worst },
    }));
  const ranged = { ...read, range: shard?.rows };
  const chunks = await begun(modelRows(dataFile, model.model, codec, context.text, ranged));
  const columns = [...own.names, ...scores.names];
  requireNewNames(columns, dataFile);
  requireDistinctFiles(
    'logprob',
    [['--out', out]],
    [...[modelFile, ...ensemble].map((file) => ['the model', file] as const), ['the data', dataFile]],
  );
  const output = await openOutput(out);
  const results = new RowResults();
  let rows = 0;
  let outside: string | undefined;
  try {
    using open = await openDensity(session, [model, ...others]);
    const writer = writeRows(session, output, columns, out, { note: shard?.note });
    const write = (
      { logProb, kept }: ScoredRows,
      rankOf: (value: number) => number = () => NaN,
    ): Promise<void> =>
      writer.cells(
        Array.from(logProb, (value, index) => [...own.of(kept, index), ...scores.of(value, rankOf(value))]),
      );
    const least = worst === undefined ? undefined : new LeastLikely<Cell[]>(worst);
    const ranks = options.rank === true && least === undefined ? new Ranks() : undefined;
    for await (const chunk of chunks) {
      session.signal.throwIfAborted();
      const { features, cells } = context.of(chunk.text, chunk.rows);
      outside ??= outsideRange(contextColumns(model), cells)[0];
      const { values, widths, kept = NO_CELLS } = chunk;
      const asked = {
        signal: session.signal,
        context: features,
        widths,
        firstRow: (shard?.rows.first ?? 0) + rows,
      };
      const logProb = await results.of(open.density.logProb(values, asked), chunk.text.lines);
      rows += chunk.rows;
      if (logProb === undefined) continue;
      results.addDensities(logProb, chunk.text.lines);
      scores.count(logProb);
      if (least !== undefined) least.add(logProb, (index) => own.of(kept, index));
      else if (ranks !== undefined) ranks.add(logProb);
      else await write({ logProb, kept });
    }
    results.requireFinite(rows, dataFile);
    if (least !== undefined) {
      await writer.cells(least.rows().map(({ row, logProb, rank }) => [...row, ...scores.of(logProb, rank)]));
    }
    if (ranks !== undefined) {
      ranks.end();
      const again = own.areAsked
        ? rowsAgain(dataFile, formFor(model.model.spec, ranged), ranks.logProb)
        : [{ logProb: ranks.logProb, kept: NO_CELLS }];
      for await (const chunk of again) await write(chunk, (value) => ranks.of(value));
    }
    await writer.end();
    await output.commit();
  } finally {
    await output.discard();
  }
  tellNews(session, codec);
  if (outside !== undefined) session.notice({ kind: 'warning', message: outside });
  results.tellWithoutDensity(session, rows);
  scores.tellAlarms(session);
  tellRows(session, worst === undefined ? rows : Math.min(worst, rows), out);
}

const NO_CELLS: TextRows = { cells: [], lines: [] };

/** The cells of all rows, read once more, with their scores. @throws {DataError} when the table has changed */
async function* rowsAgain(file: string, form: TableForm, logProb: Float32Array): AsyncGenerator<ScoredRows> {
  let rows = 0;
  for await (const { kept = NO_CELLS, rows: count } of readTable(file, { ...form, columns: [] })) {
    yield { logProb: logProb.subarray(rows, rows + count), kept };
    rows += count;
  }
  if (rows === logProb.length) return;
  throw new DataError(`found ${rows} rows when it was read again, expected ${logProb.length}`, { file });
}
