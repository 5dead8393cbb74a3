/** The page: its panels, and the engine behind them. */
import type { DataSettings, Pace, Progress, View } from '../protocol.ts';
import { Captions, recordedModel } from './captions.ts';
import { DataPanel } from './dataPanel.ts';
import { Engine } from './engine.ts';
import type { EngineEvent } from './engine.ts';
import { nats } from './figures.ts';
import { hideLostGpu, showAdapter, showLostGpu, showNoGpu } from './gpuNotice.ts';
import { LookPanel } from './lookPanel.ts';
import { LossPanel } from './lossPanel.ts';
import { ModelPanel } from './modelPanel.ts';
import {
  describeOpened,
  describeOwnSamples,
  describeTraining,
  describeUnmade,
  isAccountedFor,
} from './openedFile.ts';
import type { OpenedFile } from './openedFile.ts';
import { Pictures } from './pictures.ts';
import { PointPanel } from './pointPanel.ts';
import type { Pretrained } from './pretrained.ts';
import { Scrubber } from './scrubber.ts';
import { SharePanel } from './sharePanel.ts';
import { decodeShare, encodeShare, isShare } from './shareLink.ts';
import { defaultSettings } from './settings.ts';
import type { Settings } from './settings.ts';
import { ThemeSwitch } from './theme.ts';
import { Transport } from './transport.ts';

/** Steps a second in slow motion. */
const SLOW = 4;
/** Milliseconds after the last change of a setting until it is taken. */
const SETTLE = 120;

const FRESH = 'A fresh model, which knows nothing yet.';
/** Of the model that came with the page. */
const EARLIER = 'This flow was trained earlier.';

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
  readonly #captions: Captions;
  /** What the shown model learns or learned. */
  #data: DataSettings | undefined;
  /** The same of the fresh model that was asked for and is not there yet. */
  #next: DataSettings | undefined;
  /** The file that the shown model came from. */
  #file: OpenedFile | undefined;
  /** How many models were asked for, by settings or by file. */
  #asked = 0;
  /** The model that came with the page is shown: training begins with one of the visitor's. */
  #showsPretrained = true;
  /** The engine draws; until then the recording plays. */
  #isLive = false;
  #settling: number | undefined;

  constructor(pretrained: Pretrained) {
    this.#pretrained = pretrained;
    const settings = defaultSettings();
    this.#look = new LookPanel(settings.look, {
      changed: () => this.#looked(),
      otherClass: () => void this.#captions.lookAtSamples(),
    });
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
      reset: () => {
        this.#dataPanel.mistake(undefined);
        this.#configure();
      },
      pace: () => {
        if (this.#transport.phase === 'training') this.#engine.send({ type: 'train', pace: this.#pace });
      },
    });
    this.#scrubber = new Scrubber(() => this.#scrubbed());
    this.#engine = new Engine((event) => this.#hear(event));
    this.#captions = new Captions(
      {
        engine: this.#engine,
        pictures: this.#pictures,
        look: this.#look,
        loss: this.#loss,
        scrubber: this.#scrubber,
        title: () => this.#title,
        recording: () => (this.#showsPretrained ? pretrained.recording : undefined),
      },
      recordedModel(pretrained.recording),
    );
    this.#share = new SharePanel({
      engine: this.#engine,
      settings: () => this.settings,
      data: () => this.#data,
      shownClass: () => this.#look.shownClass,
      title: () => this.#title.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
      file: () => this.#file,
      open: (fileName, bytes) => this.#open(fileName, bytes),
    });
  }

  /** @param hash of the page's address: a shared state, or anything */
  start(hash: string): void {
    const shared = isShare(hash) ? decodeShare(hash) : undefined;
    const settings = shared?.settings ?? defaultSettings();
    this.#showSettings(settings);
    this.#playRecording();
    const canvases = this.#pictures.transfer();
    const pixelRatio = Math.min(2, window.devicePixelRatio);
    this.#engine.send({ type: 'start', canvases, pixelRatio, view: this.#view }, Object.values(canvases));
    this.#data = this.#dataPanel.data;
    if (shared?.settings === undefined || this.#data === undefined) void this.#openPretrained();
    else this.#configure();
    document.addEventListener('visibilitychange', () => {
      this.#engine.send({ type: 'visibility', hidden: document.hidden });
    });
    // A change that waited to be taken may have written another address meanwhile.
    window.addEventListener('hashchange', ({ newURL }) => this.#applyHash(new URL(newURL).hash));
    if (shared?.mistake !== undefined) {
      this.#dataPanel.mistake(`${shared.mistake} The page shows its defaults instead.`);
    } else if (settings.source.kind === 'file') {
      this.#dataPanel.mistake('The link is for a file that only its sender has. Choose it here.');
    }
    this.#restyle();
    this.#clearLoss(this.#pretrainedWords);
    this.#share.showCode();
    this.#captions.describe();
  }

  get settings(): Settings {
    return { source: this.#dataPanel.source, model: this.#modelPanel.model, look: this.#look.look };
  }

  get #view(): View {
    return { ...this.#look.look, theme: this.#theme.theme, layer: this.#scrubber.layer };
  }

  #sendView(): void {
    this.#engine.send({ type: 'view', view: this.#view });
  }

  get #pace(): Pace {
    return this.#transport.slow ? { kind: 'slow', stepsPerSecond: SLOW } : { kind: 'flat-out' };
  }

  get #title(): string {
    if (this.#file !== undefined) return this.#file.title;
    if (this.#data === undefined) return 'Model';
    return this.#data.kind === 'toy' ? this.#data.name : this.#data.title;
  }

  #hear(event: EngineEvent): void {
    // Without a device there is one thing to say, and it has been said.
    if (this.#transport.phase === 'off') return;
    // Of the model before the one that was asked for.
    if (this.#next !== undefined && (event.type === 'progress' || event.type === 'stopped')) return;
    if (event.type === 'mistake') this.#next = undefined;
    switch (event.type) {
      case 'ready':
        showAdapter(event.adapter);
        performance.mark('wgflow-ready');
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
        this.#point.show(event.hovered, this.#captions.model);
        break;
      case 'device-lost':
        showLostGpu(event.reason);
        break;
      case 'resumed':
        hideLostGpu();
        this.#transport.say(`The GPU is back, at step ${event.step}.`);
        this.#loss.speak(`The GPU is back, at step ${event.step}.`);
        break;
      case 'mistake':
        this.#dataPanel.mistake(event.message);
        if (this.#transport.phase === 'starting') this.#transport.phase = 'idle';
    }
  }

  #withoutGpu(reason: string): void {
    this.#transport.phase = 'off';
    this.#next = undefined;
    hideLostGpu();
    if (this.#isLive) this.#goBack();
    showNoGpu(reason);
    this.#transport.say('Playing a recording of a trained flow.');
  }

  #configured({ isFresh, price, classes, ...model }: Extract<EngineEvent, { type: 'configured' }>): void {
    this.#modelPanel.showPrice(price);
    this.#captions.model = model;
    this.#look.classes = classes;
    if (this.#transport.phase === 'starting') this.#transport.phase = 'idle';
    // Those of data with more columns.
    if (this.#look.look.columns.some((column) => column >= model.columns.length)) this.#setPair([0, 1]);
    if (isFresh) this.#showFresh(this.#next ?? this.#dataPanel.data);
    if (!this.#isLive) this.#goLive();
    else this.#scrubber.layers = model.bijectors.length;
    this.#captions.describe();
  }

  /** The engine has made the fresh model that was asked for. */
  #showFresh(data: DataSettings | undefined): void {
    this.#next = undefined;
    this.#data = data;
    this.#closeFile();
    this.#showsPretrained = false;
    this.#share.showCode();
    this.#captions.forgetSamples();
    this.#clearLoss(null);
    if (this.#transport.phase !== 'training') this.#transport.say(FRESH);
  }

  /** No step of the model that is shown has been made yet. @param origin where it comes from, if it is not fresh */
  #clearLoss(origin: string | null): void {
    const { base } = this.#captions.model;
    const isFinite = this.#data?.kind !== 'toy' || this.#data.size !== 'endless';
    this.#loss.clear(this.#modelPanel.model.steps, {
      given: this.#look.className ?? null,
      isBounded: base === 'uniform',
      isFinite,
      keepsBest: isFinite && this.#modelPanel.model.allSteps !== true,
      origin,
    });
    this.#transport.showStep(0, 1);
  }

  get #pretrainedWords(): string {
    const { nll, floor } = this.#pretrained.recording;
    return `Trained earlier, to ${nats(nll - floor)} above the best any model can do.`;
  }

  /** Until the visitor trains, the model that was trained for the page is shown by the visitor's GPU. */
  async #openPretrained(): Promise<void> {
    const { model, fileName } = this.#pretrained;
    try {
      await this.#engine.ask({
        type: 'load',
        bytes: await model,
        fileName,
        model: this.#modelPanel.model,
      });
      if (!this.#showsPretrained || this.#next !== undefined) return;
      this.#clearLoss(this.#pretrainedWords);
      this.#transport.say(`${EARLIER} Train one of your own.`);
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
    const { length } = this.#captions.model.bijectors;
    this.#scrubber.layers = length;
    this.#scrubber.layer = Math.ceil(length / 2);
    this.#pretrained.stop();
    this.#sendView();
  }

  /** The device is gone for good: the model was there alone, so the recording is shown again. */
  #goBack(): void {
    this.#isLive = false;
    this.#showsPretrained = true;
    this.#pictures.showRecorded();
    this.#captions.model = recordedModel(this.#pretrained.recording);
    this.#look.classes = null;
    this.#clearLoss(this.#pretrainedWords);
    this.#playRecording();
    this.#captions.forgetSamples();
    this.#captions.describe();
  }

  #playRecording(): void {
    this.#pretrained.play(this.#pictures.recorded, this.#scrubber, this.#theme.theme, () =>
      this.#captions.describeLayer(),
    );
  }

  #changed(): void {
    this.#suitModel();
    this.#dataPanel.mistake(undefined);
    window.clearTimeout(this.#settling);
    this.#settling = window.setTimeout(() => this.#settle(), SETTLE);
  }

  /** Offers what suits the data. */
  #suitModel(isApart = this.#dataPanel.isApart): void {
    const { source } = this.#dataPanel;
    this.#modelPanel.tellApart(isApart);
    this.#modelPanel.isEndless = source.kind === 'toy' && source.size === 'endless' && !this.#dataPanel.isOwn;
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
    this.#suitModel();
    const { data } = this.#dataPanel;
    if (this.#dataPanel.isOwn) this.#dataPanel.showChosen();
    if (this.#transport.phase === 'off') {
      this.#data = data;
      this.#share.showCode();
      return false;
    }
    if (data === undefined) {
      this.#transport.say(
        this.#dataPanel.source.kind === 'file' ? 'Choose a file first.' : 'Paint something first.',
      );
      return false;
    }
    this.#asked++;
    this.#next = data;
    this.#engine.send({ type: 'configure', model: this.#modelPanel.model, data });
    if (this.#transport.phase !== 'starting') this.#transport.phase = 'idle';
    return true;
  }

  /** @returns whether there is a model to train, and something to learn */
  #prepare(): boolean {
    this.#settle();
    if (this.#next !== undefined) return true;
    const isOver = this.#showsPretrained || this.#transport.phase === 'done';
    const hasData = this.#dataPanel.data !== undefined || this.#dataPanel.isOwn;
    return (!isOver && hasData) || this.#configure();
  }

  #train(): void {
    if (!this.#prepare()) return;
    this.#transport.phase = 'training';
    this.#transport.say('Training…');
    this.#engine.send({ type: 'train', pace: this.#pace });
  }

  #step(): void {
    if (!this.#prepare()) return;
    this.#engine.send({ type: 'step' });
  }

  #progressed(progress: Progress): void {
    if (progress.step > 0 && performance.getEntriesByName('wgflow-training').length === 0) {
      performance.mark('wgflow-training');
    }
    this.#loss.add(progress);
    this.#transport.showStep(progress.step, progress.steps);
    const { step, steps } = progress;
    const standing = `${step} of ${steps}${this.#dataPanel.isOwn ? ', on its own samples' : ''}`;
    this.#transport.say(`${this.#transport.phase === 'training' ? 'Step' : 'Paused at step'} ${standing}`);
    this.#captions.lookNowAndThen();
  }

  #stopped(cause: 'done' | 'paused' | 'diverged', reason: string): void {
    this.#transport.phase = cause === 'paused' ? 'idle' : 'done';
    this.#transport.say(this.#dataPanel.isOwn ? `${reason} It trains on its own samples.` : reason);
    this.#loss.settle(cause === 'diverged');
    this.#loss.speak(`${reason} ${this.#loss.verdict}`);
    void this.#captions.lookAtSamples();
  }

  #scrubbed(): void {
    this.#pretrained.scrubbed();
    this.#sendView();
    this.#captions.describeLayer();
  }

  #showPair(columns: [number, number]): void {
    this.#setPair(columns);
    this.#looked();
    void this.#captions.lookAtSamples();
  }

  #setPair(columns: [number, number]): void {
    this.#look.look = { ...this.#look.look, columns };
    this.#dataPanel.showPair(columns);
    this.#sendView();
  }

  #looked(): void {
    this.#sendView();
    // The link of other settings stays: none lead to such a model.
    if (this.#file === undefined || isAccountedFor(this.#file)) this.#writeHash();
    this.#captions.describe();
  }

  #restyle(): void {
    this.#dataPanel.restyle();
    this.#pretrained.redraw(this.#theme.theme);
    this.#sendView();
  }

  /** @throws {Error} with the engine's sentence, where it refuses: nothing has changed */
  async #open(fileName: string, bytes: Uint8Array): Promise<void> {
    this.#settle();
    const asked = ++this.#asked;
    const { model } = this.#modelPanel;
    const { atHand: data } = this.#dataPanel;
    const opened = await this.#engine.ask({ type: 'load', bytes, fileName, model, ...(data && { data }) });
    // Another model may have been asked for meanwhile.
    if (asked === this.#asked) this.#showFile({ ...opened, fileName });
  }

  #showFile(file: OpenedFile): void {
    const { origin, settings, columns } = file;
    this.#file = file;
    this.#showsPretrained = false;
    if (settings !== null) this.#modelPanel.show(settings);
    this.#modelPanel.note(settings === null ? describeUnmade(file) : undefined);
    this.#dataPanel.mistake(undefined);
    if (origin.kind === 'own-samples') {
      this.#dataPanel.showOwnSamples(describeOwnSamples(file), columns);
      this.#data = undefined;
      this.#setPair([0, 1]);
    } else {
      this.#dataPanel.showOrigin(origin);
      this.#data = this.#dataPanel.data;
    }
    this.#suitModel(this.#look.shownClass !== undefined);
    this.#share.showCode();
    this.#clearLoss(describeTraining(file));
    this.#transport.phase = 'idle';
    this.#transport.say(describeOpened(file));
    this.#loss.speak(describeOpened(file));
    this.#captions.forgetSamples();
    this.#captions.describe();
    void this.#captions.lookAtSamples();
  }

  /** A fresh model takes the place of the one from a file. */
  #closeFile(): void {
    this.#modelPanel.note(undefined);
    if (this.#file?.origin.kind === 'own-samples') this.#setPair([0, 1]);
    this.#file = undefined;
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
    this.#sendView();
    this.#changed();
  }

  #showSettings({ source, model, look }: Settings): void {
    this.#look.look = look;
    this.#modelPanel.show(model);
    this.#dataPanel.show(source);
    this.#suitModel();
    this.#dataPanel.showPair(look.columns);
  }
}
