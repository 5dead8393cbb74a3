/** The card for keeping and sharing: links, code, files, and models kept in the browser. */
import { toyDensity } from '../../src/index.ts';
import { STREAMS } from '../../src/page/index.ts';
import { toyClasses } from '../classes.ts';
import { labelsOf } from '../labels.ts';
import type { RowData, ToyData } from '../protocol.ts';
import { codeOfFile, codeOfRun } from './codeOfRun.ts';
import { csvOfCells, csvText } from './csvText.ts';
import { byId, download, setText } from './dom.ts';
import { embedCode } from './embed.ts';
import type { EngineClient } from './engineClient.ts';
import { bytes, count } from './figures.ts';
import { csvOfTable } from './fileSource.ts';
import { canKeep, deleteModel, freeName, keepModel, listModels, readModel } from './keptModels.ts';
import { MAX_LINK_LENGTH, decodeShare, encodeShare } from './shareLink.ts';
import { fileOf, settingsOf, shownClass, titleOf, unaccountedFile } from './state.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';

const SAMPLES = 5000;

/** @throws {Error} with a sentence for the visitor */
type Open = (fileName: string, bytes: Uint8Array) => Promise<void>;

export class SharePanel {
  readonly #store: Store<State>;
  readonly #engine: EngineClient;
  readonly #openModel: Open;
  readonly #words = byId('share-words', HTMLElement);
  readonly #list = byId('kept-models', HTMLUListElement);

  constructor(store: Store<State>, engine: EngineClient, open: Open) {
    this.#store = store;
    this.#engine = engine;
    this.#openModel = open;
    store.follow(
      ({ origin, learned, model, flow, look }) => [origin, learned, model, flow, look.level],
      () => setText(byId('code', HTMLElement), codeOf(store.state)),
    );
    this.#on('copy-link', () => this.#copyLink());
    this.#on('copy-embed', async () => {
      await navigator.clipboard.writeText(embedCode(this.#link));
      return 'The HTML is on the clipboard. It shows density and layers in another page, and trains.';
    });
    this.#on('copy-code', async () => {
      await navigator.clipboard.writeText(codeOf(store.state));
      return 'The code is on the clipboard. It runs in Node where wgflow is installed.';
    });
    this.#on('save-model', async () => {
      const model = await this.#model();
      download(new Blob([model], { type: 'application/octet-stream' }), `${this.#title}.safetensors`);
      return `${this.#title}.safetensors, ${bytes(model.length)}: the command line opens it too.`;
    });
    this.#on('save-samples', () => this.#saveSamples());
    this.#on('save-data', () => this.#saveData());
    for (const kind of ['picture', 'poster', 'loss-svg', 'loss-csv', 'clip'] as const) {
      this.#on(`save-${kind}`, async () => {
        const { saveFigure } = await import('./figure/save.ts');
        return saveFigure(kind, store, engine, this.#title);
      });
    }
    this.#on('keep-model', () => this.#keep());
    const compare = byId('compare', HTMLAnchorElement);
    compare.addEventListener('click', () => {
      const hash = encodeShare(settingsOf(this.#state));
      compare.href = `./index.html?compare#${hash}|${hash}`;
    });
    const input = byId('open-model', HTMLInputElement);
    input.addEventListener('change', () => {
      const [file] = input.files ?? [];
      if (file !== undefined) {
        void this.#tell(async () => this.#open(file.name, new Uint8Array(await file.arrayBuffer())));
      }
      input.value = '';
    });
    void this.#showKept();
  }

  get #state(): State {
    return this.#store.state;
  }

  /** A short name of the data, for file names. */
  get #title(): string {
    return titleOf(this.#state)
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-');
  }

  #on(id: string, act: () => Promise<string>): void {
    byId(id, HTMLButtonElement).addEventListener('click', () => void this.#tell(act));
  }

  /** Reports the outcome. */
  async #tell(act: () => Promise<string>): Promise<void> {
    try {
      setText(this.#words, await act());
    } catch (error) {
      setText(this.#words, error instanceof Error ? error.message : String(error));
    }
  }

  /** @throws {Error} if no link leads to the shown flow */
  get #link(): string {
    const file = unaccountedFile(this.#state);
    if (file !== undefined) {
      throw new Error(
        `A link holds settings and no model, and none lead to ${file.fileName}: send the file instead.`,
      );
    }
    const settings = settingsOf(this.#state);
    const hash = encodeShare(settings);
    // A model file may have settings that the page does not offer.
    const { mistake } = decodeShare(hash);
    if (mistake !== undefined) throw new Error(`No link can say these settings. ${mistake}`);
    const link = `${location.href.split('#')[0]}#${hash}`;
    if (link.length > MAX_LINK_LENGTH) {
      throw new Error(
        `The drawing makes a link of ${count(link.length)} characters, more than the ${count(MAX_LINK_LENGTH)} that survive everywhere. Draw with fewer strokes.`,
      );
    }
    return link;
  }

  async #copyLink(): Promise<string> {
    await navigator.clipboard.writeText(this.#link);
    return settingsOf(this.#state).source.kind === 'file'
      ? 'The link is on the clipboard. Your file is not in it: send that along.'
      : 'The link is on the clipboard, with every setting in it.';
  }

  async #model(): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.#engine.ask({ type: 'save' })) as Uint8Array<ArrayBuffer>;
  }

  async #open(name: string, model: Uint8Array): Promise<string> {
    await this.#openModel(name, model);
    return `${name} is open.`;
  }

  async #saveSamples(): Promise<string> {
    const { columns, rows, text } = await this.#engine.ask({
      type: 'draw-samples',
      count: SAMPLES,
      seed: Date.now(),
    });
    const csv = text === undefined ? csvText(columns, rows) : csvOfCells(text.columns, text.rows);
    download(new Blob([csv], { type: 'text/csv' }), `${this.#title}-samples.csv`);
    const part = shownClass(this.#state);
    return `${count(SAMPLES)} new points${part === undefined ? '' : ` of ${part}`}, in your data's own units.`;
  }

  async #saveData(): Promise<string> {
    const { learned: data } = this.#state;
    const file = fileOf(this.#state);
    if (data === undefined && file !== undefined) {
      throw new Error(
        `The data of ${file.fileName} are not here. "Samples, CSV" draws new points of the model.`,
      );
    }
    if (data === undefined) throw new Error('There are no data yet: paint some, or choose a file.');
    const { columns, rows, labels, cells }: Omit<RowData, 'kind' | 'title'> =
      data.kind === 'rows' ? data : toyRows(data);
    const csv =
      data.kind === 'rows' && cells !== undefined
        ? await csvOfTable({ ...data, cells })
        : csvText(columns, rows, labels);
    download(new Blob([csv], { type: 'text/csv' }), 'data.csv');
    return `${count(rows.length / columns.length)} rows, as the model sees them.`;
  }

  async #keep(): Promise<string> {
    const model = await this.#model();
    if (!(await canKeep())) {
      download(new Blob([model]), `${this.#title}.safetensors`);
      return 'This browser keeps no files for pages, so the model went to your downloads.';
    }
    const taken = (await listModels()).map(({ name }) => name);
    const name = freeName(this.#title, taken);
    await keepModel(name, model);
    await this.#showKept();
    return `${name} is kept in this browser.`;
  }

  async #showKept(): Promise<void> {
    const models = (await canKeep()) ? await listModels() : [];
    byId('kept', HTMLElement).hidden = models.length === 0;
    this.#list.replaceChildren(
      ...models.map(({ name, bytes: size }) => {
        const title = document.createElement('span');
        title.append(name.replace(/\.safetensors$/, ''));
        title.title = `${name}, ${bytes(size)}`;
        const item = document.createElement('li');
        item.append(
          title,
          this.#itemButton('Open', name, async () => this.#open(name, await readModel(name))),
          this.#itemButton('Delete', name, async () => {
            await deleteModel(name);
            await this.#showKept();
            return `${name} is gone.`;
          }),
        );
        return item;
      }),
    );
  }

  #itemButton(label: string, name: string, act: () => Promise<string>): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button small';
    button.append(label);
    button.setAttribute('aria-label', `${label} ${name}`);
    button.addEventListener('click', () => void this.#tell(act));
    return button;
  }
}

/** The code that reproduces the shown flow. */
function codeOf(state: State): string {
  const file = unaccountedFile(state);
  if (file !== undefined) return codeOfFile(file.fileName, shownClass(state));
  const { learned, model } = state;
  return codeOfRun(model, learned ?? { kind: 'toy', name: 'moons', size: 'endless' });
}

/** The rows of a finite toy set, or the first ones of an endless set. */
function toyRows({ name, noise, size, apart = false }: ToyData): Omit<RowData, 'kind' | 'title'> {
  const toy = toyDensity(name, { noise });
  const points = [0, STREAMS.toyTraining, 0, size === 'endless' ? SAMPLES : size] as const;
  const columns = toy.mean.map((_, j) => `x${j + 1}`);
  const column = apart ? toyClasses(name) : undefined;
  const labels = column && labelsOf(column, toy.sampleClasses(...points));
  return { columns, rows: toy.sample(...points), ...(labels && { labels }) };
}
