/** Compares a run with an earlier one, and keeps the last run in the browser. */
import { compareRuns, entryTitle, milliseconds, parseBenchDocument } from '../../src/measure/index.ts';
import type { BenchDocument, Change } from '../../src/measure/index.ts';
import { byId, make } from '../page/dom.ts';

const LAST_RUN = 'wgflow-lab-last-run';
/** Only the largest changes are shown. */
const MAX_CHANGES = 12;

/** Keeps a run for the next visit, if the browser allows it. */
export function keepRun(run: BenchDocument): void {
  try {
    localStorage.setItem(LAST_RUN, JSON.stringify(run));
  } catch {
    // Storage is full or forbidden: the only loss is the comparison next time.
  }
}

/** The last kept run; undefined if there is none from this version. */
export function keptRun(): BenchDocument | undefined {
  try {
    const text = localStorage.getItem(LAST_RUN);
    return text === null ? undefined : parseBenchDocument(text, 'the last run');
  } catch {
    return undefined;
  }
}

export function showComparison(before: BenchDocument, after: BenchDocument): void {
  const { changes, differences, onlyBefore, onlyAfter } = compareRuns(before, after);
  const count = (verdict: Change['verdict']): number =>
    changes.filter((change) => change.verdict === verdict).length;
  const alone = onlyBefore.length + onlyAfter.length;
  const summary =
    `${count('faster')} faster, ${count('slower')} slower, ${count('same')} the same within the noise` +
    (alone > 0 ? `; ${alone} in one of the runs only.` : '.');
  const largest = changes
    .filter(({ verdict }) => verdict !== 'same')
    .toSorted((a, b) => Math.abs(Math.log(b.ratio)) - Math.abs(Math.log(a.ratio)))
    .slice(0, MAX_CHANGES);
  const frame = byId('comparison', HTMLDivElement);
  frame.replaceChildren(
    make('h3', {}, 'Against the earlier run'),
    make('p', { className: 'small' }, summary),
    ...differences.map((difference) => make('p', { className: 'small muted' }, difference)),
    ...(largest.length === 0 ? [] : [changeTable(largest)]),
  );
  frame.hidden = false;
  frame.focus();
}

function changeTable(changes: readonly Change[]): HTMLElement {
  const heads = ['What', 'ms before', 'ms after', 'Change'].map((head, index) =>
    make('th', { scope: 'col', className: index === 0 ? '' : 'number' }, head),
  );
  const rows = changes.map(({ before, after, ratio, verdict }) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row' }, entryTitle(after)),
      ...[
        milliseconds(before.time.medianMs),
        milliseconds(after.time.medianMs),
        `${Math.max(ratio, 1 / ratio).toFixed(2)} × ${verdict}`,
      ].map((cell) => make('td', { className: 'number' }, cell)),
    ),
  );
  const table = make('table', {}, make('thead', {}, make('tr', {}, ...heads)), make('tbody', {}, ...rows));
  return make('div', { className: 'scroll', tabIndex: 0 }, table);
}
