/** Reads and writes tables off the page's thread: a big file takes longer than a frame. */
import { TableCodec } from '../../src/page/index.ts';
import type { TableColumn, TableNotice } from '../../src/page/index.ts';
import { csvOfCells } from './csvText.ts';
import { tableOf } from './table.ts';
import type { Table } from './table.ts';
import { chosenPart } from './tableChoice.ts';
import type { TableChoice } from './tableChoice.ts';
import { cellsOfFile } from './tableFile.ts';

/** A file to read, or rows to write as CSV. */
export type TableQuestion =
  | { file: string; content: Blob; choice: TableChoice }
  | { table: readonly TableColumn[]; rows: Float64Array };
export type TableAnswer = { table: Table } | { csv: string } | { mistake: string };

/** Rows that the dialog shows. */
const PREVIEW_ROWS = 6;

const scope = globalThis as unknown as {
  addEventListener: (type: 'message', listener: (event: MessageEvent<TableQuestion>) => void) => void;
  postMessage: (answer: TableAnswer, transfer: Transferable[]) => void;
};

scope.addEventListener('message', ({ data }) => void answer(data));

async function answer(question: TableQuestion): Promise<void> {
  try {
    if ('rows' in question) {
      const names = question.table.map(({ name }) => name);
      scope.postMessage(
        { csv: csvOfCells(names, new TableCodec(question.table).decodeDrawn(question.rows)) },
        [],
      );
      return;
    }
    const { file, content, choice } = question;
    const remarks: TableNotice[] = [];
    const cells = await cellsOfFile(content, file, (notice) => remarks.push(notice));
    const table: Table = {
      ...tableOf(chosenPart(cells, choice), file, remarks, choice.label),
      names: cells.names,
      preview: cells.cells.slice(0, PREVIEW_ROWS),
      choice,
    };
    scope.postMessage({ table }, [table.rows.buffer]);
  } catch (error) {
    scope.postMessage({ mistake: error instanceof Error ? error.message : String(error) }, []);
  }
}
