/** The panel that shows a kernel's WGSL and runs it again with other tiles. */
import { milliseconds, percent } from '../../src/measure/index.ts';
import type { BenchEntry, KernelFacts, TileSizes } from '../../src/measure/index.ts';
import { byId, make } from '../page/dom.ts';

export class ShaderPanel {
  readonly #panel = byId('shader', HTMLDivElement);
  readonly #form = byId('tile', HTMLFormElement);
  readonly #sizes = byId('tile-sizes', HTMLSpanElement);
  readonly #words = byId('retiled', HTMLParagraphElement);
  readonly #button = byId('retile', HTMLButtonElement);
  readonly #tries = byId('retile-tries', HTMLUListElement);
  /** The outcomes of other tiles, by kernel and shape. */
  readonly #outcomes = new Map<string, string[]>();
  #shown: { entry: BenchEntry; kernel: KernelFacts } | undefined;

  constructor(onRetile: (entry: BenchEntry, tile: TileSizes) => void) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#shown === undefined) return;
      const selects = [...this.#sizes.querySelectorAll('select')];
      const tile = Object.fromEntries(selects.map(({ name, value }) => [name, Number(value)]));
      this.#words.textContent = 'Compiling, checking and timing…';
      onRetile(this.#shown.entry, tile);
    });
  }

  show(entry: BenchEntry, kernel: KernelFacts): void {
    this.#shown = { entry, kernel };
    byId('source-hint', HTMLParagraphElement).hidden = true;
    this.#panel.hidden = false;
    this.#words.textContent = '';
    this.#source(entry, kernel);
    const choices = Object.entries(kernel.tileChoices);
    this.#form.hidden = choices.length === 0;
    byId('no-tiles', HTMLElement).hidden = choices.length > 0;
    this.#showOutcomes();
    this.#sizes.replaceChildren(
      ...choices.map(([name, sizes]) => {
        const select = make(
          'select',
          { name },
          ...sizes.map((size) => make('option', { value: String(size) }, String(size))),
        );
        select.value = String(kernel.tile[name]);
        return make('label', { className: 'small' }, make('code', {}, name), select);
      }),
    );
  }

  /** Shows the current kernel with other tiles. */
  retiled(entry: BenchEntry, kernel: KernelFacts): void {
    if (this.#shown?.entry.shape !== entry.shape || this.#shown.entry.name !== entry.name) return;
    const before = this.#shown.entry.time.medianMs;
    const after = entry.time.medianMs;
    const factor = Math.max(before, after) / Math.min(before, after);
    this.#words.textContent =
      `${milliseconds(after)} ms, ${percent(entry.share.fma)} of the peak: ${factor.toFixed(2)} × ` +
      `${after < before ? 'faster' : 'slower'} than the ${milliseconds(before)} ms in the table.`;
    const tile = Object.entries(kernel.tile).map(([name, size]) => `${name} ${size}`);
    const known = this.#outcomes.get(keyOf(entry)) ?? [];
    this.#outcomes.set(keyOf(entry), [...known, `${tile.join(', ')}: ${this.#words.textContent}`]);
    this.#showOutcomes();
    this.#source(entry, kernel);
  }

  /** A new run begins: the outcomes are of another table. */
  forget(): void {
    this.#outcomes.clear();
    this.#showOutcomes();
  }

  #showOutcomes(): void {
    const outcomes = this.#shown && this.#outcomes.get(keyOf(this.#shown.entry));
    this.#tries.replaceChildren(...(outcomes ?? []).map((words) => make('li', {}, words)));
  }

  problem(message: string): void {
    if (this.#words.textContent !== '') this.#words.textContent = message;
  }

  set busy(busy: boolean) {
    this.#button.disabled = busy;
  }

  #source({ variant }: BenchEntry, { source }: KernelFacts): void {
    byId('variant', HTMLElement).textContent = variant;
    byId('wgsl', HTMLElement).textContent = source.trim();
  }
}

function keyOf({ name, shape }: BenchEntry): string {
  return `${name} ${shape}`;
}
