/** The page: its panels, and the engine behind them. */
import type { BaseSpec } from '../../src/index.ts';
import type {
  AdapterFacts,
  DataSettings,
  FromWorker,
  ModelSettings,
  Pace,
  Progress,
  View,
} from '../protocol.ts';
import { DataPanel } from './dataPanel.ts';
import {
  describeDensity,
  describeGrid,
  describeLatent,
  describeLayer,
  describeSamples,
  momentsOf,
} from './describe.ts';
import type { Moments } from './describe.ts';
import { byId, setText, showToast } from './dom.ts';
import { Engine } from './engine.ts';
import { LookPanel } from './lookPanel.ts';
import { LossPanel } from './lossPanel.ts';
import { ModelPanel } from './modelPanel.ts';
import { Pictures } from './pictures.ts';
import { PointPanel } from './pointPanel.ts';
import type { Pretrained } from './pretrained.ts';
import { Scrubber } from './scrubber.ts';
import { SharePanel } from './sharePanel.ts';
import { decodeShare, encodeShare } from './shareLink.ts';
import { defaultSettings } from './settings.ts';
import type { Settings } from './settings.ts';
import { ThemeSwitch } from './theme.ts';
import { Transport } from './transport.ts';

/** Steps a second in slow motion. */
const SLOW = 4;
/** Milliseconds after the last change of a setting until it is taken. */
const SETTLE = 120;
/** Milliseconds between two looks at the samples in words, and rows of a look. */
const LOOK_EVERY = 5000;
const LOOK_ROWS = 500;

const FRESH = 'A fresh model, which knows nothing yet.';
/** Buttons that ask nothing of the engine. */
const WITHOUT_GPU = ['copy-link', 'copy-code', 'save-data'];

type Event = Exclude<FromWorker, { type: 'answer' | 'refusal' }>;

export class Playground {
  readonly #pretrained: Pretrained;
  readonly #engine: Engine;
  readonly #pictures: Pictures;
  readonly #dataPanel: DataPanel;
  readonly #modelPanel: ModelPanel;
  readonly #transport: Transport;
  readonly #loss = new LossPanel();
  readonly #point = new PointPanel();
  readonly #scrubber: Scrubber;
  readonly #share: SharePanel;
  readonly #theme: ThemeSwitch;
  readonly #look: LookPanel;
  /** What the shown model learns or learned. */
  #data: DataSettings | undefined;
  #columns: string[] = ['x1', 'x2'];
  #bijectors: string[];
  #base: BaseSpec['type'] = 'standard_normal';
  /** The model that came with the page is shown: training begins with one of the visitor's. */
  #showsPretrained = false;
  /** The engine draws; until then the recording plays. */
  #isLive = false;
  #settling: number | undefined;
  #lookedAt = 0;
  #moments: Moments | null = null;

  constructor(pretrained: Pretrained) {
    this.#pretrained = pretrained;
    const settings = defaultSettings();
    this.#look = new LookPanel(settings.look, {
      changed: () => this.#looked(),
      otherClass: () => void this.#lookAtSamples(),
    });
    this.#bijectors = pretrained.recording.bijectors;
    this.#pictures = new Pictures({
      resized: (picture, width, height) => this.#engine.send({ type: 'resize', picture, width, height }),
      hovered: (picture, at) => this.#engine.send({ type: 'hover', picture, at }),
    });
    this.#theme = new ThemeSwitch(() => this.#restyle());
    this.#dataPanel = new DataPanel({
      changed: () => this.#changed(),
      pair: (columns) => this.#showPair(columns),
    });
    this.#modelPanel = new ModelPanel(settings.model, () => this.#changed());
    this.#transport = new Transport({
      train: () => this.#train(),
      pause: () => this.#engine.send({ type: 'pause' }),
      step: () => this.#step(),
      reset: () => this.#configure(),
      pace: () => {
        if (this.#transport.phase === 'training') this.#engine.send({ type: 'train', pace: this.#pace });
      },
    });
    this.#scrubber = new Scrubber(() => this.#scrubbed());
    this.#engine = new Engine((event) => this.#hear(event));
    this.#share = new SharePanel({
      engine: this.#engine,
      settings: () => this.settings,
      data: () => this.#data,
      shownClass: () => this.#look.shownClass,
      title: () => this.#title.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
      opened: (fileName, model) => this.#opened(fileName, model),
    });
  }

  /** @param hash of the page's address: a shared state, or anything */
  start(hash: string): void {
    const shared = isShare(hash) ? decodeShare(hash) : undefined;
    const settings = shared?.settings ?? defaultSettings();
    this.#showsPretrained = shared?.settings === undefined;
    this.#showSettings(settings);
    this.#pretrained.play(this.#pictures.recorded, this.#scrubber, this.#theme.theme);
    const canvases = this.#pictures.transfer();
    const pixelRatio = Math.min(2, window.devicePixelRatio);
    this.#engine.send({ type: 'start', canvases, pixelRatio, view: this.#view }, Object.values(canvases));
    this.#data = this.#dataPanel.data;
    this.#showsPretrained ||= this.#data === undefined;
    if (this.#showsPretrained) void this.#openPretrained();
    else this.#configure();
    document.addEventListener('visibilitychange', () => {
      this.#engine.send({ type: 'visibility', hidden: document.hidden });
    });
    window.addEventListener('hashchange', () => this.#applyHash(location.hash));
    if (shared?.mistake !== undefined) {
      this.#dataPanel.mistake(`${shared.mistake} The page shows its defaults instead.`);
    } else if (settings.source.kind === 'file') {
      this.#dataPanel.mistake('The link is for a file that only its sender has. Choose it here.');
    }
    this.#restyle();
    this.#loss.clear(settings.model.steps);
    this.#share.showCode();
    this.#describe();
  }

  get settings(): Settings {
    return { source: this.#dataPanel.source, model: this.#modelPanel.model, look: this.#look.look };
  }

  get #view(): View {
    return { ...this.#look.look, theme: this.#theme.theme, layer: this.#scrubber.layer };
  }

  get #pace(): Pace {
    return this.#transport.slow ? { kind: 'slow', stepsPerSecond: SLOW } : { kind: 'flat-out' };
  }

  get #title(): string {
    if (this.#data === undefined) return 'Model';
    return this.#data.kind === 'toy' ? this.#data.name : this.#data.title;
  }

  #hear(event: Event): void {
    switch (event.type) {
      case 'ready':
        this.#showAdapter(event.adapter);
        break;
      case 'unavailable':
        this.#withoutGpu(event.reason);
        break;
      case 'configured':
        this.#configured(event);
        break;
      case 'price':
        this.#modelPanel.showPrice(event.price);
        break;
      case 'drawn':
        this.#pictures.showLive(event.picture);
        break;
      case 'progress':
        this.#progressed(event.progress);
        break;
      case 'stopped':
        this.#stopped(event.cause, event.reason);
        break;
      case 'hovered':
        this.#point.show(event.hovered, this.#bijectors);
        break;
      case 'device-lost':
        showToast(
          byId('notice-device', HTMLElement),
          `The GPU was taken away (${event.reason}). Opening it again; training goes on from the last snapshot.`,
        );
        break;
      case 'resumed':
        showToast(byId('notice-device', HTMLElement), undefined);
        this.#transport.say(`The GPU is back, at step ${event.step}.`);
        this.#loss.speak(`The GPU is back, at step ${event.step}.`);
        break;
      case 'mistake':
        // Without a device there is one thing to say, and it has been said.
        if (this.#transport.phase === 'off') break;
        this.#dataPanel.mistake(event.message);
        if (this.#transport.phase === 'starting') this.#transport.phase = 'idle';
    }
  }

  #showAdapter({ description, software }: AdapterFacts): void {
    setText(
      byId('adapter', HTMLElement),
      software ? `${description}: no GPU here, so the processor does it all, many times slower` : description,
    );
    performance.mark('wgflow-ready');
  }

  #withoutGpu(reason: string): void {
    this.#transport.phase = 'off';
    setText(byId('adapter', HTMLElement), 'No WebGPU: a recording plays');
    showToast(
      byId('notice-gpu', HTMLElement),
      `This browser gives the page no GPU: ${reason} Use a current Chrome, Edge, Safari or Firefox, with hardware acceleration on in its settings. Until then a recording plays, of a flow that learned two moons; the layer scrubber works.`,
    );
    this.#transport.say('Playing a recording of a trained flow.');
    for (const control of document.querySelectorAll<HTMLButtonElement>('.actions button')) {
      control.disabled = !WITHOUT_GPU.includes(control.id);
    }
  }

  #configured({ price, bijectors, base, columns, classes }: Extract<Event, { type: 'configured' }>): void {
    this.#modelPanel.showPrice(price);
    this.#bijectors = bijectors;
    this.#base = base;
    this.#columns = columns;
    this.#look.classes = classes;
    this.#loss.given = classes?.name ?? null;
    if (this.#transport.phase === 'starting') this.#transport.phase = 'idle';
    if (!this.#isLive) this.#goLive();
    else this.#scrubber.layers = bijectors.length;
    this.#describe();
  }

  /** Until the visitor trains, the model that was trained for the page is shown by the visitor's GPU. */
  async #openPretrained(): Promise<void> {
    const { model, fileName } = this.#pretrained;
    try {
      await this.#engine.ask({ type: 'load', bytes: await model, fileName });
      if (this.#showsPretrained) this.#transport.say('This flow was trained earlier. Train one of your own.');
    } catch (error) {
      // Without a device the page has said so.
      if (this.#transport.phase === 'off') return;
      this.#transport.say(error instanceof Error ? error.message : String(error));
      this.#configure();
    }
  }

  /** The recording ends; its pictures stay until the engine has drawn the same. */
  #goLive(): void {
    this.#isLive = true;
    this.#scrubber.layers = this.#bijectors.length;
    this.#scrubber.layer = Math.ceil(this.#bijectors.length / 2);
    this.#pretrained.stop();
    this.#engine.send({ type: 'view', view: this.#view });
  }

  #changed(): void {
    this.#modelPanel.tellApart(this.#dataPanel.isApart);
    this.#dataPanel.mistake(undefined);
    window.clearTimeout(this.#settling);
    this.#settling = window.setTimeout(() => this.#settle(), SETTLE);
  }

  /** Takes a change that waits to be taken. */
  #settle(): void {
    if (this.#settling === undefined) return;
    this.#writeHash();
    this.#configure();
  }

  /** A fresh model of the settings. @returns whether there is something to learn */
  #configure(): boolean {
    window.clearTimeout(this.#settling);
    this.#settling = undefined;
    this.#modelPanel.tellApart(this.#dataPanel.isApart);
    this.#data = this.#dataPanel.data;
    this.#share.showCode();
    if (this.#transport.phase === 'off') return false;
    if (this.#data === undefined) {
      this.#transport.say(
        this.#dataPanel.source.kind === 'file' ? 'Choose a file first.' : 'Paint something first.',
      );
      return false;
    }
    this.#showsPretrained = false;
    this.#loss.clear(this.#modelPanel.model.steps);
    this.#moments = null;
    this.#transport.showStep(0, 1);
    this.#engine.send({ type: 'configure', model: this.#modelPanel.model, data: this.#data });
    if (this.#transport.phase !== 'starting') this.#transport.phase = 'idle';
    this.#transport.say(FRESH);
    return true;
  }

  #train(): void {
    this.#settle();
    if ((this.#showsPretrained || this.#transport.phase === 'done') && !this.#configure()) return;
    if (this.#data === undefined && !this.#configure()) return;
    this.#transport.phase = 'training';
    this.#transport.say('Training…');
    this.#engine.send({ type: 'train', pace: this.#pace });
  }

  #step(): void {
    this.#settle();
    if ((this.#showsPretrained || this.#transport.phase === 'done') && !this.#configure()) return;
    this.#engine.send({ type: 'step' });
  }

  #progressed(progress: Progress): void {
    if (progress.step > 0 && performance.getEntriesByName('wgflow-training').length === 0) {
      performance.mark('wgflow-training');
    }
    this.#loss.add(progress);
    this.#transport.showStep(progress.step, progress.steps);
    const { step, steps } = progress;
    if (this.#transport.phase === 'training') this.#transport.say(`Step ${step} of ${steps}`);
    else this.#transport.say(`Paused at step ${step} of ${steps}`);
    if (performance.now() - this.#lookedAt > LOOK_EVERY) void this.#lookAtSamples();
  }

  #stopped(cause: 'done' | 'paused' | 'diverged', reason: string): void {
    this.#transport.phase = cause === 'paused' ? 'idle' : 'done';
    this.#transport.say(reason);
    this.#loss.settle();
    this.#loss.speak(`${reason} ${this.#loss.verdict}`);
    void this.#lookAtSamples();
  }

  async #lookAtSamples(): Promise<void> {
    this.#lookedAt = performance.now();
    try {
      const { columns, rows } = await this.#engine.ask({ type: 'draw-samples', count: LOOK_ROWS, seed: 1 });
      this.#moments = momentsOf(rows, columns.length, this.#look.look.columns);
    } catch {
      this.#moments = null;
    }
    this.#describe();
  }

  #describe(): void {
    const { nll, floor } = this.#loss;
    const { colours, columns } = this.#look.look;
    const shown = this.#showsPretrained ? this.#pretrained.recording : undefined;
    const gap = nll !== null && floor !== null ? nll - floor : null;
    const pair: [string, string] = [this.#columns[columns[0]] ?? 'x1', this.#columns[columns[1]] ?? 'x2'];
    this.#pictures.describe(
      'density',
      describeDensity(shown?.nll ?? nll, shown?.title ?? this.#shownTitle, colours),
    );
    this.#pictures.describe('samples', describeSamples(this.#moments, pair));
    this.#pictures.describe('latent', describeLatent(shown ? shown.nll - shown.floor : gap, this.#base));
    this.#pictures.describe('grid', describeGrid(this.#bijectors.length));
    this.#describeLayer();
  }

  get #shownTitle(): string {
    const part = this.#look.shownClass;
    return part === undefined ? capitalised(this.#title) : `${capitalised(this.#title)}, ${part}`;
  }

  #describeLayer(): void {
    const { name, words } = describeLayer(this.#scrubber.layer, this.#bijectors, this.#base);
    setText(byId('layer-name', HTMLElement), name);
    this.#pictures.describe('layers', words);
    this.#scrubber.describe(words);
  }

  #scrubbed(): void {
    this.#pretrained.scrubbed();
    this.#engine.send({ type: 'view', view: this.#view });
    this.#describeLayer();
  }

  #showPair(columns: [number, number]): void {
    this.#look.look = { ...this.#look.look, columns };
    this.#looked();
    void this.#lookAtSamples();
  }

  #looked(): void {
    this.#engine.send({ type: 'view', view: this.#view });
    this.#writeHash();
    this.#describe();
  }

  #restyle(): void {
    this.#dataPanel.restyle();
    this.#pretrained.redraw(this.#theme.theme);
    this.#engine.send({ type: 'view', view: this.#view });
  }

  #opened(fileName: string, model: ModelSettings | null): void {
    this.#showsPretrained = false;
    this.#loss.clear(this.#modelPanel.model.steps);
    if (model !== null) this.#modelPanel.show(model);
    this.#transport.phase = 'idle';
    this.#transport.showStep(0, 1);
    this.#transport.say(`${fileName} is open. Train goes on from it, Reset starts afresh.`);
    void this.#lookAtSamples();
  }

  #writeHash(): void {
    history.replaceState(null, '', `#${encodeShare(this.settings)}`);
  }

  #applyHash(hash: string): void {
    if (!isShare(hash)) return;
    const { settings, mistake } = decodeShare(hash);
    if (settings === undefined) {
      this.#dataPanel.mistake(mistake);
      return;
    }
    this.#showSettings(settings);
    this.#engine.send({ type: 'view', view: this.#view });
    this.#changed();
  }

  #showSettings({ source, model, look }: Settings): void {
    this.#look.look = look;
    this.#modelPanel.show(model);
    this.#dataPanel.show(source);
    this.#modelPanel.tellApart(this.#dataPanel.isApart);
    this.#dataPanel.showPair(look.columns);
  }
}

/** Other hashes are anchors of the page. */
function isShare(hash: string): boolean {
  return hash.startsWith('#v=');
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
