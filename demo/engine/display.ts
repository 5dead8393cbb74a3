/** The engine's device, and the page's canvases that it draws on. */
import { WgflowError } from '../../src/index.ts';
import type { Flow } from '../../src/index.ts';
import type { DrawnPicture, Picture, ToWorker, View } from '../protocol.ts';
import type { DataSet } from './dataSet.ts';
import { openDevice, reopenDevice } from './device.ts';
import type { Opened } from './device.ts';
import { scalesOf } from './flows.ts';
import { Scene } from './pictures/scene.ts';
import { Studio } from './pictures/studio.ts';
import { surfacesOf } from './pictures/surface.ts';
import type { Surface } from './pictures/surface.ts';

export interface DisplayEvents {
  lost: (reason: string) => void;
  /** A studio has something to draw. */
  wake: () => void;
  drawn: (drawn: DrawnPicture) => void;
}

export class Display {
  readonly #events: DisplayEvents;
  #opened: Opened | undefined;
  #surfaces: Record<Picture, Surface> | undefined;
  #pixelRatio = 1;
  view: View | undefined;

  constructor(events: DisplayEvents) {
    this.#events = events;
  }

  /** @throws {GpuUnavailableError} */
  async open({ canvases, pixelRatio, view }: Extract<ToWorker, { type: 'start' }>): Promise<Opened> {
    this.#pixelRatio = pixelRatio;
    this.view = view;
    const opened = await openDevice();
    this.#surfaces = surfacesOf(canvases);
    return this.#adopt(opened);
  }

  /** Opens another device after a loss. @throws {GpuUnavailableError} */
  async reopen(): Promise<Opened> {
    this.#opened = undefined;
    return this.#adopt(await reopenDevice());
  }

  /** The open device, if any. */
  get opened(): Opened | undefined {
    return this.#opened;
  }

  /** @throws {WgflowError} if there is no device */
  require(): Opened {
    if (this.#opened !== undefined) return this.#opened;
    throw new WgflowError('NOT_READY', 'There is no GPU here: no model can be opened or trained.');
  }

  /** @returns whether the canvas size has changed */
  resize(picture: Picture, width: number, height: number): boolean {
    return this.#surfaces?.[picture].resize(width, height) === true;
  }

  /** The pictures of a flow. */
  async studioOf(flow: Flow, data: DataSet): Promise<Studio> {
    const scales = await scalesOf(flow);
    const { brushes, adapter } = this.require();
    if (this.view === undefined || this.#surfaces === undefined) throw new Error('no canvases were given');
    const scene = new Scene(brushes, data, flow.spec, this.view, this.#pixelRatio, scales);
    const { wake, drawn } = this.#events;
    return new Studio(scene, flow, this.#surfaces, adapter.software, wake, drawn);
  }

  #adopt(opened: Opened): Opened {
    this.#opened = opened;
    for (const surface of Object.values(this.#surfaces ?? {})) {
      surface.configure(opened.device, opened.format);
    }
    void opened.device.lost.then(({ reason, message }) => {
      if (this.#opened === opened) this.#events.lost(message || reason || 'the driver gives no reason');
    });
    return opened;
  }
}
