/** The card for choosing the data. */
import { toyDensity } from '../../src/index.ts';
import { pluralOf } from '../classes.ts';
import {
  classesIn,
  columnsToShow,
  fileWords,
  picked,
  reading,
  refused,
  toyOf,
  withFile,
} from './dataChoice.ts';
import type { DataChoice, PicturedColumn, SourceName } from './dataChoice.ts';
import { byId, offer, radios, setNotice, setText } from './dom.ts';
import { DrawingPad } from './drawingPad.ts';
import { count } from './figures.ts';
import { followFiles } from './fileInput.ts';
import { readAgain } from './fileSource.ts';
import type { FileRows } from './fileSource.ts';
import { DOMAINS } from './settings.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';
import { showTable } from './tablePanel.ts';
import { drawThumbnails } from './thumbnails.ts';

export interface DataPanelEvents {
  /** The visitor chooses other data. */
  changed: (change: (choice: DataChoice) => DataChoice) => void;
  /** The visitor wants to see another pair of columns. */
  pair: (columns: [number, number]) => void;
}

export class DataPanel {
  readonly #store: Store<State>;
  readonly #events: DataPanelEvents;
  readonly #sources = byId('sources', HTMLFieldSetElement);
  readonly #noise = byId('noise', HTMLInputElement);
  readonly #toySize = byId('toy-size', HTMLSelectElement);
  readonly #drawingSize = byId('drawing-size', HTMLSelectElement);
  readonly #apart = byId('apart', HTMLInputElement);
  readonly #domain = byId('domain', HTMLSelectElement);
  readonly #across = byId('column-x', HTMLSelectElement);
  readonly #up = byId('column-y', HTMLSelectElement);
  readonly #pad: DrawingPad;

  constructor(store: Store<State>, events: DataPanelEvents) {
    this.#store = store;
    this.#events = events;
    const { changed } = events;
    this.#pad = new DrawingPad((strokes) => changed((choice) => ({ ...choice, strokes })));
    this.#sources.addEventListener('change', ({ target }) => {
      if (target instanceof HTMLInputElement) {
        const name = target.value as SourceName;
        changed((choice) => picked(choice, name));
      }
    });
    this.#noise.addEventListener('input', () => this.#showNoise());
    const take = (control: HTMLElement, read: () => Partial<DataChoice>): void =>
      control.addEventListener('change', () => changed((choice) => ({ ...choice, ...read() })));
    take(this.#noise, () => ({ noise: this.#noise.valueAsNumber }));
    take(this.#toySize, () => {
      const { value } = this.#toySize;
      return { toySize: value === 'endless' ? value : Number(value) };
    });
    take(this.#drawingSize, () => ({ drawingSize: Number(this.#drawingSize.value) }));
    take(this.#domain, () => ({
      domain: DOMAINS.find((name) => name === this.#domain.value) ?? 'inferred',
    }));
    take(this.#apart, () => ({ apart: this.#apart.checked }));
    for (const select of [this.#across, this.#up]) {
      select.addEventListener('change', () =>
        events.pair([Number(this.#across.value), Number(this.#up.value)]),
      );
    }
    byId('draw-yours', HTMLButtonElement).addEventListener('click', () => this.#draw());
    followFiles((read) => void this.#take(read));
    byId('table-choose', HTMLButtonElement).addEventListener('click', () => void this.#chooseColumns());
    this.#follow();
  }

  /** Redraws everything in the colours of the theme. */
  #restyle(): void {
    void drawThumbnails(this.#sources);
    this.#pad.draw();
  }

  /** Brings the drawing pad to the visitor. */
  #draw(): void {
    this.#events.changed((choice) => picked(choice, 'drawing'));
    const pad = byId('pad', HTMLCanvasElement);
    pad.scrollIntoView({ block: 'center' });
    pad.focus({ preventScroll: true });
  }

  #follow(): void {
    const store = this.#store;
    const mistake = byId('data-mistake', HTMLElement);
    store.follow(
      (state) => [state.mistake],
      ([sentence]) => setNotice(mistake, sentence),
    );
    store.follow(
      ({ data }) => [data],
      ([data]) => this.#show(data),
    );
    store.follow(
      ({ theme }) => [theme],
      () => this.#restyle(),
    );
    store.follow(
      ({ data: { own, source, file, apart } }) => [own, source, file, apart],
      () => this.#offerPair(columnsToShow(store.state.data)),
    );
    store.follow(
      ({ data: { own, source, file, apart }, look }) => [own, source, file, apart, look.columns],
      () => {
        const [across, up] = store.state.look.columns;
        this.#across.value = String(across);
        this.#up.value = String(up);
      },
    );
  }

  #show(data: DataChoice): void {
    const { source, own, toySize, drawingSize } = data;
    const shown = own === undefined ? (toyOf(source) === undefined ? source : 'toy') : 'model';
    for (const panel of document.querySelectorAll<HTMLElement>('.source-panel')) {
      panel.hidden = panel.dataset['for'] !== shown;
    }
    for (const radio of radios('source')) radio.checked = own === undefined && radio.value === source;
    setText(byId('own-samples', HTMLElement), own?.words ?? '');
    setText(byId('file-words', HTMLElement), fileWords(data));
    showTable(data.file);
    this.#noise.value = String(data.noise);
    if (toySize !== 'endless') offer(this.#toySize, String(toySize), count(toySize));
    this.#toySize.value = String(toySize);
    offer(this.#drawingSize, String(drawingSize), count(drawingSize));
    this.#drawingSize.value = String(drawingSize);
    this.#domain.value = data.domain;
    const toy = toyOf(source);
    this.#noise.disabled = toy !== undefined && toyDensity(toy).noise === 0;
    this.#showNoise();
    this.#showClasses(data);
    this.#pad.show(data.strokes);
  }

  /** Offers to split the classes, if there are any. */
  #showClasses(data: DataChoice): void {
    const toy = toyOf(data.source);
    const column = classesIn(data);
    byId('parts', HTMLElement).hidden = data.own !== undefined || (toy === undefined && column === undefined);
    this.#apart.checked = data.apart;
    this.#apart.disabled = column === undefined;
    const parts = toy === undefined ? `rows apart by ${column?.name}` : `the ${pluralOf(toy)} apart`;
    const [word, help] =
      column === undefined
        ? ['Nothing to tell apart', 'These points have no classes.']
        : [`Tell ${parts}`, `A density for each: p(x | ${column.name}).`];
    setText(byId('apart-word', HTMLElement), word);
    setText(byId('apart-help', HTMLElement), help);
  }

  #showNoise(): void {
    const words = this.#noise.disabled ? '–' : this.#noise.valueAsNumber.toFixed(2);
    setText(byId('noise-value', HTMLOutputElement), words);
  }

  #offerPair(columns: readonly PicturedColumn[]): void {
    byId('pair', HTMLElement).hidden = columns.length <= 2;
    for (const select of [this.#across, this.#up]) {
      select.replaceChildren(...columns.map(({ name, place }) => new Option(name, String(place))));
    }
  }

  /** Asks what of the table is learned, and reads it again. */
  async #chooseColumns(): Promise<void> {
    const { file } = this.#store.state.data;
    if (file === undefined) return;
    const { askAboutTable } = await import('./tableDialog.ts');
    const choice = await askAboutTable(file);
    if (choice !== undefined) await this.#take(() => readAgain(file, choice));
  }

  /** A refused file changes no choice, nor does one that arrives after another choice. */
  async #take(read: () => Promise<FileRows>): Promise<void> {
    const store = this.#store;
    const token = {};
    const before = store.state.data;
    const isWanted = (): boolean => store.state.data.reading === token;
    store.update((state) => ({ ...state, data: reading(state.data, token) }));
    try {
      const file = await read();
      if (!isWanted()) return;
      this.#events.changed((choice) => withFile(choice, file));
    } catch (error) {
      if (!isWanted()) return;
      const mistake = error instanceof Error ? error.message : String(error);
      store.update((state) => ({ ...state, data: refused(state.data, before), mistake }));
    }
  }
}
