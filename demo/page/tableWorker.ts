/** Reads a table off the page's thread: a big file takes longer than a frame. */
import { readTable } from './table.ts';
import type { Table } from './table.ts';

export interface TableQuestion {
  text: string;
  file: string;
}
export type TableAnswer = { table: Table } | { mistake: string };

const scope = globalThis as unknown as {
  addEventListener: (type: 'message', listener: (event: MessageEvent<TableQuestion>) => void) => void;
  postMessage: (answer: TableAnswer, transfer: Transferable[]) => void;
};

scope.addEventListener('message', ({ data: { text, file } }) => {
  try {
    const table = readTable(text, file);
    scope.postMessage({ table }, [table.rows.buffer]);
  } catch (error) {
    scope.postMessage({ mistake: error instanceof Error ? error.message : String(error) }, []);
  }
});
