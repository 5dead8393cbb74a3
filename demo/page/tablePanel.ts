/** What each column of the visitor's table is, and the remarks on it, in the words of the command line. */
import { byId } from './dom.ts';
import { count } from './figures.ts';
import { canReadAgain } from './fileSource.ts';
import type { FileRows } from './fileSource.ts';

/** The columns that are listed one by one. */
const MAX_LISTED = 40;

export function showTable(file: FileRows | undefined): void {
  const { words = [], remarks = [], cells } = file ?? {};
  const more = words.length - MAX_LISTED;
  const listed = [...words.slice(0, MAX_LISTED), ...(more > 0 ? [`… and ${count(more)} more`] : [])];
  fill(byId('table-columns', HTMLUListElement), listed);
  byId('table', HTMLElement).hidden = words.length === 0;
  fill(
    byId('table-remarks', HTMLUListElement),
    remarks.map(({ kind, message }) => `${kind === 'warning' ? 'Warning' : 'Note'}: ${message}`),
  );
  byId('table-choose', HTMLButtonElement).hidden = file === undefined || !canReadAgain(file);
  // Each column of a mixed table has its own kind of values.
  byId('domain-choice', HTMLElement).hidden = cells !== undefined;
  byId('table-shown', HTMLElement).hidden = cells === undefined;
}

function fill(list: HTMLUListElement, lines: readonly string[]): void {
  list.hidden = lines.length === 0;
  list.replaceChildren(
    ...lines.map((line) => {
      const item = document.createElement('li');
      item.append(line);
      return item;
    }),
  );
}
