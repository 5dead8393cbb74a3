/** The card of odd rows: which cells of the visitor's table the others of their row do not explain. */
import type { OddRow, OddRows } from '../protocol.ts';
import { byId, setText } from './dom.ts';
import type { EngineClient } from './engineClient.ts';
import { count, decimal } from './figures.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';

/** Cells with a smaller probability are marked. */
const ODD = 1e-3;
const VERY_ODD = 1e-6;

export class OddPanel {
  readonly #card = byId('odd-card', HTMLElement);
  readonly #button = byId('odd-find', HTMLButtonElement);
  readonly #words = byId('odd-words', HTMLElement);
  readonly #table = byId('odd-rows', HTMLTableElement);
  readonly #engine: EngineClient;
  readonly #store: Store<State>;

  constructor(store: Store<State>, engine: EngineClient) {
    this.#store = store;
    this.#engine = engine;
    this.#button.addEventListener('click', () => void this.#find());
    store.follow(
      ({ learned, phase, isLive }) => [learned, phase, isLive],
      () => this.#offer(),
    );
    store.follow(
      ({ learned, run }) => [learned, run.last?.step],
      () => this.#clear(),
    );
  }

  #offer(): void {
    const { learned, phase, isLive } = this.#store.state;
    this.#card.hidden = learned?.kind !== 'rows' || !isLive || phase === 'off';
    this.#button.disabled = phase === 'training' || phase === 'starting';
  }

  /** The model has changed. */
  #clear(): void {
    this.#table.hidden = true;
    setText(this.#words, 'Which cells do the others of their row not explain? Train first.');
  }

  async #find(): Promise<void> {
    const { learned, run } = this.#store.state;
    const step = run.last?.step;
    this.#button.disabled = true;
    setText(this.#words, 'Looking at each cell given the others…');
    try {
      const found = await this.#engine.ask({ type: 'odd-rows' });
      const now = this.#store.state;
      if (now.learned !== learned || now.run.last?.step !== step) this.#clear();
      else this.#show(found);
    } catch (error) {
      setText(this.#words, error instanceof Error ? error.message : String(error));
    }
    this.#offer();
  }

  #show({ columns, total, lookedAt, odd }: OddRows): void {
    const all =
      lookedAt === total
        ? `all ${count(total)} rows`
        : `the ${count(lookedAt)} least likely of ${count(total)} rows`;
    setText(
      this.#words,
      `The ${odd.length} oddest of ${all}. A coloured cell is unlikely given the others; p is the chance of a value as unlikely.`,
    );
    this.#table.hidden = false;
    this.#table.replaceChildren(
      row('th', ['row', 'log p', 'oddest cell', 'expected (5 % to 95 %)', 'p', ...columns]),
      ...odd.map((one) => oddRow(one, columns)),
    );
  }
}

function oddRow(
  { row: number, logProb, cells, pValues, column, expected }: OddRow,
  columns: readonly string[],
): HTMLElement {
  const p = pValues[columns.indexOf(column)] ?? NaN;
  const line = row('td', [
    count(number),
    decimal(logProb),
    column,
    expected,
    p.toPrecision(2),
    ...cells.map((text) => text || 'blank'),
  ]);
  const own = [...line.children].slice(-cells.length);
  pValues.forEach((value, place) => {
    if (value === null || value >= ODD) return;
    own[place]?.classList.add(value < VERY_ODD ? 'very-odd' : 'odd');
  });
  return line;
}

function row(tag: 'th' | 'td', texts: readonly string[]): HTMLTableRowElement {
  const line = document.createElement('tr');
  for (const text of texts) {
    const cell = document.createElement(tag);
    cell.textContent = text;
    line.append(cell);
  }
  return line;
}
