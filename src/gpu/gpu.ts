/** A device, with the objects that live as long: its buffers, its pipelines, its adapter's description. */
import { DeviceLostError } from '../errors.ts';
import { Buffers } from './buffers.ts';
import { describeDevice } from './device.ts';
import type { AdapterReport } from './device.ts';
import { Pipelines } from './pipelines.ts';

const contexts = new WeakMap<GPUDevice, Gpu>();

export class Gpu {
  readonly device: GPUDevice;
  readonly buffers: Buffers;
  readonly pipelines: Pipelines;
  readonly adapter: AdapterReport;
  #lost: DeviceLostError | undefined;

  private constructor(device: GPUDevice) {
    this.device = device;
    this.buffers = new Buffers(device);
    this.pipelines = new Pipelines(device);
    this.adapter = describeDevice(device);
    void device.lost.then((info) => {
      this.#lost = new DeviceLostError(info.reason, info.message || 'no detail given');
    });
  }

  /** The single context of `device`, made on first use. */
  static of(device: GPUDevice): Gpu {
    const known = contexts.get(device);
    if (known !== undefined) return known;
    const context = new Gpu(device);
    contexts.set(device, context);
    return context;
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** The loss of the device, once it is lost. */
  get lost(): DeviceLostError | undefined {
    return this.#lost;
  }

  /** @throws {DeviceLostError} once the device is lost */
  requireAlive(): void {
    if (this.#lost !== undefined) throw this.#lost;
  }

  /** Runs `work`; the loss of the device meanwhile is its failure, as work on a lost device need not fail by itself. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    this.requireAlive();
    try {
      const result = await work();
      this.requireAlive();
      return result;
    } catch (error) {
      // A separate promise reports the loss; it may settle just after the failed call.
      await new Promise((resolve) => setTimeout(resolve, 0));
      throw this.#lost ?? error;
    }
  }
}
