/// <reference lib="esnext.disposable" preserve="true" />
/** Opens and describes a device: the part shared by the browser, Deno and Dawn in Node. */
import { GpuUnavailableError, LimitError } from '../errors.ts';

// The declarations of the package compile without `@webgpu/types` too; with it, these merge with the full ones.
declare global {
  interface GPU {}
  interface GPUAdapter {}
  interface GPUBindGroupLayout {}
  interface GPUBuffer {}
  interface GPUCommandEncoder {}
  interface GPUComputePassEncoder {}
  interface GPUComputePipeline {}
  interface GPUDevice {}
}

/** Limits above WebGPU's defaults that a model needs. */
export type NeededLimits = Partial<Record<'maxStorageBufferBindingSize' | 'maxBufferSize', number>>;

/** Features that kernels and benchmarks use if the adapter has them; all are optional. */
const OPTIONAL_FEATURES: readonly GPUFeatureName[] = ['subgroups', 'shader-f16', 'timestamp-query'];

// A device is lost when its WebGPU instance or adapter is garbage collected.
const keptAlive = new WeakMap<GPUDevice, unknown>();

/** How to open devices again that wgflow opened itself. */
const openers = new WeakMap<GPUDevice, () => Promise<GPUDevice>>();

/** The device of `open`, which `reopen` calls once it is lost. */
export async function openedBy(open: () => Promise<GPUDevice>): Promise<GPUDevice> {
  const device = await open();
  openers.set(device, open);
  return device;
}

/** Waits for a promise of a device. */
export type Wait = <T>(promise: Promise<T>) => Promise<T>;

const waits = new WeakMap<GPUDevice, Wait>();

/** Lets every readback from the device wait by `wait`. */
export function waitBy(device: GPUDevice, wait: Wait): void {
  waits.set(device, wait);
}

/** How to wait for the device: by default the promise itself. */
export function waitOf(device: GPUDevice): Wait {
  return waits.get(device) ?? ((promise) => promise);
}

/** Waits between attempts to open a device again, ms: a driver that was reset needs a moment. */
const REOPEN_WAITS_MS = [0, 100, 300, 1000, 3000];

/** Another device in place of a lost one; undefined if it came from elsewhere, or there is no adapter any more. */
export async function reopen(lost: GPUDevice): Promise<GPUDevice | undefined> {
  const open = openers.get(lost);
  if (open === undefined) return undefined;
  for (const wait of REOPEN_WAITS_MS) {
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      return await openedBy(open);
    } catch (error) {
      // Right after a reset a driver may refuse anything.
      if (error instanceof LimitError) throw error;
    }
  }
  return undefined;
}

/**
 * A device of `adapter` with default limits, raised only as `needed` says, and with the adapter's optional
 * features. `keepAlive` (such as the WebGPU instance) stays referenced as long as the device.
 * @throws {LimitError} when the adapter cannot give a needed limit
 */
export async function requestDevice(
  adapter: GPUAdapter,
  needed: NeededLimits = {},
  keepAlive?: unknown,
): Promise<GPUDevice> {
  const requiredLimits: Record<string, number> = {};
  for (const [limit, value] of Object.entries(needed)) {
    const available = adapter.limits[limit as keyof NeededLimits];
    if (value > available) throw new LimitError('The model', limit, value, available, 'Use a smaller model.');
    requiredLimits[limit] = value;
  }
  const requiredFeatures = OPTIONAL_FEATURES.filter((feature) => adapter.features.has(feature));
  const device = await adapter.requestDevice({ label: 'wgflow', requiredLimits, requiredFeatures });
  keptAlive.set(device, { adapter, keepAlive });
  return device;
}

/**
 * A device from `navigator.gpu`: a browser's, or Deno's.
 * @throws {GpuUnavailableError} when there is no `navigator.gpu` or it has no adapter
 */
export async function requestNavigatorDevice(needed: NeededLimits = {}): Promise<GPUDevice> {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (gpu === undefined) {
    throw new GpuUnavailableError(
      'there is no navigator.gpu here',
      'In a browser use a current Chrome, Edge, Firefox or Safari over https. ' +
        "In Node pass { device: await openDevice() } with openDevice from 'wgflow/node'.",
    );
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) {
    throw new GpuUnavailableError(
      'navigator.gpu has no adapter',
      'Update the graphics driver, or allow WebGPU in the browser (chrome://gpu shows what is missing).',
    );
  }
  return requestDevice(adapter, needed, gpu);
}

/** The facts about an adapter that a user or a benchmark file needs. */
export interface AdapterReport {
  /** The maker of the GPU, such as `nvidia`; empty if the adapter does not say. */
  vendor: string;
  /** The family of the GPU, such as `ampere`; empty if the adapter does not say. */
  architecture: string;
  /** The model of the GPU; empty if the adapter does not say. */
  device: string;
  /** The driver's own description; empty if the adapter does not say. */
  description: string;
  /** Whether the adapter reports that it computes on the CPU. */
  software: boolean;
  /** Lanes of the smallest and the largest subgroup; 0 if the device has none, or the adapter does not report them. */
  subgroupMinSize: number;
  /** See `subgroupMinSize`. */
  subgroupMaxSize: number;
  /** The optional features of the device, by their names in WebGPU. */
  features: string[];
  /** The limits of the device, by their names in WebGPU; bytes for sizes of buffers. */
  limits: Record<string, number>;
}

/** Describes the adapter behind `device`. */
export function describeDevice(device: GPUDevice): AdapterReport {
  const info = device.adapterInfo as GPUAdapterInfo | undefined;
  const hasSubgroups = device.features.has('subgroups');
  const limits: Record<string, number> = {};
  for (const name of REPORTED_LIMITS) limits[name] = device.limits[name];
  return {
    vendor: info?.vendor ?? '',
    architecture: info?.architecture ?? '',
    device: info?.device ?? '',
    description: info?.description ?? '',
    software: info?.isFallbackAdapter ?? false,
    subgroupMinSize: (hasSubgroups && info?.subgroupMinSize) || 0,
    subgroupMaxSize: (hasSubgroups && info?.subgroupMaxSize) || 0,
    features: [...device.features].sort(),
    limits,
  };
}

const REPORTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
] as const satisfies readonly (keyof GPUSupportedLimits)[];
