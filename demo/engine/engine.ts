/** Answers the page: opens the device, holds the session, and survives the loss of both. */
import { domainsOf } from '../../src/spec/offset.ts';
import { DeviceLostError, DisposedError, Flow, WgflowError } from '../../src/index.ts';
import type {
  Answers,
  FromWorker,
  ModelSettings,
  OpenedModel,
  Picture,
  Request,
  ToWorker,
  View,
} from '../protocol.ts';
import { dataSetOf } from './dataSet.ts';
import type { DataSet } from './dataSet.ts';
import { openDevice, reopenDevice } from './device.ts';
import type { Opened } from './device.ts';
import { FrameLoop } from './frameLoop.ts';
import { dataForFlow } from './loadedData.ts';
import { settingsOf, specOf } from './modelSettings.ts';
import { drawSamples } from './drawSamples.ts';
import { Scene } from './pictures/scene.ts';
import { Studio } from './pictures/studio.ts';
import { surfacesOf } from './pictures/surface.ts';
import type { Surface } from './pictures/surface.ts';
import { Session } from './session.ts';
import type { Snapshot } from './session.ts';

/** The peak is measured once the page has had nothing to do for so long, ms. */
const IDLE_MS = 800;

type Post = (message: FromWorker, transfer?: Transferable[]) => void;
type Of<T extends ToWorker['type']> = Extract<ToWorker, { type: T }>;

export class Engine {
  readonly #post: Post;
  #opened: Opened | undefined;
  #surfaces: Record<Picture, Surface> | undefined;
  #pixelRatio = 1;
  #view: View | undefined;
  #session: Session | undefined;
  readonly #frames = new FrameLoop(() => (this.#isHidden ? undefined : this.#session?.studio));
  /** What changes the session is done in turn. */
  #turn: Promise<void> = Promise.resolve();
  #isHidden = false;
  /** Training that goes on once the tab is shown again. */
  #suspended: Of<'train'>['pace'] | undefined;
  /** Why the last settings could not be taken: what was there before stays, but is not what is to be trained. */
  #refused: unknown;
  #hover: Of<'hover'> | undefined;
  #isHovering = false;

  constructor(post: Post) {
    this.#post = post;
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case 'view':
        this.#view = message.view;
        this.#session?.studio.setView(message.view);
        break;
      case 'resize':
        this.#resize(message);
        break;
      case 'hover':
        this.#hover = message;
        if (!this.#isHovering) void this.#followPointer();
        break;
      case 'lose-device':
        this.#opened?.device.destroy();
        break;
      case 'save':
      case 'draw-samples':
      case 'picture':
        // After what was asked for before it; what is asked for afterwards need not wait for it.
        void this.#turn.then(() => this.#answer(message));
        break;
      default:
        this.#inTurn(() => this.#handle(message));
    }
  }

  #resize({ picture, width, height }: Of<'resize'>): void {
    const isChanged = this.#surfaces?.[picture].resize(width, height) === true;
    if (isChanged) this.#session?.studio.resized(picture);
    // A picture that is shown again may be out of date.
    else this.#frames.ask();
  }

  #inTurn(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(async () => {
      try {
        await work();
      } catch (error) {
        // A session that ended under the work, with or without its device, is told about elsewhere.
        if (error instanceof DisposedError || error instanceof DeviceLostError) return;
        if (!(error instanceof WgflowError)) throw error;
        this.#post({ type: 'mistake', message: error.message });
        if (error === this.#refused) this.#post({ type: 'stopped', cause: 'paused', reason: REFUSED });
      }
    });
    this.#turn = this.#turn.catch((error: unknown) => {
      this.#post({ type: 'mistake', message: String(error) });
    });
  }

  async #handle(
    message: Of<'start' | 'configure' | 'train' | 'step' | 'pause' | 'visibility' | 'load'>,
  ): Promise<void> {
    switch (message.type) {
      case 'start':
        return this.#start(message);
      case 'configure':
        try {
          return await this.#configure(message);
        } catch (error) {
          this.#refused = error;
          // The page shows settings that nothing is trained with.
          this.#suspended = undefined;
          await this.#session?.stop({ isTold: false });
          throw error;
        }
      case 'train':
        this.#requireAccepted();
        this.#suspended = this.#isHidden ? message.pace : undefined;
        if (!this.#isHidden) await this.#requireSession().train(message.pace);
        return;
      case 'step': {
        this.#requireAccepted();
        const session = this.#requireSession();
        await session.stop({ isTold: false });
        return session.train({ kind: 'slow', stepsPerSecond: Infinity }, session.step + 1);
      }
      case 'pause':
        this.#suspended = undefined;
        return this.#session?.stop({ isTold: true });
      case 'visibility':
        return this.#setHidden(message.hidden);
      case 'load':
        return this.#answer(message);
    }
  }

  async #start({ canvases, pixelRatio, view }: Of<'start'>): Promise<void> {
    this.#pixelRatio = pixelRatio;
    this.#view = view;
    try {
      this.#opened = await openDevice();
      this.#surfaces = surfacesOf(canvases);
    } catch (error) {
      this.#post({ type: 'unavailable', reason: error instanceof Error ? error.message : String(error) });
      return;
    }
    this.#adopt(this.#opened);
    this.#post({ type: 'ready', adapter: this.#opened.adapter });
  }

  /** Draws on this device, and looks out for its loss. */
  #adopt(opened: Opened): void {
    for (const surface of Object.values(this.#surfaces ?? {})) {
      surface.configure(opened.device, opened.format);
    }
    void opened.device.lost.then(({ reason, message }) => {
      if (this.#opened !== opened) return;
      this.#post({ type: 'device-lost', reason: message || reason || 'the driver gives no reason' });
      const pace = this.#session?.pace ?? this.#suspended;
      this.#inTurn(() => this.#recover(pace));
    });
  }

  async #configure({ model, data }: Of<'configure'>): Promise<void> {
    const { device } = this.#requireOpened();
    const dataSet = dataSetOf(data);
    const flow = await freshFlow(device, model, dataSet);
    try {
      await this.#replace(flow, dataSet, model);
    } catch (error) {
      flow.dispose();
      throw error;
    }
  }

  /** Puts a new session in place of the old one, unless it is refused. */
  async #replace(flow: Flow, data: DataSet, settings: ModelSettings, snapshot?: Snapshot): Promise<void> {
    const session = await this.#sessionOf(flow, data, settings, snapshot);
    try {
      const { price } = session;
      await this.#session?.stop({ isTold: false });
      this.#session?.dispose();
      this.#session = session;
      this.#suspended = undefined;
      this.#refused = undefined;
      const bijectors = flow.spec.bijectors.map(({ type }) => type);
      const base = flow.spec.base.type;
      const classes = data.classes?.column ?? null;
      const { columns } = data;
      const [mean, std] = [[...data.mean], [...data.std]];
      const isFresh = snapshot === undefined;
      this.#post({ type: 'configured', isFresh, price, bijectors, base, columns, mean, std, classes });
    } catch (error) {
      session.dispose();
      throw error;
    }
    void this.#openPictures(session);
  }

  async #sessionOf(
    flow: Flow,
    data: DataSet,
    settings: ModelSettings,
    snapshot?: Snapshot,
  ): Promise<Session> {
    const scales = await scalesOf(flow);
    const { brushes, adapter, peak } = this.#requireOpened();
    if (this.#view === undefined || this.#surfaces === undefined) throw new Error('no canvases were given');
    const scene = new Scene(brushes, data, flow.spec, this.#view, this.#pixelRatio, scales);
    const studio = new Studio(
      scene,
      flow,
      this.#surfaces,
      adapter.software,
      () => this.#frames.ask(),
      (picture) => this.#post({ type: 'drawn', picture }),
    );
    return new Session({ flow, data, settings, studio, peak, post: this.#post }, snapshot);
  }

  async #openPictures(session: Session): Promise<void> {
    try {
      await session.studio.open();
    } catch (error) {
      if (error instanceof DisposedError || error instanceof DeviceLostError) return;
      this.#post({ type: 'mistake', message: error instanceof Error ? error.message : String(error) });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const isIdle = this.#session === session && session.pace === undefined && !this.#isHidden;
    if (isIdle) await this.#opened?.peak.measure();
  }

  async #setHidden(hidden: boolean): Promise<void> {
    if (hidden === this.#isHidden) return;
    this.#isHidden = hidden;
    if (hidden) {
      const pace = this.#session?.pace;
      this.#suspended = pace;
      if (pace !== undefined) await this.#session?.stop({ isTold: false });
      return;
    }
    this.#frames.ask();
    const pace = this.#suspended;
    this.#suspended = undefined;
    if (pace !== undefined) await this.#session?.train(pace);
  }

  /** Opens another device, and goes on where the last snapshot was taken. */
  async #recover(pace: Of<'train'>['pace'] | undefined): Promise<void> {
    const old = this.#session;
    await old?.stop({ isTold: false });
    old?.dispose();
    this.#session = undefined;
    try {
      this.#opened = await reopenDevice();
    } catch (error) {
      this.#opened = undefined;
      this.#post({ type: 'unavailable', reason: error instanceof Error ? error.message : String(error) });
      return;
    }
    this.#adopt(this.#opened);
    if (old === undefined) return;
    const { device } = this.#opened;
    const { data, settings, snapshot } = old;
    const flow =
      snapshot.bytes === undefined
        ? await freshFlow(device, settings, data)
        : await Flow.load(snapshot.bytes, { device });
    const session = await this.#sessionOf(flow, data, settings, snapshot);
    this.#session = session;
    void this.#openPictures(session);
    this.#post({ type: 'resumed', step: session.step });
    if (pace === undefined) return;
    if (this.#isHidden) this.#suspended = pace;
    else await session.train(pace);
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
    const session = this.#requireSession();
    switch (request.type) {
      case 'save':
        return session.flow.save();
      case 'draw-samples': {
        const { count, seed } = request;
        const { context } = session.studio.scene;
        return {
          columns: session.data.columns,
          rows: await drawSamples(session.flow, count, seed, context),
        };
      }
      case 'picture':
        return session.studio.png(request.picture);
    }
  }

  async #load({ bytes, fileName, ...atHand }: Extract<Request, { type: 'load' }>): Promise<OpenedModel> {
    const { device } = this.#requireOpened();
    const flow = await Flow.load(bytes, { device, fileName });
    try {
      const name = fileName.replace(/\.safetensors$/i, '');
      const { data, title, origin } = await dataForFlow(flow, name, atHand.data);
      const settings = settingsOf(flow.spec, flow.training) ?? null;
      await this.#replace(flow, data, settings ?? atHand.model, { bytes, step: 0, isResumable: false });
      return { settings, title, columns: data.columns, origin, steps: flow.training?.steps ?? null };
    } catch (error) {
      flow.dispose();
      throw error;
    }
  }

  async #followPointer(): Promise<void> {
    this.#isHovering = true;
    try {
      for (let next = this.#hover; next !== undefined; next = this.#hover) {
        this.#hover = undefined;
        const hovered = (await this.#session?.studio.hover(next.picture, next.at)) ?? null;
        if (this.#hover === undefined) this.#post({ type: 'hovered', hovered });
      }
    } catch {
      // The session ended meanwhile; there is nothing to point at.
      this.#post({ type: 'hovered', hovered: null });
    } finally {
      this.#isHovering = false;
    }
  }

  #requireOpened(): Opened {
    if (this.#opened === undefined)
      throw new WgflowError('NOT_READY', 'There is no GPU here: no model can be opened or trained.');
    return this.#opened;
  }

  #requireAccepted(): void {
    if (this.#refused !== undefined) throw this.#refused;
  }

  #requireSession(): Session {
    if (this.#session === undefined) {
      throw new WgflowError('NOT_READY', 'There is no model yet. Choose data and a model first.');
    }
    return this.#session;
  }
}

/** What a flow divides the values of positive columns by, [D]; undefined where all its columns are real. */
async function scalesOf(flow: Flow): Promise<Float32Array | undefined> {
  return domainsOf(flow.spec) && (await flow.parameters())['bijectors.0.scale'];
}

/** A flow that knows nothing yet but the scale of its data. */
function freshFlow(device: GPUDevice, settings: ModelSettings, data: DataSet): Promise<Flow> {
  const { columns, domain, classes, kept } = data;
  const spec = specOf(settings, columns.length, { domain, classes: classes?.column.levels.length ?? 0 });
  const { seed } = settings;
  return Flow.create(spec, { device, seed, ...(kept.length > 0 ? { data: kept } : {}) });
}

/** What becomes of settings that were a mistake. */
const REFUSED = 'Nothing has changed: the settings cannot be taken as they are.';
