/** Finds a WebGPU adapter outside the browser: `navigator.gpu` if it exists, else Dawn from npm. */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import type * as Dawn from 'webgpu';
import { GpuUnavailableError, ShapeError } from '../errors.ts';
import { installAdvice, resolvePackage } from '../optionalPackage.ts';
import { prepareSwiftShader } from './swiftshader.ts';

/** `auto` prefers a GPU and falls back to software; `gpu` and `software` insist. */
export const ADAPTER_CHOICES = ['auto', 'gpu', 'software'] as const;
/** Which adapter to open: `auto` takes a GPU, else a software adapter. */
export type AdapterChoice = (typeof ADAPTER_CHOICES)[number];

/** An adapter, and how it was found. */
export interface OpenedAdapter {
  /** WebGPU's adapter. */
  adapter: GPUAdapter;
  /** Who provides WebGPU: Dawn from the package `webgpu`, or the runtime. */
  implementation: 'dawn' | 'navigator.gpu';
  /** True for an adapter that computes on the CPU. */
  software: boolean;
  /** The WebGPU instance. Hold it as long as the device: its garbage collection loses the device. */
  keepAlive: unknown;
  /** A line for the user, if `auto` found no GPU. */
  note?: string;
}

const WANTED = ['auto', 'gpu', 'software', 'swiftshader'] as const;
type Wanted = (typeof WANTED)[number];

const DRIVER_ADVICE = 'For a GPU, update the graphics driver (on Linux a Vulkan driver)';
/** Dawn, and a driver for machines without a GPU. */
const PACKAGES = ['webgpu', '@sparticuz/chromium'] as const;
const BROWSER_ADVICE = 'or use wgflow in a browser that has WebGPU';

// Environment variables control the search for a driver, so openings must not overlap.
let previous: Promise<void> = Promise.resolve();

/**
 * Opens the best adapter of the wanted kind. If `choice` is `auto`, the environment variable WGFLOW_ADAPTER
 * decides (auto, gpu, software, or swiftshader, which requires the driver from npm).
 * @throws {GpuUnavailableError} when there is no such adapter, with how to get one
 * @throws {ShapeError} when WGFLOW_ADAPTER has another value
 */
export function openNodeAdapter(choice: AdapterChoice = 'auto'): Promise<OpenedAdapter> {
  return afterOtherOpenings(() => open(choice));
}

export function afterOtherOpenings<T>(open: () => Promise<T>): Promise<T> {
  const opening = previous.then(open);
  previous = opening.then(
    () => undefined,
    () => undefined,
  );
  return opening;
}

async function open(choice: AdapterChoice): Promise<OpenedAdapter> {
  const wanted = wantedAdapter(choice);
  const provided = (globalThis.navigator as Navigator | undefined)?.gpu;
  return provided === undefined ? openDawn(wanted) : openProvided(provided, wanted);
}

function wantedAdapter(choice: AdapterChoice): Wanted {
  if (choice !== 'auto') return choice;
  const asked = process.env['WGFLOW_ADAPTER'] || 'auto';
  const wanted = WANTED.find((name) => name === asked);
  if (wanted === undefined) {
    throw new ShapeError('environment variable WGFLOW_ADAPTER', asked, `one of ${WANTED.join(', ')}`);
  }
  return wanted;
}

async function openProvided(gpu: GPU, wanted: Wanted): Promise<OpenedAdapter> {
  if (wanted === 'swiftshader') {
    throw new GpuUnavailableError(
      'WGFLOW_ADAPTER=swiftshader chooses a driver for Dawn, but this runtime has its own navigator.gpu',
      'Unset WGFLOW_ADAPTER, or set it to auto, gpu or software.',
    );
  }
  const adapter = await requestFrom(gpu, wanted);
  if (adapter !== undefined) return opened(adapter, 'navigator.gpu', wanted, gpu);
  throw new GpuUnavailableError(
    `navigator.gpu has no ${describeWanted(wanted)}`,
    `${DRIVER_ADVICE}, ${BROWSER_ADVICE}. A software adapter comes with Mesa 23 or later (Debian, Ubuntu: mesa-vulkan-drivers).`,
  );
}

/**
 * Dawn's clamp of every index takes about half of SwiftShader's time. The kernels check their own bounds, and
 * the tests also run them with the clamps on.
 */
const UNCHECKED = 'enable-dawn-features=disable_robustness';

async function openDawn(wanted: Wanted): Promise<OpenedAdapter> {
  const create = await importDawn();
  const system = async (): Promise<OpenedAdapter | undefined> => {
    const gpu = create([]);
    const adapter = await requestFrom(gpu, wanted);
    return adapter && opened(adapter, 'dawn', wanted, gpu);
  };
  const npm = async (): Promise<OpenedAdapter | undefined> => {
    const manifest = await prepareSwiftShader();
    if (manifest === undefined) return undefined;
    return withEnvironment(onlyDriver(manifest), async () => {
      const gpu = create([UNCHECKED]);
      const adapter = await requestFrom(gpu, 'software');
      // In a worker thread process.env is a copy that the loader does not see; then this is another driver.
      return adapter && isSwiftShader(adapter) ? opened(adapter, 'dawn', wanted, gpu) : undefined;
    });
  };
  for (const attempt of attempts(wanted, system, npm)) {
    const found = await attempt();
    if (found !== undefined) return found;
  }
  throw new GpuUnavailableError(`Dawn found no ${describeWanted(wanted)}`, dawnAdvice(wanted));
}

function attempts<T>(wanted: Wanted, system: T, npm: T): T[] {
  if (wanted === 'gpu') return [system];
  if (wanted === 'swiftshader') return [npm];
  // Dawn warns on stderr when the system has no driver, and the warning cannot be turned off.
  return mayHaveDriver() ? [system, npm] : [npm, system];
}

/** @throws {GpuUnavailableError} when the package webgpu is missing or does not load */
export async function importDawn(): Promise<(options: string[]) => GPU> {
  const entry = resolvePackage('webgpu');
  if (entry === undefined) {
    throw new GpuUnavailableError(
      'the package webgpu is not installed',
      `Install it, and a software adapter for machines without a GPU, ${installAdvice(...PACKAGES)}. Or use wgflow in a browser that has WebGPU.`,
    );
  }
  try {
    return ((await import(/* @vite-ignore */ pathToFileURL(entry).href)) as typeof Dawn).create;
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new GpuUnavailableError(
      `the package webgpu does not load: ${message}`,
      `It has binaries for macOS, Windows and Linux with glibc, x64 and arm64. Reinstall it, ${installAdvice('webgpu')}; ${BROWSER_ADVICE}.`,
    );
  }
}

/** The best adapter of `gpu` that fits; a GPU comes before software. */
async function requestFrom(gpu: GPU, wanted: Wanted): Promise<GPUAdapter | undefined> {
  const best = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (best === null) return undefined;
  if (wanted === 'auto' || (wanted === 'gpu') === !best.info.isFallbackAdapter) return best;
  if (wanted === 'gpu') return undefined;
  return (await gpu.requestAdapter({ forceFallbackAdapter: true })) ?? undefined;
}

function opened(
  adapter: GPUAdapter,
  implementation: OpenedAdapter['implementation'],
  wanted: Wanted,
  keepAlive: GPU,
): OpenedAdapter {
  const software = adapter.info.isFallbackAdapter;
  const found = { adapter, implementation, software, keepAlive };
  if (!software || wanted !== 'auto') return found;
  const name = adapter.info.description || adapter.info.device || 'a software adapter';
  return { ...found, note: `No GPU was found: computing on the CPU through ${name}, many times slower.` };
}

function isSwiftShader({ info }: GPUAdapter): boolean {
  return /swiftshader/i.test(`${info.description} ${info.device} ${info.architecture}`);
}

/** The variables with which the Vulkan loader sees only the driver of `manifest`. */
export function onlyDriver(manifest: string): Record<string, string> {
  // If both are set, newer loaders read the first and ignore the second; older ones only know the second.
  return { VK_DRIVER_FILES: manifest, VK_ICD_FILENAMES: manifest };
}

/** Runs `work` while the environment has these variables; only within `afterOtherOpenings`. */
export async function withEnvironment<T>(
  variables: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** False if none of the Vulkan loader's folders contains a driver manifest. */
function mayHaveDriver(): boolean {
  if (process.platform !== 'linux') return true;
  const { env } = process;
  const chosen = env['VK_DRIVER_FILES'] || env['VK_ICD_FILENAMES'];
  const listed = `${chosen ?? ''}:${env['VK_ADD_DRIVER_FILES'] ?? ''}`.split(':');
  if (listed.some((path) => path !== '' && existsSync(path))) return true;
  if (chosen) return false;
  return manifestFolders().some((folder) => manifestsIn(folder).length > 0);
}

/** The folders where the Vulkan loader looks for the manifests of drivers. */
export function manifestFolders(): string[] {
  const { env } = process;
  const roots = [
    env['XDG_CONFIG_HOME'] || join(homedir(), '.config'),
    ...(env['XDG_CONFIG_DIRS'] || '/etc/xdg').split(':'),
    '/etc',
    '/usr/local/etc',
    env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'),
    ...(env['XDG_DATA_DIRS'] || '/usr/local/share:/usr/share').split(':'),
    '/usr/local/share',
    '/usr/share',
    '/run/opengl-driver/share',
  ];
  return roots.map((root) => join(root, 'vulkan', 'icd.d'));
}

/** The names of the manifests in a folder. */
export function manifestsIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}

function describeWanted(wanted: Wanted): string {
  if (wanted === 'gpu') return 'GPU, and software adapters are excluded';
  return wanted === 'auto' ? 'adapter, neither a GPU nor a software one' : 'software adapter';
}

function dawnAdvice(wanted: Wanted): string {
  if (wanted === 'gpu')
    return `${DRIVER_ADVICE}, choose the adapter "auto" or "software", ${BROWSER_ADVICE}.`;
  const advice = `For a software adapter (Linux x64), ${installAdvice(...PACKAGES)}. ${DRIVER_ADVICE}, ${BROWSER_ADVICE}.`;
  return isMainThread
    ? advice
    : `In a worker thread, start it with { env: SHARE_ENV }: the Vulkan loader does not see a worker's copy of the environment. ${advice}`;
}
