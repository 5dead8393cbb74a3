/** The card of questions to the model of the visitor's table. */
import type { FlowFacts, TableAnswer, TableQuestion } from '../protocol.ts';
import { answerView } from './answerView.ts';
import type { AnswerView } from './answerView.ts';
import { csvOfCells } from './csvText.ts';
import { byId, download, radios, setText } from './dom.ts';
import type { EngineClient } from './engineClient.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';

type Ask = TableQuestion['ask'];

const GIVEN_ROWS = 1000;
/** Labels that are offered one by one. */
const MAX_OFFERED = 200;

export class AskPanel {
  readonly #card = byId('ask-card', HTMLElement);
  readonly #asks = radios('ask');
  readonly #column = byId('ask-column', HTMLSelectElement);
  readonly #given = byId('ask-given', HTMLElement);
  readonly #button = byId('ask', HTMLButtonElement);
  readonly #save = byId('ask-save', HTMLButtonElement);
  readonly #words = byId('ask-words', HTMLElement);
  readonly #table = byId('ask-rows', HTMLTableElement);
  readonly #engine: EngineClient;
  readonly #store: Store<State>;
  #shown: AnswerView | undefined;

  constructor(store: Store<State>, engine: EngineClient) {
    this.#store = store;
    this.#engine = engine;
    this.#button.addEventListener('click', () => void this.#answer());
    this.#save.addEventListener('click', () => {
      if (this.#shown === undefined) return;
      const { columns, rows, name } = this.#shown.file;
      download(new Blob([csvOfCells(columns, rows)], { type: 'text/csv' }), name);
    });
    for (const radio of this.#asks) radio.addEventListener('change', () => this.#choose());
    store.follow(
      ({ learned, phase, isLive }) => [learned, phase, isLive],
      () => this.#offer(),
    );
    store.follow(
      ({ flow }) => [flow],
      () => this.#offerColumns(),
    );
    store.follow(
      ({ learned, run }) => [learned, run.last?.step],
      () => this.#clear(),
    );
  }

  get #ask(): Ask {
    return (this.#asks.find(({ checked }) => checked)?.value ?? 'odd') as Ask;
  }

  get #question(): TableQuestion {
    const ask = this.#ask;
    const seed = Date.now();
    switch (ask) {
      case 'odd':
        return { ask };
      case 'predict':
        return { ask, column: this.#column.value };
      case 'impute':
        return { ask, seed };
      case 'given':
        return { ask, cells: this.#cells, count: GIVEN_ROWS, seed };
    }
  }

  /** The cells that the visitor has given. */
  get #cells(): Record<string, string> {
    const fields = this.#given.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select');
    return Object.fromEntries(
      [...fields].flatMap(({ name, value }) => (value === '' ? [] : [[name, value.trim()]])),
    );
  }

  #offer(): void {
    const { learned, phase, isLive } = this.#store.state;
    this.#card.hidden = learned?.kind !== 'rows' || !isLive || phase === 'off';
    this.#button.disabled = phase === 'training' || phase === 'starting';
  }

  #offerColumns(): void {
    const columns = columnsOf(this.#store.state.flow);
    this.#column.replaceChildren(...columns.map(({ name }) => new Option(name, name)));
    this.#given.replaceChildren(...columns.map(givenField));
  }

  #choose(): void {
    this.#column.hidden = this.#ask !== 'predict';
    this.#given.hidden = this.#ask !== 'given';
    this.#clear();
  }

  /** The model or the question has changed. */
  #clear(): void {
    this.#shown = undefined;
    this.#table.hidden = true;
    this.#save.hidden = true;
    setText(this.#words, WHAT_FOR[this.#ask]);
  }

  async #answer(): Promise<void> {
    const { learned, run } = this.#store.state;
    const step = run.last?.step;
    const question = this.#question;
    this.#button.disabled = true;
    setText(this.#words, 'Asking the model…');
    try {
      const found = await this.#engine.ask({ type: 'ask-table', question });
      const now = this.#store.state;
      if (now.learned !== learned || now.run.last?.step !== step || this.#ask !== question.ask) this.#clear();
      else this.#show(found, question);
    } catch (error) {
      setText(this.#words, error instanceof Error ? error.message : String(error));
    }
    this.#offer();
  }

  #show(found: TableAnswer, question: TableQuestion): void {
    const view = answerView(found, question);
    this.#shown = view;
    setText(this.#words, view.words);
    this.#table.hidden = view.lines.length === 0;
    this.#save.hidden = view.file.rows.length === 0;
    this.#table.replaceChildren(
      row('th', view.header),
      ...view.lines.map(({ texts, marks }) => row('td', texts, marks)),
    );
  }
}

const WHAT_FOR: Readonly<Record<Ask, string>> = {
  odd: 'Which cells do the others of their row not explain? Train first.',
  predict: 'What should a column be, given the others? Train first.',
  impute: 'What could the blanks have been? Train first.',
  given: 'What do rows with these cells look like? Train first.',
};

/** A column that the flow learns, with its labels if it has some. */
interface AskedColumn {
  name: string;
  labels?: readonly string[];
  range?: string;
}

function columnsOf(flow: FlowFacts | undefined): AskedColumn[] {
  if (flow?.table === undefined) return (flow?.columns ?? []).map((name) => ({ name }));
  return flow.table.flatMap((column): AskedColumn[] => {
    const { name, type } = column;
    if (type === 'constant' || type === 'linear') return [];
    if (type === 'category') return [{ name, labels: column.levels.slice(0, MAX_OFFERED) }];
    if (type === 'number') return [{ name }];
    return [{ name, range: `${column.min} to ${column.min + column.counts.length - 1}` }];
  });
}

function givenField({ name, labels, range }: AskedColumn): HTMLElement {
  const label = document.createElement('label');
  label.append(name);
  if (labels === undefined) {
    const input = document.createElement('input');
    Object.assign(input, {
      name,
      placeholder: range === undefined ? 'any' : `any, ${range}`,
      autocomplete: 'off',
    });
    label.append(input);
    return label;
  }
  const select = document.createElement('select');
  select.name = name;
  select.append(
    new Option('any', ''),
    ...labels.filter((text) => text !== '').map((text) => new Option(text, text)),
  );
  label.append(select);
  return label;
}

function row(
  tag: 'th' | 'td',
  texts: readonly string[],
  marks: readonly (string | undefined)[] = [],
): HTMLTableRowElement {
  const line = document.createElement('tr');
  texts.forEach((text, place) => {
    const cell = document.createElement(tag);
    cell.textContent = text;
    const mark = marks[place];
    if (mark !== undefined) cell.classList.add(mark);
    line.append(cell);
  });
  return line;
}
