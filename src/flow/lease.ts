/** The device of a flow. */
import { Gpu } from '../gpu/gpu.ts';
import { openedBy, reopen, requestNavigatorDevice } from '../gpu/device.ts';
import type { Precision } from '../plan/precision.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { limitsFor, requireRoom } from './limits.ts';

/** The use of a device. One that a flow opened closes with the last flow that uses it. */
export class DeviceLease {
  #gpu: Gpu;
  #flows = 1;
  #closes: boolean;
  #reopening: Promise<boolean> | undefined;

  private constructor(device: GPUDevice, closes: boolean) {
    this.#gpu = Gpu.of(device);
    this.#closes = closes;
  }

  /** The given device, or else a new one. @throws {GpuUnavailableError} when there is none */
  static async open(spec: FlowSpec, device: GPUDevice | undefined): Promise<DeviceLease> {
    const opened = device ?? (await openedBy(() => requestNavigatorDevice(limitsFor(spec))));
    const lease = new DeviceLease(opened, device === undefined);
    // A device that was lost before says so in the next turn of the event loop.
    if (device !== undefined) await new Promise((resolve) => setTimeout(resolve, 0));
    return lease;
  }

  get gpu(): Gpu {
    return this.#gpu;
  }

  /** Opens another device in place of a lost one, once for all flows. @returns whether there is one */
  reopen(): Promise<boolean> {
    if (!this.#gpu.isLost) return Promise.resolve(true);
    this.#reopening ??= this.#reopen().finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  async #reopen(): Promise<boolean> {
    const device = await reopen(this.#gpu.device);
    if (device === undefined) return false;
    this.#gpu = Gpu.of(device);
    this.#closes = true;
    if (this.#flows === 0) device.destroy();
    return this.#flows > 0;
  }

  /** Lets another flow use the device. */
  share(): this {
    this.#flows++;
    return this;
  }

  release(): void {
    this.#flows--;
    if (this.#closes && this.#flows === 0) this.#gpu.device.destroy();
  }

  /** @throws {LimitError | FeatureError} when the device does not suit a flow of this spec and precision */
  async requireSuited(spec: FlowSpec, precision: Precision = 'f32'): Promise<void> {
    const { device } = this.gpu;
    requireRoom(spec, device);
    if (precision !== 'f32') (await import('./later.ts')).requirePrecision(precision, spec, device);
  }
}
