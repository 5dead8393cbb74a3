/** Answers the page: holds the display and the trainer, and survives a lost device. */
import { DeviceLostError, DisposedError, Flow, ShapeError, WgflowError } from '../../src/index.ts';
import type {
  Answers,
  ClaimedRun,
  Ending,
  FromWorker,
  Hovered,
  ModelSettings,
  OpenedModel,
  Request,
  ToWorker,
} from '../protocol.ts';
import { answerOf } from './answers.ts';
import { cellTexts } from './cells.ts';
import { dataSetOf } from './dataSet.ts';
import type { DataSet } from './dataSet.ts';
import type { Opened } from './device.ts';
import { FrameLoop } from './frameLoop.ts';
import { claimPlace } from './keptRuns.ts';
import type { RunPlace } from './keptRuns.ts';
import { dataForFlow, knownData } from './loadedData.ts';
import { Display } from './display.ts';
import { factsOf, freshFlow } from './flows.ts';
import { settingsOf } from './modelSettings.ts';
import { Pointer } from './pointer.ts';
import type { Snapshot } from './snapshots.ts';
import { Trainer } from './trainer.ts';

/** The page must be idle this long before the peak is measured, ms. */
const IDLE_MS = 800;

type Post = (message: FromWorker, transfer?: Transferable[]) => void;
type Of<T extends ToWorker['type']> = Extract<ToWorker, { type: T }>;

export class Engine {
  readonly #post: Post;
  readonly #display: Display;
  #trainer: Trainer | undefined;
  readonly #frames = new FrameLoop(() => (this.#isHidden ? undefined : this.#trainer?.studio));
  /** Messages that change the trainer run one after another. */
  #turn: Promise<void> = Promise.resolve();
  #isHidden = false;
  /** The pace of training that resumes when the tab is shown again. */
  #suspended: Of<'train'>['pace'] | undefined;
  /** Why the last settings were refused. The old model stays, but must not train. */
  #refused: unknown;
  readonly #pointer: Pointer;
  /** Where this tab keeps its run, and the model of the run that was found there. */
  #place: RunPlace | undefined;
  #kept: Uint8Array | undefined;
  /** The trained model that a fresh one has replaced. */
  #aside: Trainer['trained'];

  constructor(post: Post) {
    this.#post = post;
    this.#display = new Display({
      lost: (reason) => this.#lost(reason),
      wake: () => this.#frames.ask(),
      drawn: (drawn) => post({ type: 'drawn', ...drawn }),
    });
    this.#pointer = new Pointer(
      () => this.#trainer?.studio,
      (hovered) => post({ type: 'hovered', hovered: hovered && this.#withTexts(hovered) }),
    );
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case 'view':
        this.#display.view = message.view;
        this.#trainer?.studio.setView(message.view);
        break;
      case 'resize':
        this.#resize(message);
        break;
      case 'hover':
        this.#pointer.move(message);
        break;
      case 'lose-device':
        this.#display.opened?.device.destroy();
        break;
      case 'claim-place':
        void this.#answer(message);
        break;
      case 'keep':
        this.#keep(message);
        break;
      case 'save':
      case 'draw-samples':
      case 'ask-table':
      case 'picture':
        // Runs after the earlier messages, but later ones need not wait for it.
        void this.#turn.then(() => this.#answer(message));
        break;
      case 'fill':
        this.#inTurn(() => this.#answer(message));
        break;
      default:
        // It would disturb the measurement, or make it useless.
        this.#display.opened?.peak.endFill();
        this.#inTurn(() => this.#handle(message));
    }
  }

  #resize({ picture, width, height }: Of<'resize'>): void {
    const isChanged = this.#display.resize(picture, width, height);
    if (isChanged) this.#trainer?.studio.resized(picture);
    // A picture that is shown again may be out of date.
    else this.#frames.ask();
  }

  #inTurn(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      // Disposed flows and lost devices are reported elsewhere.
      if (error instanceof DisposedError || error instanceof DeviceLostError) return;
      this.#post({ type: 'mistake', message: error instanceof WgflowError ? error.message : String(error) });
      if (error === this.#refused)
        this.#post({ type: 'stopped', ...(this.#trainer?.ending('refused') ?? REFUSED) });
    });
  }

  async #handle(
    message: Of<
      | 'start'
      | 'configure'
      | 'tune'
      | 'train'
      | 'step'
      | 'pause'
      | 'visibility'
      | 'load'
      | 'resume-run'
      | 'bring-back'
    >,
  ): Promise<void> {
    switch (message.type) {
      case 'start':
        return this.#start(message);
      case 'configure':
        try {
          return await this.#configure(message);
        } catch (error) {
          this.#refused = error;
          // The page shows settings that no model is trained with.
          this.#suspended = undefined;
          await this.#trainer?.stop({ isTold: false });
          throw error;
        }
      case 'tune':
        return this.#requireTrainer().tune(message.model);
      case 'train':
        this.#requireAccepted();
        this.#suspended = this.#isHidden ? message.pace : undefined;
        if (!this.#isHidden) await this.#requireTrainer().train(message.pace, message.until);
        return;
      case 'step': {
        this.#requireAccepted();
        const trainer = this.#requireTrainer();
        await trainer.stop({ isTold: false });
        return trainer.train({ kind: 'slow', stepsPerSecond: Infinity }, trainer.step + 1);
      }
      case 'pause':
        this.#suspended = undefined;
        return this.#trainer?.stop({ isTold: true });
      case 'visibility':
        return this.#setHidden(message.hidden);
      case 'load':
      case 'resume-run':
      case 'bring-back':
        return this.#answer(message);
    }
  }

  /** The page keeps a run only once it has heard of a snapshot. */
  #keep(message: Of<'keep'>): void {
    const { type: _, ...change } = message;
    const { bytes, isResumable } = this.#trainer?.snapshot ?? {};
    if (isResumable === true && bytes !== undefined) void this.#place?.keep({ ...change, model: bytes });
  }

  async #start(message: Of<'start'>): Promise<void> {
    const opened = await this.#openedBy(() => this.#display.open(message));
    if (opened !== undefined) this.#post({ type: 'ready', adapter: opened.adapter });
  }

  /** Undefined if there is no device: the page gets the reason. */
  async #openedBy(open: () => Promise<Opened>): Promise<Opened | undefined> {
    try {
      return await open();
    } catch (error) {
      this.#post({ type: 'unavailable', reason: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  }

  #lost(reason: string): void {
    this.#post({ type: 'device-lost', reason });
    // Its passes throw from now on; the next frame must not use them.
    this.#trainer?.studio.dispose();
    const pace = this.#trainer?.pace ?? this.#suspended;
    this.#inTurn(() => this.#recover(pace));
  }

  async #configure({ model, data }: Of<'configure'>): Promise<void> {
    const { device } = this.#display.require();
    const dataSet = dataSetOf(data);
    await this.#replaceOrFree(await freshFlow(device, model, dataSet), dataSet, model);
  }

  async #replaceOrFree(
    ...parts: [flow: Flow, data: DataSet, settings: ModelSettings, snapshot?: Snapshot]
  ): Promise<void> {
    try {
      await this.#replace(...parts);
    } catch (error) {
      parts[0].dispose();
      throw error;
    }
  }

  /** Replaces the old trainer, unless the new one is refused. */
  async #replace(flow: Flow, data: DataSet, settings: ModelSettings, snapshot?: Snapshot): Promise<void> {
    const trainer = await this.#trainerOf(flow, data, settings, snapshot);
    try {
      if (snapshot?.isResumable === true) await trainer.showBest();
      const price = await trainer.price();
      await this.#trainer?.stop({ isTold: false });
      if (snapshot === undefined) this.#aside = this.#trainer?.trained ?? this.#aside;
      this.#trainer?.dispose();
      this.#trainer = trainer;
      this.#suspended = undefined;
      this.#refused = undefined;
      this.#post({ type: 'configured', isFresh: snapshot === undefined, price, ...factsOf(flow, data) });
    } catch (error) {
      trainer.dispose();
      throw error;
    }
    void this.#openPictures(trainer);
  }

  /** @throws {WgflowError} if no model is set aside */
  async #bringBack(): Promise<number> {
    if (this.#aside === undefined) throw new WgflowError('NOT_READY', 'No model is set aside.');
    const { data, settings, snapshot } = this.#aside;
    const { device } = this.#display.require();
    const flow = await Flow.load(snapshot.bytes ?? new Uint8Array(), { device, fileName: 'run' });
    await this.#replaceOrFree(flow, data, settings, snapshot);
    this.#aside = undefined;
    return snapshot.step;
  }

  async #trainerOf(
    flow: Flow,
    data: DataSet,
    settings: ModelSettings,
    snapshot?: Snapshot,
  ): Promise<Trainer> {
    const studio = await this.#display.studioOf(flow, data);
    const { peak } = this.#display.require();
    return new Trainer({ flow, data, settings, studio, peak, post: this.#post }, snapshot);
  }

  async #openPictures(trainer: Trainer): Promise<void> {
    try {
      await trainer.studio.open();
    } catch (error) {
      if (error instanceof DisposedError || error instanceof DeviceLostError) return;
      this.#post({ type: 'mistake', message: error instanceof Error ? error.message : String(error) });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const isIdle = this.#trainer === trainer && trainer.pace === undefined && !this.#isHidden;
    if (isIdle) await this.#display.opened?.peak.measure();
  }

  async #setHidden(hidden: boolean): Promise<void> {
    if (hidden === this.#isHidden) return;
    this.#isHidden = hidden;
    if (hidden) {
      const pace = this.#trainer?.pace;
      this.#suspended = pace;
      if (pace !== undefined) await this.#trainer?.stop({ isTold: false });
      return;
    }
    this.#frames.ask();
    const pace = this.#suspended;
    this.#suspended = undefined;
    if (pace !== undefined) await this.#trainer?.train(pace);
  }

  /** Opens another device and continues from the last snapshot. */
  async #recover(pace: Of<'train'>['pace'] | undefined): Promise<void> {
    const old = this.#trainer;
    await old?.stop({ isTold: false });
    old?.dispose();
    this.#trainer = undefined;
    const opened = await this.#openedBy(() => this.#display.reopen());
    if (opened === undefined || old === undefined) return;
    const { device } = opened;
    const { data, settings, snapshot } = old;
    const flow =
      snapshot.bytes === undefined
        ? await freshFlow(device, settings, data)
        : await Flow.load(snapshot.bytes, { device });
    const trainer = await this.#trainerOf(flow, data, settings, snapshot);
    this.#trainer = trainer;
    void this.#openPictures(trainer);
    this.#post({ type: 'resumed', step: trainer.step });
    if (pace === undefined) return;
    if (this.#isHidden) this.#suspended = pace;
    else await trainer.train(pace);
  }

  async #answer(request: Request): Promise<void> {
    const { id } = request;
    try {
      const value = await this.#answerTo(request);
      const transfer = value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : [];
      this.#post({ type: 'answer', id, value }, transfer);
    } catch (error) {
      this.#post({ type: 'refusal', id, message: error instanceof Error ? error.message : String(error) });
    }
  }

  async #answerTo(request: Request): Promise<Answers[keyof Answers]> {
    if (request.type === 'load') return this.#load(request);
    if (request.type === 'claim-place') return this.#claim(request);
    if (request.type === 'resume-run') return this.#resume(request);
    if (request.type === 'bring-back') return this.#bringBack();
    return answerOf(this.#requireTrainer(), request);
  }

  async #load({ bytes, fileName, ...atHand }: Extract<Request, { type: 'load' }>): Promise<OpenedModel> {
    const { device } = this.#display.require();
    const flow = await Flow.load(bytes, { device, fileName });
    try {
      const name = fileName.replace(/\.safetensors$/i, '');
      const { data, ...about } = await dataForFlow(flow, name, atHand.data);
      const settings = settingsOf(flow.spec, flow.training) ?? null;
      await this.#replace(flow, data, settings ?? atHand.model, { bytes, step: 0, isResumable: false });
      const steps = flow.training?.steps ?? null;
      const table = data.cells && { table: data.cells.codec.columns };
      return { settings, columns: data.columns, ...table, ...about, steps };
    } catch (error) {
      flow.dispose();
      throw error;
    }
  }

  async #claim({ own, address }: Of<'claim-place'>): Promise<ClaimedRun | null> {
    // Without files, the page works as if there were no run.
    const found = await claimPlace(own, address).catch(() => undefined);
    this.#place = found?.place;
    this.#kept = found?.run?.model;
    return found?.claimed ?? null;
  }

  /** @throws {ModelFileError | ShapeError} if the kept model is damaged, or its data do not fit */
  async #resume({ model, data: atHand }: Of<'resume-run'>): Promise<number> {
    const { device } = this.#display.require();
    const bytes = this.#kept ?? new Uint8Array();
    this.#kept = undefined;
    const flow = await Flow.load(bytes, { device, fileName: 'run' });
    try {
      const known = knownData(flow, atHand);
      if (known === undefined) throw new ShapeError('data of the run', 'others', 'those it learned from');
      const step = flow.training?.steps ?? 0;
      await this.#replace(flow, known.data, model, { bytes, step, isResumable: true });
      return step;
    } catch (error) {
      flow.dispose();
      throw error;
    }
  }

  #withTexts(hovered: Hovered): Hovered {
    const cells = this.#trainer?.data.cells;
    return cells === undefined
      ? hovered
      : { ...hovered, texts: cellTexts(cells.codec, Float64Array.from(hovered.x)) };
  }

  #requireAccepted(): void {
    if (this.#refused !== undefined) throw this.#refused;
  }

  #requireTrainer(): Trainer {
    if (this.#trainer === undefined) {
      throw new WgflowError('NOT_READY', 'There is no model yet. Choose data and a model first.');
    }
    return this.#trainer;
  }
}

/** The ending if there was no model that could have stayed. */
const REFUSED: Ending = { cause: 'refused', step: 0, steps: 0, heldOut: null, best: null };
