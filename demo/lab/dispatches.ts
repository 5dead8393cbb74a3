/** The dispatches of a measured plan: how each is launched, and what bounds it. */
import { entryTitle, LAUNCH_HEAD, launchNote, launchRows } from '../../src/measure/index.ts';
import type { BenchDocument, BenchEntry } from '../../src/measure/index.ts';
import { byId, make, setText } from '../page/dom.ts';

/** @param run has the times of the kernels that were measured so far */
export function showDispatches(entry: BenchEntry, run: BenchDocument): void {
  const cellOf = (name: 'th' | 'td', text: string, column: number): HTMLElement =>
    make(name, { className: column === 0 ? '' : 'number' }, text);
  const rows = launchRows(entry, run).map((cells) =>
    make('tr', {}, ...cells.map((cell, column) => cellOf('td', cell, column))),
  );
  setText(byId('dispatches-of', HTMLElement), entryTitle(entry).replaceAll('_', ' '));
  setText(byId('dispatches-note', HTMLElement), launchNote(run));
  byId('dispatches', HTMLTableElement).replaceChildren(
    make('thead', {}, make('tr', {}, ...LAUNCH_HEAD.map((head, column) => cellOf('th', head, column)))),
    make('tbody', {}, ...rows),
  );
}
