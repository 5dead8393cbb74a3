/** `wgflow predict`. */
import { predict, QUANTILES } from '../flow/questions.ts';
import { predictedCells } from '../conditionals/predicted.ts';
import type { PredictedCell } from '../conditionals/predicted.ts';
import { ShapeError } from '../errors.ts';
import type { Part } from '../table/codec.ts';
import { answerRows, askedCodec, askedTable, learnedPart } from './askedRows.ts';
import type { AskCommandOptions } from './askedRows.ts';
import { readModel } from './modelInput.ts';
import type { Session } from './session.ts';

export interface PredictCommandOptions extends AskCommandOptions {
  column: string;
  quantiles?: number[];
}

export async function predictCommand(
  session: Session,
  modelFile: string,
  dataFile: string,
  options: PredictCommandOptions,
): Promise<void> {
  const { column, quantiles = [...QUANTILES] } = options;
  const model = await readModel(modelFile);
  const part = learnedPart(askedCodec(model.model), column, '--column');
  if (part.column.type === 'category' && options.quantiles !== undefined) {
    const advice = `${column} has labels, and gets the probability of each.`;
    throw new ShapeError('--quantiles', options.quantiles.join(), 'no such option', advice);
  }
  const table = await askedTable(session, 'predict', model, dataFile, options, {
    isUnknown: (_, name) => name === column,
    spare: column,
  });
  const { columns, values } = answersOf(part, quantiles);
  await answerRows(session, 'predict', table, options, {
    verb: 'Predicted',
    columns,
    async part(flow, { values: given, options: asked, lines, rows }, { writer, results }) {
      const found = await results.of(predict(flow, given, { ...asked, column, quantiles }), lines);
      if (found === undefined) return 0;
      await writer.cells(predictedCells(part, found, quantiles.length).map(values));
      return rows;
    },
  });
}

/** The columns of the result, and their values for a cell. */
function answersOf(
  { column: { name, type }, codec }: Part,
  quantiles: readonly number[],
): { columns: string[]; values: (cell: PredictedCell) => (number | string)[] } {
  const texts = codec.values.discrete.flatMap(({ text }) => text ?? []);
  const own = type === 'category' ? texts : texts.filter((text) => text === '');
  const shares = ({ probabilities }: PredictedCell): number[] =>
    own.map((text) => Number((probabilities[text] ?? 0).toPrecision(6)));
  const shareNames = own.map((text) => `${name}_${text === '' ? '(blank)' : text}`);
  if (type === 'category') return { columns: shareNames, values: shares };
  return {
    columns: [`${name}_mean`, ...quantiles.map((level) => `${name}_${level}`), ...shareNames],
    values: (cell) => [cell.mean ?? NaN, ...(cell.quantiles ?? []), ...shares(cell)],
  };
}
