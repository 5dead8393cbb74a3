/** The card where one chooses what to learn. */
import { TOY_NAMES, toyDensity } from '../../src/data/toy.ts';
import { pluralOf, toyClasses } from '../classes.ts';
import { DOMAINS } from '../../src/model/domain.ts';
import type { DataSettings, ToyData } from '../protocol.ts';
import { byId, offer, radios, setNotice, setText } from './dom.ts';
import { DrawingPad } from './drawingPad.ts';
import { count } from './figures.ts';
import { rowsOfFile, rowsOfText } from './fileSource.ts';
import type { FileRows } from './fileSource.ts';
import { rowsOfStrokes } from './strokes.ts';
import type { Source } from './settings.ts';
import { drawThumbnails, followSources } from './thumbnails.ts';
import type { SourceChoice } from './thumbnails.ts';

/** Points of a drawing until the visitor says otherwise. */
const DRAWING_SIZE = 2000;

export interface DataPanelEvents {
  /** Another thing to learn. */
  changed: () => void;
  /** Another pair of columns to show. */
  pair: (columns: [number, number]) => void;
}

export class DataPanel {
  readonly #events: DataPanelEvents;
  readonly #sources = byId('sources', HTMLFieldSetElement);
  readonly #noise = byId('noise', HTMLInputElement);
  readonly #toySize = byId('toy-size', HTMLSelectElement);
  readonly #drawingSize = byId('drawing-size', HTMLSelectElement);
  readonly #parts = byId('parts', HTMLElement);
  readonly #apart = byId('apart', HTMLInputElement);
  readonly #mistake = byId('data-mistake', HTMLElement);
  readonly #domain = byId('domain', HTMLSelectElement);
  readonly #pair = byId('pair', HTMLElement);
  readonly #across = byId('column-x', HTMLSelectElement);
  readonly #up = byId('column-y', HTMLSelectElement);
  readonly #pad: DrawingPad;
  #choice: SourceChoice = 'moons';
  #file: FileRows | undefined;
  /** How often something was chosen: a file may take long to read. */
  #choices = 0;
  /** In place of a choice: the columns of a model that goes on with its own samples. */
  #own: readonly string[] | undefined;
  #shownPair: readonly [number, number] = [0, 1];

  constructor(events: DataPanelEvents) {
    this.#events = events;
    const changed = (): void => events.changed();
    this.#pad = new DrawingPad(
      byId('pad', HTMLCanvasElement),
      byId('pad-words', HTMLElement),
      byId('brush', HTMLInputElement),
      changed,
    );
    this.#drawingSize.value = String(DRAWING_SIZE);
    followSources(this.#sources, (choice) => this.#choose(choice));
    this.#noise.addEventListener('input', () => this.#showNoise());
    for (const control of [this.#noise, this.#toySize, this.#drawingSize, this.#domain, this.#apart])
      control.addEventListener('change', changed);
    byId('undo', HTMLButtonElement).addEventListener('click', () => this.#pad.undo());
    byId('clear', HTMLButtonElement).addEventListener('click', () => this.#pad.clear());
    for (const select of [this.#across, this.#up]) {
      select.addEventListener('change', () =>
        events.pair([Number(this.#across.value), Number(this.#up.value)]),
      );
    }
    this.#takeFiles();
  }

  /** As the settings say; a file is not part of them and is asked for again. */
  show(source: Source): void {
    this.#choices++;
    this.#own = undefined;
    this.#apart.checked = 'apart' in source && source.apart === true;
    this.#choice = source.kind === 'toy' ? source.name : source.kind;
    if (source.kind === 'toy') {
      this.#noise.value = String(source.noise ?? toyDensity(source.name).noise);
      if (source.size !== 'endless') offer(this.#toySize, String(source.size), count(source.size));
      this.#toySize.value = String(source.size);
    } else if (source.kind === 'drawing') {
      this.#pad.strokes = source.strokes;
      offer(this.#drawingSize, String(source.size), count(source.size));
      this.#drawingSize.value = String(source.size);
    } else this.#domain.value = source.domain ?? 'real';
    this.#showChoice();
  }

  /** No data are chosen: a model goes on with its own samples. @param words why */
  showOwnSamples(words: string, columns: readonly string[]): void {
    this.#choices++;
    this.#own = columns;
    setText(byId('own-samples', HTMLElement), words);
    this.#showChoice();
  }

  /** The toy density, or the rows that were chosen, and whether they are told apart. */
  showOrigin(origin: ToyData | { kind: 'at-hand'; apart: boolean }): void {
    if (origin.kind === 'toy') this.show(origin);
    else {
      this.#apart.checked = origin.apart;
      this.showChosen();
    }
  }

  /** Data are chosen again. */
  showChosen(): void {
    this.#own = undefined;
    this.#showChoice();
  }

  /** A model goes on with its own samples. */
  get isOwn(): boolean {
    return this.#own !== undefined;
  }

  showPair(columns: readonly [number, number]): void {
    this.#shownPair = columns;
    this.#across.value = String(columns[0]);
    this.#up.value = String(columns[1]);
  }

  restyle(): void {
    void drawThumbnails(this.#sources);
    this.#pad.draw();
  }

  get source(): Source {
    if (this.#choice === 'file') {
      const domain = DOMAINS.find((name) => name === this.#domain.value) ?? 'real';
      return { kind: 'file', ...(domain === 'real' ? {} : { domain }), ...this.#apartness };
    }
    if (this.#choice === 'drawing') {
      return {
        kind: 'drawing',
        strokes: this.#pad.strokes,
        size: Number(this.#drawingSize.value),
      };
    }
    const noise = this.#noise.valueAsNumber;
    return {
      kind: 'toy',
      name: this.#choice,
      ...(noise === toyDensity(this.#choice).noise || this.#noise.disabled ? {} : { noise }),
      size: this.#toySize.value === 'endless' ? 'endless' : Number(this.#toySize.value),
      ...this.#apartness,
    };
  }

  /** What the engine learns; undefined while there is nothing yet: an empty pad, no file. */
  get data(): DataSettings | undefined {
    const { atHand } = this;
    if (atHand?.kind !== 'rows' || this.isApart) return atHand;
    const { labels: _, ...rows } = atHand;
    return rows;
  }

  /** The same with all labels that there are. */
  get atHand(): DataSettings | undefined {
    const { source } = this;
    switch (source.kind) {
      case 'toy':
        return source;
      case 'drawing': {
        const rows = rowsOfStrokes(source.strokes, source.size);
        return rows.length === 0
          ? undefined
          : { kind: 'rows', rows, columns: ['x', 'y'], title: 'Your drawing' };
      }
      case 'file': {
        if (this.#file === undefined) return undefined;
        const { domain } = source;
        return { kind: 'rows', ...this.#file, ...(domain === undefined ? {} : { domain }) };
      }
    }
  }

  /** Whether the classes of the data are told apart. */
  get isApart(): boolean {
    const { source } = this;
    return 'apart' in source && source.apart === true;
  }

  mistake(sentence: string | undefined): void {
    setNotice(this.#mistake, sentence);
  }

  get #apartness(): { apart?: boolean } {
    return this.#apart.checked ? { apart: true } : {};
  }

  /** Offers to tell apart what there is to tell apart. */
  #showParts(): void {
    const toy = TOY_NAMES.find((name) => name === this.#choice);
    const labels = this.#choice === 'file' ? this.#file?.labels : undefined;
    this.#parts.hidden = this.isOwn || (toy === undefined && labels === undefined);
    const column = toy === undefined ? labels?.column : toyClasses(toy);
    this.#apart.disabled = column === undefined;
    // A link may come before its file.
    if (column === undefined && !(this.#choice === 'file' && this.#file === undefined)) {
      this.#apart.checked = false;
    }
    const parts = toy === undefined ? `rows apart by ${column?.name}` : `the ${pluralOf(toy)} apart`;
    setText(
      byId('apart-word', HTMLElement),
      column === undefined ? 'Nothing to tell apart' : `Tell ${parts}`,
    );
    setText(
      byId('apart-help', HTMLElement),
      column === undefined
        ? 'These points do not tell of any parts.'
        : `A density for each: p(x | ${column.name}).`,
    );
  }

  #choose(choice: SourceChoice): void {
    this.#choices++;
    this.#choice = choice;
    this.#own = undefined;
    setText(byId('file-words', HTMLElement), this.#file === undefined ? '' : summary(this.#file));
    if (choice !== 'file' && choice !== 'drawing') this.#noise.value = String(toyDensity(choice).noise);
    this.mistake(undefined);
    this.#showChoice();
    this.#events.changed();
  }

  #showChoice(): void {
    const kind = this.#choice === 'drawing' || this.#choice === 'file' ? this.#choice : 'toy';
    const shown = this.isOwn ? 'model' : kind;
    for (const panel of document.querySelectorAll<HTMLElement>('.source-panel')) {
      panel.hidden = panel.dataset['for'] !== shown;
    }
    for (const radio of radios('source')) radio.checked = !this.isOwn && radio.value === this.#choice;
    const toy = TOY_NAMES.find((name) => name === this.#choice);
    this.#noise.disabled = toy !== undefined && toyDensity(toy).noise === 0;
    this.#showNoise();
    this.#showParts();
    this.#offerPair();
    if (shown === 'drawing') this.#pad.draw();
  }

  #showNoise(): void {
    setText(
      byId('noise-value', HTMLOutputElement),
      this.#noise.disabled ? '–' : this.#noise.valueAsNumber.toFixed(2),
    );
  }

  #takeFiles(): void {
    const input = byId('file', HTMLInputElement);
    input.addEventListener('change', () => {
      const [file] = input.files ?? [];
      if (file !== undefined) void this.#take(() => rowsOfFile(file));
      input.value = '';
    });
    document.addEventListener('dragover', (event) => {
      event.preventDefault();
      document.body.classList.add('dragging');
    });
    document.addEventListener('dragleave', () => document.body.classList.remove('dragging'));
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      document.body.classList.remove('dragging');
      const [file] = event.dataTransfer?.files ?? [];
      if (file !== undefined) void this.#take(() => rowsOfFile(file));
    });
    document.addEventListener('paste', (event) => {
      if (event.target instanceof Element && event.target.matches('[type=text], [type=number]')) return;
      const [file] = event.clipboardData?.files ?? [];
      const text = event.clipboardData?.getData('text/plain') ?? '';
      if (file !== undefined) void this.#take(() => rowsOfFile(file));
      else if (text.trim() !== '') void this.#take(() => rowsOfText(text, 'Pasted table'));
      else return;
      event.preventDefault();
    });
  }

  /** A file that is refused changes no choice, nor does one that was read after something else was chosen. */
  async #take(read: () => Promise<FileRows>): Promise<void> {
    const taking = ++this.#choices;
    const [choice, own] = [this.#choice, this.#own];
    this.#choice = 'file';
    this.#own = undefined;
    this.#showChoice();
    const words = byId('file-words', HTMLElement);
    setText(words, 'Reading…');
    try {
      const file = await read();
      if (taking !== this.#choices) return;
      this.#file = file;
      this.mistake(undefined);
    } catch (error) {
      if (taking !== this.#choices) return;
      this.#choice = choice;
      this.#own = own;
      this.#showChoice();
      this.mistake(error instanceof Error ? error.message : String(error));
      setText(words, this.#file === undefined ? '' : `Still here: ${summary(this.#file)}`);
      return;
    }
    setText(words, summary(this.#file));
    this.#showParts();
    this.#offerPair();
    this.#events.pair([0, 1]);
    this.#events.changed();
  }

  #offerPair(): void {
    const columns = this.#own ?? (this.#choice === 'file' ? this.#file?.columns : undefined) ?? [];
    this.#pair.hidden = columns.length <= 2;
    for (const select of [this.#across, this.#up]) {
      select.replaceChildren(...columns.map((column, i) => new Option(column, String(i))));
    }
    this.showPair(this.#shownPair);
  }
}

function summary({ title, rows, columns, labels }: FileRows): string {
  const beside = labels === undefined ? '' : `, and ${labels.column.name} as labels`;
  return `${title}: ${count(rows.length / columns.length)} rows, ${columns.length} columns${beside}.`;
}
