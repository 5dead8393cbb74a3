/** Opening a WebGPU device in Node: Dawn from the package `webgpu`, or `navigator.gpu` where there is one. */
import { openNodeAdapter } from './gpu/dawn.ts';
import type { AdapterChoice, OpenedAdapter } from './gpu/dawn.ts';
import { requestDevice } from './gpu/device.ts';
import type { NeededLimits } from './gpu/device.ts';

export interface OpenDeviceOptions {
  /** `auto` (the default) takes a GPU, else a software adapter; `gpu` and `software` insist. */
  adapter?: AdapterChoice;
  /** Limits above WebGPU's defaults. */
  limits?: NeededLimits;
}

/**
 * A device for `Flow.create(spec, { device })`. It lives until `device.destroy()`.
 * @throws {GpuUnavailableError} when there is no adapter of that kind, with how to get one
 * @example
 * const device = await openDevice();
 * using flow = await Flow.create(realnvp(2), { device });
 */
export async function openDevice(options: OpenDeviceOptions = {}): Promise<GPUDevice> {
  return (await openDeviceWithNote(options)).device;
}

/** As `openDevice`, with how it was found and a line for the user where it is only a software adapter. */
export async function openDeviceWithNote(
  options: OpenDeviceOptions = {},
): Promise<{ device: GPUDevice; opened: OpenedAdapter }> {
  const opened = await openNodeAdapter(options.adapter);
  return { device: await requestDevice(opened.adapter, options.limits, opened.keepAlive), opened };
}

export type { AdapterChoice };
