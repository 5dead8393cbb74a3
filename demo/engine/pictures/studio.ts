/** The pictures of one model: tracks which are out of date, and chooses which to update next. */
import { DisposedError } from '../../../src/index.ts';
import type { Flow } from '../../../src/index.ts';
import type { DrawnPicture, Hovered, Picture, View } from '../../protocol.ts';
import { DensitySketch } from './density.ts';
import { DensityDetail } from './densityDetail.ts';
import { DrawingTime } from './drawingTime.ts';
import type { Job } from './drawingTime.ts';
import { canvasFrame } from './frame.ts';
import type { Size } from './frame.ts';
import { LayersSketch } from './layers.ts';
import { Probe } from './probe.ts';
import type { Scene } from './scene.ts';
import { entryOf, sketchMakers } from './sketches.ts';
import type { Entry } from './sketches.ts';
import type { Surface } from './surface.ts';

/** Pictures that are older than this are drawn before the budget allows it, in at most a third of the time, ms. */
const OLD_MS = 1000;
/** Work for old pictures that is submitted at once, ms. */
const MAX_OLD_WORK_MS = 60;
/** Training's turn after work for old pictures, as a multiple of the time until that was done. */
const REST = 2;

/** Pixels per CSS pixel of saved pictures. */
const PNG_PIXEL_RATIO = 2;

/** Snap distance of the pointer to a row of the layers, CSS pixels. */
const SNAP = 14;

export class Studio {
  readonly scene: Scene;
  readonly #flow: Flow;
  readonly #surfaces: Readonly<Record<Picture, Surface>>;
  readonly #isSoftware: boolean;
  readonly #time = new DrawingTime();
  readonly #detail: DensityDetail;
  readonly #entries: Entry[] = [];
  /** Entries whose rows must still pass through the flow before all images are drawn together. */
  #round: Entry[] = [];
  readonly #wake: () => void;
  readonly #shown: (drawn: DrawnPicture) => void;
  /** Steps that the flow has made. */
  #step = 0;
  /** Old pictures let training have its turn until then, ms. */
  #restUntil = 0;
  #probe: Probe | undefined;
  #opening: Promise<void> | undefined;
  #isInFlight = false;
  #disposed = false;

  /**
   * @param wake requests a `frame` soon
   * @param shown is called with each picture when it appears, and when its step, frame or scale changes
   */
  constructor(
    scene: Scene,
    flow: Flow,
    surfaces: Readonly<Record<Picture, Surface>>,
    isSoftware: boolean,
    wake: () => void,
    shown: (drawn: DrawnPicture) => void,
  ) {
    this.scene = scene;
    this.#flow = flow;
    this.#surfaces = surfaces;
    this.#isSoftware = isSoftware;
    this.#wake = wake;
    this.#shown = shown;
    this.#detail = new DensityDetail(this.#time.costs, () => surfaces.density.size, flow.passRows);
  }

  /** Makes the pictures one by one, so that the first can be drawn while the others compile. */
  open(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<void> {
    const { scene } = this;
    const flow = this.#flow;
    const size = (): Size => this.#surfaces.density.size;
    const makers = sketchMakers(scene, flow, { isSoftware: this.#isSoftware, detail: this.#detail, size });
    for (const [picture, make] of makers) {
      const sketch = await make();
      if (this.#disposed) {
        sketch.dispose();
        return;
      }
      this.#entries.push(entryOf(picture, this.#surfaces[picture], sketch));
      this.#wake();
    }
    const probe = await Probe.create(scene, flow);
    if (this.#disposed) probe.dispose();
    else this.#probe = probe;
  }

  /** Sets the share of the GPU's time for the pictures. */
  setShare(share: number): void {
    this.#detail.share = share;
    this.#time.setShare(share);
    this.#wake();
  }

  /** The flow has learned. @param step that it has reached */
  flowChanged(step: number): void {
    this.#step = step;
    this.#detail.isRefining = false;
    for (const entry of this.#entries) entry.hasOldRows = true;
    if (this.#probe?.isShown === true) this.#probe.follow();
    this.#wake();
  }

  /** Charges the drawing budget for the delay that drawing added to these training steps. */
  stepsDone(count: number, start: number, end: number): void {
    if (!this.#isSoftware || this.#detail.share === 1) return;
    this.#time.stepsDone(count, start, end);
  }

  setView(view: View): void {
    const before = this.scene.view;
    this.scene.setView(view);
    const isMoved =
      view.reach !== before.reach || view.columns.some((column, index) => column !== before.columns[index]);
    const isRepainted = view.theme !== before.theme;
    const isOfAnotherClass = view.level !== before.level && this.scene.context !== undefined;
    const isOfOtherKind = view.density !== before.density;
    const isOnlyScrubbed = JSON.stringify(view) === JSON.stringify({ ...before, layer: view.layer });
    for (const entry of this.#entries) {
      if (isMoved || isRepainted || isOfAnotherClass) restart(entry);
      if (isMoved || isOfAnotherClass || isOfOtherKind) entry.hasOldRows = true;
      // The computed rows are of the previous class.
      if (isOfAnotherClass) continue;
      if (isOnlyScrubbed && entry.picture !== 'layers') continue;
      entry.hasOldImage = true;
      entry.isUrgent = true;
    }
    if (isOfAnotherClass) this.#probe?.reset();
    if (isMoved || isOfAnotherClass) this.#detail.isRefining = false;
    this.#wake();
  }

  /** The canvas size has changed. */
  resized(picture: Picture): void {
    for (const entry of this.#entries) {
      if (entry.picture !== picture) continue;
      if (picture === 'density') {
        restart(entry);
        this.#detail.isRefining = false;
      }
      entry.hasOldRows = true;
      entry.hasOldImage = true;
      entry.isUrgent = true;
    }
    this.#wake();
  }

  /** The point there on its way through the flow; null if there is none. */
  async hover(picture: Picture, at: { x: number; y: number } | null): Promise<Hovered | null> {
    await this.#opening;
    const probe = this.#probe;
    if (probe === undefined) return null;
    const found = at && (await this.#look(probe, picture, at));
    if (found === null) probe.leave();
    for (const entry of this.#entries) {
      entry.hasOldImage = true;
      entry.isUrgent = true;
    }
    this.#wake();
    return found;
  }

  /** The current picture as a square of `side` pixels, drawn at once. */
  async png(picture: Picture, side: number): Promise<Blob> {
    await this.#opening;
    const entry = this.#entries.find((each) => each.picture === picture);
    if (entry === undefined) throw new DisposedError('Studio');
    while (entry.isBlank) this.#compute(entry);
    const { scene } = this;
    const { canvas } = entry.surface;
    const { width, height } = canvas;
    const { pixelRatio } = scene;
    Object.assign(canvas, { width: side, height: side });
    scene.pixelRatio = PNG_PIXEL_RATIO;
    this.#draw(entry);
    // It copies the pixels before it returns.
    const png = canvas.convertToBlob({ type: 'image/png' });
    scene.pixelRatio = pixelRatio;
    Object.assign(canvas, { width, height });
    this.#draw(entry);
    return png;
  }

  /** Whether a `frame` has something to do, now or when the budget allows it. */
  get hasWork(): boolean {
    return (
      this.#round.length > 0 ||
      this.#entries.some(({ surface, hasOldRows, hasOldImage }) => {
        return surface.isShown && (hasOldRows || hasOldImage);
      })
    );
  }

  /** Milliseconds until a `frame` has an effect, if `hasWork`; polling would cost time as well. */
  delay(now: number): number {
    // The end of the work in flight wakes the studio by itself.
    if (this.#isInFlight) return Infinity;
    const isUrgent = this.#entries.some((entry) => entry.isUrgent && entry.surface.isShown && !entry.isBlank);
    return isUrgent ? 0 : this.#wait(now);
  }

  /** Updates pictures as far as the budget allows. The cost is learned when the GPU has finished. */
  frame(now: number): void {
    if (this.#isInFlight || this.#disposed) return;
    const forOld = this.#oldAt > now ? 0 : MAX_OLD_WORK_MS;
    const available = Math.max(this.#time.available(now), forOld);
    let marked: Promise<number> | undefined;
    const jobs: Job[] = [];
    let expected = 0;
    for (;;) {
      const job = this.#next(available - expected > 0);
      if (job === undefined) break;
      const cost = this.#time.costs.of(job.kind);
      // Work of an unknown cost is timed alone.
      if (cost === undefined && jobs.length > 0) break;
      marked ??= this.#done();
      job.run();
      jobs.push(job);
      expected += cost ?? 0;
      if (cost === undefined) break;
    }
    if (marked !== undefined) void this.#account(now, marked, jobs, expected);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const { sketch } of this.#entries) sketch.dispose();
    this.#probe?.dispose();
    this.scene.dispose();
  }

  /** When the first picture is old and training has had its turn, ms. */
  get #oldAt(): number {
    const outdated = this.#entries.filter(({ surface, hasOldRows }) => surface.isShown && hasOldRows);
    return Math.max(this.#restUntil, Math.min(...outdated.map(({ drawnAt }) => drawnAt + OLD_MS)));
  }

  /** Milliseconds until something may be drawn. */
  #wait(now: number): number {
    const wait = this.#time.wait(now);
    return Math.min(wait, Math.max(0, this.#oldAt - now));
  }

  async #look(probe: Probe, picture: Picture, at: { x: number; y: number }): Promise<Hovered | null> {
    const { size } = this.#surfaces[picture];
    if (picture !== 'layers') return probe.look({ picture, at, size });
    const layers = this.#entries.find((entry) => entry.picture === 'layers')?.sketch;
    if (!(layers instanceof LayersSketch)) return null;
    const row = await layers.nearest(at, size, SNAP * this.scene.pixelRatio);
    return row === undefined ? null : probe.look({ row });
  }

  /** The next piece of work: images that the visitor waits for, then this round's rows, then its images. */
  #next(isAffordable: boolean): Job | undefined {
    const shown = this.#entries.filter(({ surface }) => surface.isShown);
    const old = shown.filter(({ hasOldImage, isBlank }) => hasOldImage && !isBlank);
    const urgent = old.filter(({ isUrgent }) => isUrgent);
    if (urgent.length > 0) return this.#imagesOf(urgent);
    if (!isAffordable) return undefined;
    this.#round = this.#round.filter(({ surface }) => surface.isShown);
    if (this.#round.length === 0) {
      if (old.length > 0) return this.#imagesOf(old);
      this.#round = shown.filter(({ hasOldRows }) => hasOldRows);
      for (const entry of this.#round) entry.hasOldRows = false;
    }
    const [entry] = this.#round;
    if (entry === undefined) return undefined;
    return {
      kind: entry.sketch.kind,
      isImage: false,
      run: () => this.#compute(entry),
    };
  }

  /** All images in one frame, so that the browser composes its page once. */
  #imagesOf(entries: readonly Entry[]): Job {
    return {
      kind: `images of ${entries.map(({ picture }) => picture).join(', ')}`,
      isImage: true,
      run: () => {
        for (const entry of entries) this.#draw(entry);
      },
    };
  }

  #compute(entry: Entry): void {
    entry.nextStep ??= this.#step;
    if (!entry.sketch.compute()) return;
    entry.step = entry.nextStep;
    entry.nextStep = undefined;
    entry.drawnAt = performance.now();
    entry.isBlank = false;
    this.#round = this.#round.filter((other) => other !== entry);
    entry.hasOldImage = true;
    if (entry.picture !== 'density' || this.#detail.share < 1 || entry.hasOldRows) return;
    // With nothing else to do, the heat-map is refined to its finest grid.
    entry.hasOldRows = this.#detail.refine();
  }

  #draw(entry: Entry): void {
    const { picture, surface, sketch } = entry;
    entry.hasOldImage = false;
    entry.isUrgent = false;
    surface.draw(this.scene.palette.background, (renderPass, size) => {
      sketch.draw(renderPass, size);
      this.#probe?.draw(renderPass, picture, size);
    });
    if (entry.isBlank) return;
    this.#tell(entry, entry.told?.peak ?? null);
    if (sketch instanceof DensitySketch) void this.#tellPeak(entry, sketch);
  }

  #tell(entry: Entry, peak: number | null): void {
    const { picture, step, told } = entry;
    const frame = canvasFrame(entry.sketch.frame, entry.surface.size);
    const drawn = { picture, step, frame, peak };
    if (JSON.stringify(drawn) === JSON.stringify(told)) return;
    entry.told = drawn;
    this.#shown(drawn);
  }

  async #tellPeak(entry: Entry, sketch: DensitySketch): Promise<void> {
    // Without a device there is no scale.
    const peak = await sketch.readPeak().catch(() => undefined);
    if (peak !== undefined && !this.#disposed) this.#tell(entry, peak);
  }

  async #account(start: number, marked: Promise<number>, jobs: Job[], expected: number): Promise<void> {
    this.#isInFlight = true;
    try {
      await this.#time.account({ jobs, start, expected, marked, done: this.#done() });
      const end = performance.now();
      this.#restUntil = end + REST * (end - start);
    } catch {
      // The device is lost, and the training loop gets the error.
    } finally {
      this.#isInFlight = false;
      if (this.hasWork) this.#wake();
    }
  }

  /** The time when all work submitted so far is finished. */
  async #done(): Promise<number> {
    await this.scene.brushes.device.queue.onSubmittedWorkDone();
    return performance.now();
  }
}

/** Forgets the rows that are being computed. */
function restart(entry: Entry): void {
  entry.sketch.reset();
  entry.nextStep = undefined;
}
