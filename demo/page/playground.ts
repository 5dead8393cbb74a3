/** Runs the page: turns actions of the visitor and the engine into the next state and messages to the engine. */
import { featuresOf } from '../features.ts';
import type { DrawnRows, KeptRun, Pace } from '../protocol.ts';
import type { AskPanel } from './askPanel.ts';
import { showBatch } from './batchPanel.ts';
import { showCaptions } from './captions.ts';
import { dataAtHand } from './dataChoice.ts';
import type { DataChoice } from './dataChoice.ts';
import { DataPanel } from './dataPanel.ts';
import { sampleMoments } from './words/pictures.ts';
import type { Moments } from './words/pictures.ts';
import { byId } from './dom.ts';
import { tellParent } from './embed.ts';
import type { Embed } from './embed.ts';
import type { Guide } from './guide.ts';
import { EngineClient } from './engineClient.ts';
import type { EngineEvent } from './engineClient.ts';
import { showGpu } from './gpuNotice.ts';
import { showLook } from './lookPanel.ts';
import { LossPanel } from './lossPanel.ts';
import { MadeFlow } from './madeFlow.ts';
import { ModelPanel } from './modelPanel.ts';
import { showMarks } from './pictureMarks.ts';
import { Pictures } from './pictures.ts';
import { PointPanel } from './pointPanel.ts';
import { playRecorded } from './pretrained.ts';
import type { Pretrained } from './pretrained.ts';
import { RunKeeper } from './runKeeper.ts';
import type { RunNotes } from './runKeeper.ts';
import { Scrubber } from './scrubber.ts';
import { SharePanel } from './sharePanel.ts';
import { decodeShare, encodeShare, isShare } from './shareLink.ts';
import { defaultSettings } from './settings.ts';
import type { Look } from './settings.ts';
import { initialState, settingsOf, sizeOf, unaccountedFile, viewOf } from './state.ts';
import type { State } from './state.ts';
import { Store } from './store.ts';
import { ThemeSwitch } from './theme.ts';
import * as to from './transitions.ts';
import { Transport } from './transport.ts';

/** Steps a second in slow motion. */
const SLOW = 4;
/** Milliseconds from the last change of a setting until it takes effect. */
const SETTLE = 120;
/** Milliseconds between two looks at the samples during training, and rows per look. */
const GLANCE_EVERY = 5000;
const GLANCE_ROWS = 500;

export class Playground {
  readonly #pretrained: Pretrained;
  readonly #embed: Embed | undefined;
  readonly #store: Store<State>;
  readonly #engine: EngineClient;
  readonly #pictures: Pictures;
  readonly #keeper: RunKeeper;
  /** The link defines its own flow. */
  readonly #isLinked: boolean;
  /** A lesson or another page chooses what is shown, and nothing is kept. */
  readonly #isGuided: boolean;
  #questions: Promise<AskPanel> | undefined;
  #glancedAt = 0;
  /** Count of requested flows, from settings or files. */
  #asked = 0;
  readonly #made = new MadeFlow();
  /** The timer of a pending change. */
  #settling: number | undefined;

  /**
   * @param hash the address's hash: a shared state, or anything
   * @param embed if another page shows this one
   * @param isGuided if a lesson or that page chooses what is shown
   */
  constructor(pretrained: Pretrained, hash: string, embed?: Embed, isGuided = false) {
    this.#pretrained = pretrained;
    this.#embed = embed;
    this.#isGuided = isGuided;
    const shared = isShare(hash) ? decodeShare(hash) : undefined;
    const settings = shared?.settings ?? defaultSettings();
    this.#isLinked = shared?.settings !== undefined;
    const theme = new ThemeSwitch((chosen) => store.update((state) => ({ ...state, theme: chosen })));
    const moves = !window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    const store = new Store(initialState(settings, pretrained.recorded, { theme: theme.theme, moves }));
    this.#store = store;
    if (shared?.mistake !== undefined) {
      this.#mistake(`${shared.mistake} The page shows its defaults instead.`);
    }
    this.#engine = new EngineClient((event) => this.#hear(event));
    this.#keeper = new RunKeeper(this.#engine, store);
    this.#pictures = new Pictures({
      resized: (picture, width, height) => this.#engine.send({ type: 'resize', picture, width, height }),
      hovered: (picture, at) => this.#engine.send({ type: 'hover', picture, at }),
    });
    this.#show();
    byId('bring-back', HTMLButtonElement).addEventListener('click', () => void this.#bringBack());
  }

  start(): void {
    const canvases = this.#pictures.transfer();
    const pixelRatio = Math.min(2, window.devicePixelRatio);
    const view = viewOf(this.#store.state);
    this.#engine.send({ type: 'start', canvases, pixelRatio, view }, Object.values(canvases));
    if (!this.#isGuided) void this.#openFirst().then(() => this.#embed?.isRunning === true && this.#train());
    if (this.#embed !== undefined) tellParent(this.#store);
    document.addEventListener('visibilitychange', () => {
      this.#engine.send({ type: 'visibility', hidden: document.hidden });
    });
    // A pending change may have written another address meanwhile.
    window.addEventListener('hashchange', ({ newURL }) => this.#follow(new URL(newURL).hash));
    this.#store.follow(
      ({ look, theme, layer, isLive }) => [look, theme, layer, isLive],
      ([, , , isLive]) => {
        if (isLive) this.#engine.send({ type: 'view', view: viewOf(this.#store.state) });
      },
    );
  }

  /** What a lesson or another page moves. */
  get guide(): Guide {
    return {
      store: this.#store,
      engine: this.#engine,
      show: (settings) => {
        this.#store.update((state) => to.linked(state, settings));
        this.#configure();
      },
      train: (until) => this.#train(until),
      pause: () => this.#engine.send({ type: 'pause' }),
    };
  }

  /** The views. Each follows its part of the state. */
  #show(): readonly unknown[] {
    const store = this.#store;
    return [
      new DataPanel(store, {
        changed: (change) => this.#changed((state) => to.dataChosen(state, change)),
        pair: (columns) => this.#look({ columns }),
      }),
      new ModelPanel(store, (model) => this.#changed((state) => to.modelChosen(state, model))),
      showBatch(
        store,
        () => void this.#fill(),
        (batch) => this.#changed((state) => to.modelChosen(state, { ...state.model, batch })),
      ),
      new Transport(store, {
        train: () => this.#train(),
        pause: () => this.#engine.send({ type: 'pause' }),
        step: () => this.#step(),
        reset: () => this.#reset(),
        slow: () => this.#toggleSlow(),
      }),
      new LossPanel(store),
      new PointPanel(store),
      new Scrubber(store),
      store.follow(
        ({ learned }) => [learned?.kind],
        ([kind]) => kind === 'rows' && void this.#loadQuestions(),
      ),
      new SharePanel(store, this.#engine, (fileName, bytes) => this.#open(fileName, bytes)),
      showLook(store, (change) => this.#look(change)),
      showCaptions(store),
      showMarks(store),
      showGpu(store),
      playRecorded(store, this.#pretrained.recorded, this.#pictures.recorded),
    ];
  }

  /** Loads the card of questions with the first table. */
  #loadQuestions(): Promise<AskPanel> {
    this.#questions ??= import('./askPanel.ts').then(
      (loaded) => new loaded.AskPanel(this.#store, this.#engine),
    );
    return this.#questions;
  }

  get #pace(): Pace {
    return this.#store.state.isSlow ? { kind: 'slow', stepsPerSecond: SLOW } : { kind: 'flat-out' };
  }

  #mistake(mistake: string | undefined): void {
    this.#store.update((state) => ({ ...state, mistake }));
  }

  #hear(event: EngineEvent): void {
    const before = this.#store.state;
    const now = performance.now();
    this.#store.update((state) => to.heard(state, event, now));
    this.#keeper.hear(event);
    if (this.#store.state === before) return;
    if (event.type === 'ready') performance.mark('wgflow-ready');
    if (event.type === 'stopped') void this.#glance();
    if (event.type !== 'progress') return;
    if (event.progress.step > 0 && performance.getEntriesByName('wgflow-training').length === 0) {
      performance.mark('wgflow-training');
    }
    if (now - this.#glancedAt > GLANCE_EVERY) void this.#glance();
  }

  /** Draws a few samples of the current flow, for the captions. */
  async #glance(): Promise<void> {
    this.#glancedAt = performance.now();
    const answer = this.#engine.ask({ type: 'draw-samples', count: GLANCE_ROWS, seed: 1 });
    const samples = await answer.catch(() => undefined);
    this.#store.update((state) => {
      return to.glanced(state, samples === undefined ? null : glanceAt(samples, state));
    });
  }

  /** Times batches; training ends it. */
  async #fill(): Promise<void> {
    const show = (filling: State['filling']): void => this.#store.update((state) => ({ ...state, filling }));
    this.#settle();
    const { model } = this.#store.state;
    const size = sizeOf(this.#store.state);
    show('timing');
    const found = await this.#engine.ask({ type: 'fill', model }).catch(() => undefined);
    show(found && { ...found, size });
  }

  /** Shows the run that the browser kept, or the link's flow, or the pretrained one. */
  async #openFirst(): Promise<void> {
    const asked = this.#asked;
    const run = this.#embed === undefined ? await this.#keeper.claim().catch(() => null) : null;
    // The visitor may have chosen something meanwhile.
    const isWanted = (): boolean => asked === this.#asked && this.#settling === undefined;
    if (run !== null && isWanted() && (await this.#resume(run, isWanted))) return;
    if (!isWanted()) return;
    const { data, learned } = this.#store.state;
    if (this.#isLinked && data.source === 'file') {
      this.#mistake('The link is for a file that only its sender has. Choose it here.');
    }
    if (this.#isLinked && learned !== undefined) this.#configure();
    else await this.#openPretrained();
  }

  /** @returns whether the kept run is there */
  async #resume({ notes, data }: KeptRun, isWanted: () => boolean): Promise<boolean> {
    const choice = data as DataChoice;
    const kept = notes as RunNotes;
    this.#store.update(to.runFound);
    try {
      const rows = choice.own?.samples ?? dataAtHand(choice);
      const { model } = kept;
      const step = await this.#engine.ask({ type: 'resume-run', model, ...(rows && { data: rows }) });
      if (!isWanted()) return true;
      const look = this.#isLinked ? this.#store.state.look : kept.look;
      this.#store.update((state) => to.runRestored(state, choice, { ...kept, look }, step));
    } catch (error) {
      // Without a device, the page has reported it already.
      if (this.#store.state.phase === 'off') return true;
      const reason = error instanceof Error ? error.message : String(error);
      this.#keeper.tell(`The run that was kept here cannot go on. ${reason}`);
      return false;
    }
    this.#made.hold(this.#store.state);
    this.#keeper.begin({ isKept: true });
    void this.#glance();
    return true;
  }

  /** The visitor's GPU shows the pretrained flow until the visitor trains. */
  async #openPretrained(): Promise<void> {
    const { model, fileName } = this.#pretrained;
    try {
      const settings = this.#store.state.model;
      await this.#engine.ask({ type: 'load', bytes: await model, fileName, model: settings });
      this.#store.update(to.pretrainedOpened);
    } catch (error) {
      // Without a device, the page has reported it already.
      if (this.#store.state.phase === 'off') return;
      const status = error instanceof Error ? error.message : String(error);
      this.#store.update((state) => ({ ...state, status }));
      this.#configure();
    }
  }

  /** A changed setting takes effect when no other has changed for a moment. */
  #changed(change: (state: State) => State): void {
    this.#store.update(change);
    window.clearTimeout(this.#settling);
    this.#settling = window.setTimeout(() => this.#settle(), SETTLE);
  }

  /** Applies a pending change. */
  #settle(): void {
    if (this.#settling === undefined) return;
    this.#writeHash();
    if (this.#made.isShownBy(this.#store.state)) this.#tune();
    else this.#configure();
  }

  #tune(): void {
    window.clearTimeout(this.#settling);
    this.#settling = undefined;
    this.#made.hold(this.#store.state);
    const { model } = this.#store.state;
    this.#store.update((state) => to.tuned(state, model));
    this.#engine.send({ type: 'tune', model });
  }

  /** Requests a fresh flow, if there are data. */
  #configure(): void {
    window.clearTimeout(this.#settling);
    this.#settling = undefined;
    const before = this.#store.state;
    this.#store.update(to.asked);
    const { next: data, model } = this.#store.state;
    if (data === undefined || data === before.next) return;
    this.#made.setAside(before);
    this.#made.hold(this.#store.state);
    this.#asked++;
    this.#engine.send({ type: 'configure', model, data });
  }

  async #bringBack(): Promise<void> {
    const aside = this.#made.takeAside();
    if (aside === undefined) return;
    const { data, notes } = aside;
    this.#asked++;
    try {
      const step = await this.#engine.ask({ type: 'bring-back' });
      this.#store.update((state) => to.runRestored({ ...state, next: undefined }, data, notes, step));
    } catch (error) {
      this.#mistake(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#made.hold(this.#store.state);
    this.#writeHash();
    this.#keeper.begin();
    void this.#glance();
  }

  /** @returns whether there is a flow to train, or one is being made */
  #prepare(): boolean {
    this.#settle();
    const { phase, run, model } = this.#store.state;
    if (phase === 'done' && !run.hasDiverged && this.#made.isShownBy(this.#store.state)) {
      this.#store.update((state) => to.trainedOn(state, model.steps));
      this.#writeHash();
      this.#tune();
    }
    if (!to.canGoOn(this.#store.state)) this.#configure();
    return to.canGoOn(this.#store.state);
  }

  #step(): void {
    if (!this.#prepare()) return;
    this.#keeper.begin();
    this.#engine.send({ type: 'step' });
  }

  #reset(): void {
    this.#mistake(undefined);
    this.#configure();
  }

  #toggleSlow(): void {
    this.#store.update((state) => ({ ...state, isSlow: !state.isSlow }));
    if (this.#store.state.phase === 'training') this.#engine.send({ type: 'train', pace: this.#pace });
  }

  #train(until?: number): void {
    if (!this.#prepare()) return;
    this.#keeper.begin();
    this.#store.update(to.trainingBegun);
    this.#engine.send({ type: 'train', pace: this.#pace, until });
  }

  /** @throws {Error} with the engine's sentence, if it refuses: nothing has changed */
  async #open(fileName: string, bytes: Uint8Array): Promise<void> {
    this.#settle();
    const asked = ++this.#asked;
    const { model } = this.#store.state;
    const data = dataAtHand(this.#store.state.data);
    const opened = await this.#engine.ask({ type: 'load', bytes, fileName, model, ...(data && { data }) });
    // Another flow may have been requested meanwhile.
    if (asked !== this.#asked) return;
    this.#store.update((state) => to.fileOpened(state, { ...opened, fileName }));
    this.#made.hold(this.#store.state);
    void this.#glance();
  }

  #look(change: Partial<Look>): void {
    this.#store.update((state) => to.lookChosen(state, change));
    // No settings produce this flow, so the previous link stays.
    if (unaccountedFile(this.#store.state) === undefined) this.#writeHash();
    if ('columns' in change || 'level' in change) void this.#glance();
  }

  #writeHash(): void {
    history.replaceState(null, '', `#${encodeShare(settingsOf(this.#store.state))}`);
  }

  #follow(hash: string): void {
    if (!isShare(hash)) return;
    const { settings, mistake } = decodeShare(hash);
    if (settings === undefined) this.#mistake(mistake);
    else this.#changed((state) => to.linked(state, settings));
  }
}

/** The moments of the shown pair; null unless both are numbers. */
function glanceAt({ rows, columns }: DrawnRows, { look, flow: { table } }: State): Moments | null {
  const { length: width } = columns;
  if (table === undefined) return sampleMoments(rows, width, look.columns);
  const features = featuresOf(table);
  const pair = look.columns.map((place) => features[place]?.kind ?? 'which');
  if (!pair.every((kind) => kind === 'number' || kind === 'count')) return null;
  const isFilled = (row: number): boolean =>
    look.columns.every((place) => !Number.isNaN(rows[row * width + place]));
  const filled = Array.from({ length: rows.length / width }, (_, row) => row).filter(isFilled);
  const points = filled.flatMap((row) => look.columns.map((place) => rows[row * width + place] ?? NaN));
  return filled.length < 2 ? null : sampleMoments(points, 2, [0, 1]);
}
