/**
 * Opens a WebGPU device in Node: Dawn from the package `webgpu`, or `navigator.gpu` if it exists.
 * @module wgflow/node
 */
import { ADAPTER_CHOICES, openNodeAdapter } from './gpu/dawn.ts';
import type { AdapterChoice, OpenedAdapter } from './gpu/dawn.ts';
import { openedBy, requestDevice, waitBy } from './gpu/device.ts';
import type { NeededLimits } from './gpu/device.ts';
import { resting } from './gpu/resting.ts';
import { integer, OBJECT, oneOf, requireOptions } from './calls/optionRules.ts';
import type { OptionRules } from './calls/optionRules.ts';

/** Options of `openDevice`. */
export interface OpenDeviceOptions {
  /** `auto` (the default) takes a GPU, else a software adapter; `gpu` and `software` insist. */
  adapter?: AdapterChoice;
  /** Limits above WebGPU's defaults. */
  limits?: NeededLimits;
}

const DEVICE_RULES: OptionRules<keyof OpenDeviceOptions> = {
  adapter: oneOf(ADAPTER_CHOICES),
  limits: OBJECT,
};
const LIMIT_RULES: OptionRules<keyof NeededLimits> = {
  maxStorageBufferBindingSize: integer(1),
  maxBufferSize: integer(1),
};

/**
 * A device for `Flow.create(spec, { device })`. It lives until `device.destroy()`.
 * @throws {GpuUnavailableError} when there is no adapter of that kind, with how to get one
 * @throws {LimitError} when the adapter allows less than `limits`
 * @example
 * const device = await openDevice();
 * using flow = await Flow.create(realnvp(2), { device });
 */
export async function openDevice(options: OpenDeviceOptions = {}): Promise<GPUDevice> {
  return (await openDeviceWithNote(options)).device;
}

/**
 * Like `openDevice`; also says how the device was found and warns if it is only a software adapter.
 * @throws {GpuUnavailableError | LimitError} like `openDevice`
 */
export async function openDeviceWithNote(
  options: OpenDeviceOptions = {},
): Promise<{ device: GPUDevice; opened: OpenedAdapter }> {
  requireOptions('openDevice', options, DEVICE_RULES);
  requireOptions('openDevice', options.limits ?? {}, LIMIT_RULES, [], 'limits.');
  const { adapter, limits } = options;
  let opened = await openNodeAdapter(adapter);
  let isFirst = true;
  const device = await openedBy(async () => {
    // An adapter gives one device.
    if (!isFirst) opened = await openNodeAdapter(adapter);
    isFirst = false;
    const made = await requestDevice(opened.adapter, limits, opened.keepAlive);
    if (opened.software && opened.implementation === 'dawn') waitBy(made, resting);
    return made;
  });
  return { device, opened };
}

export type { AdapterChoice, OpenedAdapter };
