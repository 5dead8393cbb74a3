/** `wgflow explain`: how odd each row is, and each of its cells given the others. */
import { oddestOf } from '../conditionals/explain.ts';
import { explain } from '../flow/questions.ts';
import type { Explanation } from '../flow/questions.ts';
import type { Cell } from '../data/csv.ts';
import { ShapeError } from '../errors.ts';
import { rounded } from '../conditionals/predicted.ts';
import type { Flow } from '../flow/flow.ts';
import { answerRows, askedTable } from './askedRows.ts';
import type { AskCommandOptions, AskedRows } from './askedRows.ts';
import { ExplainWords } from './explainWords.ts';
import { readModel } from './modelInput.ts';
import { Oddest } from './oddest.ts';
import { Scores } from './scoreColumns.ts';
import type { ScoreOptions } from './scoreColumns.ts';
import type { Session } from './session.ts';

export interface ExplainCommandOptions
  extends AskCommandOptions, Pick<ScoreOptions, 'pValue' | 'typical' | 'alarm'> {
  /** Write only this many rows. */
  worst?: number;
  /** Write the rows in the order of the table. */
  inOrder?: boolean;
}

/** A row of the result. */
interface ExplainedLine {
  line: number;
  /** The log p-value of the row's least likely cell. */
  logP: number;
  cells: Cell[];
}

export async function explainCommand(
  session: Session,
  modelFile: string,
  dataFile: string,
  options: ExplainCommandOptions,
): Promise<void> {
  const { worst = Infinity, inOrder = false, pValue, typical, alarm, shard } = options;
  if (shard !== undefined && !inOrder) {
    throw new ShapeError('explain', '--shard without --in-order', 'both, as oddness is an order of all rows');
  }
  const model = await readModel(modelFile);
  const table = await askedTable(session, 'explain', model, dataFile, options, {
    isUnknown: () => false,
    result: { pValue, typical, alarm },
  });
  const { codec, contextNames } = table;
  const ofRow = new Scores(model, false, options);
  const words = new ExplainWords(session, codec);
  const kept = new Oddest<ExplainedLine>(worst);
  const scores = codec.learned.flatMap((name) => [`${name}_surprise`, `${name}_p`]);
  await answerRows(session, 'explain', table, options, {
    verb: 'Explained',
    columns: ['line', ...ofRow.names, 'odd', ...scores, ...contextNames],
    async part(flow, part, { writer, results }) {
      const found = await results.of(explained(flow, part), part.lines);
      if (found === undefined) return 0;
      words.add(part, found.explanation);
      ofRow.count(found.logProb);
      const lines = linesOf(part, found, ofRow);
      if (!inOrder) {
        kept.add(lines);
        return 0;
      }
      await writer.cells(lines.map(({ cells }) => cells));
      return lines.length;
    },
    async end(flow, { writer }) {
      const lines = kept.take();
      await writer.cells(lines.map(({ cells }) => cells));
      await words.tell(flow);
      ofRow.tellAlarms(session);
      return lines.length;
    },
  });
}

interface Found {
  logProb: Float32Array;
  explanation: Explanation;
}

async function explained(flow: Flow, { values, options }: AskedRows): Promise<Found> {
  const logProb = await flow.logProb(values, options);
  return { logProb, explanation: await explain(flow, values, options) };
}

function linesOf(
  { lines, context }: AskedRows,
  { logProb, explanation }: Found,
  ofRow: Scores,
): ExplainedLine[] {
  const { columns, surprise, logPValue } = explanation;
  const width = columns.length;
  return lines.map((line, row) => {
    const own = logPValue.subarray(row * width, (row + 1) * width);
    const place = oddestOf(own);
    const scores = [...own].flatMap((logP, j) => [
      rounded(surprise[row * width + j] ?? NaN),
      rounded(Math.exp(logP)),
    ]);
    const value = logProb[row] ?? NaN;
    const [, ...meaning] = ofRow.of(value, NaN);
    const cells = [
      line,
      rounded(value),
      ...meaning,
      columns[place] ?? '',
      ...scores,
      ...(context[row] ?? []),
    ];
    return { line, logP: own[place] ?? NaN, cells };
  });
}
