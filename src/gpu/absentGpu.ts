/** A GPU that is not in the machine: Mesa's RADV compiles kernels for it, and says what they became. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { GpuUnavailableError } from '../errors.ts';
import type { Dispatch } from '../plan/kernel.ts';
import type { AdapterFacts } from '../plan/variants.ts';
import driverSource from './absentGpu.c?raw';
import {
  afterOtherOpenings,
  importDawn,
  manifestFolders,
  manifestsIn,
  onlyDriver,
  withEnvironment,
} from './dawn.ts';
import { requestDevice } from './device.ts';
import { Gpu } from './gpu.ts';

const INSTALL =
  'Install gcc and Mesa 25 or later with its Vulkan drivers (Debian, Ubuntu: apt-get install gcc libc6-dev mesa-vulkan-drivers libvulkan1).';

/** Compiles one kernel at a time and runs none. */
export class AbsentGpu implements Disposable {
  readonly facts: AdapterFacts;
  readonly #device: GPUDevice;
  readonly #folder: string;
  #previous: Promise<unknown> = Promise.resolve();

  private constructor(device: GPUDevice, folder: string) {
    this.facts = { subgroupMinSize: Gpu.of(device).adapter.subgroupMinSize, software: false };
    this.#device = device;
    this.#folder = folder;
  }

  /**
   * @param name RADV's name of the GPU, such as `navi31`; for a name that it does not know, RADV aborts the process
   * @throws {GpuUnavailableError} when Mesa, gcc or Dawn is missing
   */
  static open(name: string): Promise<AbsentGpu> {
    return afterOtherOpenings(async () => {
      const folder = await mkdtemp(join(tmpdir(), 'wgflow-gpu-'));
      try {
        const manifest = await buildDriver(name, folder);
        const environment = {
          ...onlyDriver(manifest),
          RADV_FORCE_FAMILY: name,
          RADV_DEBUG: 'shaderstats,asm',
          MESA_SHADER_CACHE_DISABLE: 'true',
        };
        return await withEnvironment(environment, () => AbsentGpu.#openIn(folder, name));
      } catch (error) {
        await rm(folder, { recursive: true, force: true });
        throw error;
      }
    });
  }

  static async #openIn(folder: string, name: string): Promise<AbsentGpu> {
    const gpu = (await importDawn())([]);
    const adapter = await gpu.requestAdapter();
    if (adapter === null || !adapter.info.description.startsWith('radv')) {
      throw new GpuUnavailableError(`Mesa's RADV has no GPU "${name}" here`, INSTALL);
    }
    return new AbsentGpu(await requestDevice(adapter, {}, gpu), folder);
  }

  /**
   * What the driver prints of the dispatch's pipeline: statistics and machine code. Empty if a pipeline of the same
   * text was compiled before.
   */
  compile(dispatch: Dispatch): Promise<string> {
    const listing = join(this.#folder, LISTING);
    const compiled = this.#previous.then(async () => {
      await writeFile(listing, '');
      await Gpu.of(this.#device).pipelines.get(dispatch);
      return readFile(listing, 'utf8');
    });
    this.#previous = compiled.catch(() => undefined);
    return compiled;
  }

  [Symbol.dispose](): void {
    this.#device.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const LISTING = 'listing.txt';

/** Builds the driver in front of RADV. @returns its manifest */
async function buildDriver(name: string, folder: string): Promise<string> {
  const library = await radvLibrary();
  if (library === undefined) throw missing(name, "Mesa's RADV");
  const source = join(folder, 'driver.c');
  const built = join(folder, 'driver.so');
  await writeFile(source, driverSource);
  const defined = { DRIVER: library, LISTING: join(folder, LISTING) };
  const definitions = Object.entries(defined).map(([name, path]) => `-D${name}=${JSON.stringify(path)}`);
  const args = ['-O1', '-shared', '-fPIC', '-o', built, ...definitions, source, '-ldl'];
  const { error, status, stderr } = spawnSync('gcc', args, { encoding: 'utf8' });
  if (error !== undefined) throw missing(name, 'gcc');
  if (status !== 0) throw new GpuUnavailableError(`gcc failed: ${stderr.trim()}`, INSTALL);
  const manifest = join(folder, 'driver.json');
  const icd = { library_path: built, api_version: '1.3.0' };
  await writeFile(manifest, JSON.stringify({ file_format_version: '1.0.0', ICD: icd }));
  return manifest;
}

function missing(gpu: string, what: string): GpuUnavailableError {
  return new GpuUnavailableError(
    `compiling for ${gpu} without the GPU takes Mesa's RADV and gcc, and ${what} is missing`,
    INSTALL,
  );
}

/** RADV's library as its manifest names it: a path, or a name that the system's linker finds. */
async function radvLibrary(): Promise<string | undefined> {
  for (const folder of manifestFolders()) {
    const manifest = manifestsIn(folder).find((file) => /^radeon_icd(\.x86_64)?\.json$/.test(file));
    if (manifest === undefined) continue;
    const file = join(folder, manifest);
    const { ICD } = JSON.parse(await readFile(file, 'utf8')) as { ICD: { library_path: string } };
    const library = ICD.library_path;
    if (!library.includes('/')) return library;
    const path = resolve(dirname(file), library);
    if (existsSync(path)) return path;
  }
  return undefined;
}
