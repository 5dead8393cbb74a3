/** A device, with the objects that live as long: its buffers, its pipelines, its adapter's description. */
import { DeviceLostError } from '../errors.ts';
import { Buffers } from './buffers.ts';
import { Pipelines } from './pipelines.ts';

/** The facts about an adapter that a user or a benchmark file needs. */
export interface AdapterReport {
  vendor: string;
  architecture: string;
  device: string;
  description: string;
  /** Whether the adapter reports that it computes on the CPU. */
  software: boolean;
  /** Lanes of the smallest and the largest subgroup; 0 if the adapter has none, or does not report them. */
  subgroupMinSize: number;
  subgroupMaxSize: number;
  features: string[];
  limits: Record<string, number>;
}

const contexts = new WeakMap<GPUDevice, Gpu>();

export class Gpu {
  readonly device: GPUDevice;
  readonly buffers: Buffers;
  readonly pipelines: Pipelines;
  #lost: DeviceLostError | undefined;

  private constructor(device: GPUDevice) {
    this.device = device;
    this.buffers = new Buffers(device);
    this.pipelines = new Pipelines(device);
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

  /** Lanes of the smallest subgroup that the device may run; 0 if it has no subgroups. */
  get subgroupMinSize(): number {
    if (!this.device.features.has('subgroups')) return 0;
    const info = this.device.adapterInfo as GPUAdapterInfo | undefined;
    return info?.subgroupMinSize ?? 0;
  }

  /** Whether the adapter computes on the CPU. */
  get software(): boolean {
    return isSoftware(this.device);
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

/** Describes the adapter behind `device`. */
export function describeDevice(device: GPUDevice): AdapterReport {
  const info = device.adapterInfo as GPUAdapterInfo | undefined;
  const limits: Record<string, number> = {};
  for (const name of REPORTED_LIMITS) limits[name] = device.limits[name];
  return {
    vendor: info?.vendor ?? '',
    architecture: info?.architecture ?? '',
    device: info?.device ?? '',
    description: info?.description ?? '',
    software: isSoftware(device),
    subgroupMinSize: info?.subgroupMinSize ?? 0,
    subgroupMaxSize: info?.subgroupMaxSize ?? 0,
    features: [...device.features].sort(),
    limits,
  };
}

function isSoftware({ adapterInfo }: GPUDevice): boolean {
  return (adapterInfo as GPUAdapterInfo | undefined)?.isFallbackAdapter ?? false;
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
