/** The table of results: one row per plan or kernel, added as results arrive. */
import { milliseconds, percent, rate, spread } from '../../src/measure/index.ts';
import type { BenchEntry, KernelFacts } from '../../src/measure/index.ts';
import { byId, make } from '../page/dom.ts';

export interface Result {
  entry: BenchEntry;
  kernel?: KernelFacts;
}

/** The address within the page of a result's row. */
export function hrefOf(index: number): string {
  return `#entry-${index}`;
}

export class ResultTable {
  readonly #body = byId('rows', HTMLTableSectionElement);
  readonly #onChoose: (index: number) => void;
  #results: Result[] = [];

  constructor(onChoose: (index: number) => void) {
    this.#onChoose = onChoose;
  }

  get results(): readonly Result[] {
    return this.#results;
  }

  clear(): void {
    this.#results = [];
    this.#body.replaceChildren();
  }

  add(result: Result): void {
    const index = this.#results.push(result) - 1;
    this.#body.append(this.#row(result, index));
  }

  /** Marks the row of the kernel or plan that is shown. */
  mark(index: number): void {
    for (const row of this.#body.rows) row.classList.toggle('chosen', row.id === hrefOf(index).slice(1));
  }

  #row({ entry }: Result, index: number): HTMLTableRowElement {
    const { time, gflops, gbPerSecond, share } = entry;
    const numbers = [
      milliseconds(time.medianMs),
      spread(entry).slice(2),
      rate(gflops),
      percent(share.fma),
      rate(gbPerSecond),
      percent(share.copy),
    ];
    return make(
      'tr',
      { id: hrefOf(index).slice(1) },
      make('th', { scope: 'row' }, this.#button(entry, index)),
      make('td', {}, entry.shape),
      ...numbers.map((number) => make('td', { className: 'number' }, number)),
    );
  }

  #button({ name, kind }: BenchEntry, index: number): HTMLButtonElement {
    const title = kind === 'kernel' ? name : make('strong', {}, name.replaceAll('_', ' '));
    const button = make('button', { type: 'button', className: 'link' }, title);
    button.addEventListener('click', () => this.#onChoose(index));
    return button;
  }
}
