/** `wgflow predict`. */
import { predict, QUANTILES } from '../flow/questions.ts';
import { predictedCells, predictedColumns } from '../conditionals/predicted.ts';
import { ShapeError } from '../errors.ts';
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
    result: { column, quantiles },
  });
  const { columns, values } = predictedColumns(part, quantiles);
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
