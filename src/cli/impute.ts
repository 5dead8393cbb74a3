/** `wgflow impute`. */
import { impute } from '../flow/questions.ts';
import { isBlank, withDetermined } from '../table/known.ts';
import { answerRows, askedTable } from './askedRows.ts';
import type { AskCommandOptions } from './askedRows.ts';
import { readModel } from './modelInput.ts';
import { tellFormulas } from './modelRows.ts';
import type { Session } from './session.ts';

export interface ImputeCommandOptions extends AskCommandOptions {
  draws: number;
  seed: number;
}

export async function imputeCommand(
  session: Session,
  modelFile: string,
  dataFile: string,
  options: ImputeCommandOptions,
): Promise<void> {
  const { draws: copies, seed } = options;
  const model = await readModel(modelFile);
  const table = await askedTable(session, 'impute', model, dataFile, options, {
    isUnknown: isBlank,
    prepared: withDetermined,
  });
  const { codec, contextNames } = table;
  tellFormulas(session, model.model);
  let filled = 0;
  let rowsFilled = 0;
  await answerRows(session, 'impute', table, options, {
    verb: 'Filled',
    columns: [
      ...(copies > 1 ? ['row', 'draw'] : []),
      ...codec.columns.map(({ name }) => name),
      ...contextNames,
    ],
    async part(
      flow,
      { rows, firstRow, lines, texts, context, values, unknown, options: asked },
      { writer, results },
    ) {
      const run = impute(flow, values, { ...asked, unknown, copies, seed });
      const drawn = await results.of(
        run,
        lines.flatMap((line) => Array<number>(copies).fill(line)),
      );
      if (drawn === undefined) return 0;
      const made = codec.decodeDrawn(drawn.values).map((row, i) => {
        const from = Math.floor(i / copies);
        // A cell that is known stays as it is.
        const cells = row.map((text, column) => {
          const own = texts[from]?.[column] ?? '';
          return isBlank(own) ? text : own;
        });
        if (i % copies === 0) {
          const blanks = cells.filter((cell, column) => cell !== (texts[from]?.[column] ?? '')).length;
          filled += blanks;
          if (blanks > 0) rowsFilled++;
        }
        const place = copies > 1 ? [String(firstRow + from + 1), String((i % copies) + 1)] : [];
        return [...place, ...cells, ...(context[from] ?? [])];
      });
      await writer.cells(made);
      return rows * copies;
    },
  });
  const times = copies > 1 ? `, ${copies} times each` : '';
  session.say(
    `Filled ${filled.toLocaleString('en')} ${filled === 1 ? 'blank' : 'blanks'} in ${rowsFilled.toLocaleString('en')} ${rowsFilled === 1 ? 'row' : 'rows'}${times}.`,
  );
}
