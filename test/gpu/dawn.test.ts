import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GpuUnavailableError, ShapeError } from '../../src/errors.ts';
import { openNodeAdapter } from '../../src/gpu/dawn.ts';
import type { OpenedAdapter } from '../../src/gpu/dawn.ts';
import { unpackSwiftShader } from '../../src/gpu/swiftshader.ts';
import type { SwiftShaderFiles } from '../../src/gpu/swiftshader.ts';

const linuxX64 = process.platform === 'linux' && process.arch === 'x64';
const usesDawn = (globalThis.navigator as Navigator | undefined)?.gpu === undefined;

beforeEach(() => {
  vi.stubEnv('WGFLOW_ADAPTER', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe('the choice among the adapters of navigator.gpu', () => {
  const gpu = { info: { isFallbackAdapter: false, description: 'a GPU' } };
  const software = { info: { isFallbackAdapter: true, description: 'a CPU' } };

  function provide(best: object | null, fallback: object | null): void {
    const requestAdapter = (options?: GPURequestAdapterOptions): Promise<object | null> =>
      Promise.resolve(options?.forceFallbackAdapter === true ? fallback : best);
    vi.stubGlobal('navigator', { gpu: { requestAdapter } });
  }

  it('takes a GPU where there is one and has nothing to remark', async () => {
    provide(gpu, software);
    const opened = await openNodeAdapter();
    expect(opened).toMatchObject({ adapter: gpu, implementation: 'navigator.gpu', software: false });
    expect(opened.note).toBeUndefined();
  });

  it('falls back to software with a line for the user that names the adapter', async () => {
    provide(software, software);
    const opened = await openNodeAdapter();
    expect(opened).toMatchObject({ adapter: software, software: true });
    expect(opened.note).toMatch(/No GPU was found.* a CPU/);
  });

  it('gives software beside a GPU to who asks for it, without a remark', async () => {
    provide(gpu, software);
    const opened = await openNodeAdapter('software');
    expect(opened).toMatchObject({ adapter: software, software: true });
    expect(opened.note).toBeUndefined();
  });

  it('refuses software to who insists on a GPU', async () => {
    provide(software, software);
    await expect(openNodeAdapter('gpu')).rejects.toThrow(GpuUnavailableError);
    await expect(openNodeAdapter('gpu')).rejects.toThrow(/no GPU.*graphics driver/);
  });

  it('refuses a GPU to who insists on software', async () => {
    provide(gpu, null);
    await expect(openNodeAdapter('software')).rejects.toThrow(/no software adapter.*mesa-vulkan-drivers/);
  });

  it('says how to get an adapter where there is none', async () => {
    provide(null, null);
    await expect(openNodeAdapter()).rejects.toThrow(/neither a GPU nor a software one.*driver.*browser/);
  });

  it('lets WGFLOW_ADAPTER decide where the argument is auto, and only there', async () => {
    provide(gpu, software);
    vi.stubEnv('WGFLOW_ADAPTER', 'software');
    expect((await openNodeAdapter()).software).toBe(true);
    expect((await openNodeAdapter('auto')).software).toBe(true);
    expect((await openNodeAdapter('gpu')).software).toBe(false);
  });

  it('refuses a WGFLOW_ADAPTER that it does not know, and names those that it does', async () => {
    provide(gpu, software);
    vi.stubEnv('WGFLOW_ADAPTER', 'cuda');
    await expect(openNodeAdapter()).rejects.toThrow(ShapeError);
    await expect(openNodeAdapter()).rejects.toThrow(
      /WGFLOW_ADAPTER: found cuda.*auto, gpu, software, swiftshader/,
    );
  });

  it("refuses a driver for Dawn where the runtime's own WebGPU is used", async () => {
    provide(gpu, software);
    vi.stubEnv('WGFLOW_ADAPTER', 'swiftshader');
    await expect(openNodeAdapter()).rejects.toThrow(/WGFLOW_ADAPTER=swiftshader.*Unset/);
  });

  it('goes on after an opening that failed', async () => {
    provide(null, null);
    const failing = openNodeAdapter();
    const alsoFailing = openNodeAdapter();
    await expect(failing).rejects.toThrow(GpuUnavailableError);
    await expect(alsoFailing).rejects.toThrow(GpuUnavailableError);
    provide(gpu, software);
    expect((await openNodeAdapter()).software).toBe(false);
  });
});

// A software adapter is guaranteed only on Linux x64, where it comes from npm.
describe.runIf(linuxX64)('a software adapter of this machine', () => {
  it('is a fallback adapter whose device computes', async () => {
    const opened = await openNodeAdapter('software');
    expect(opened.software).toBe(true);
    expect(opened.adapter.info.isFallbackAdapter).toBe(true);
    expect(await double(opened, 130)).toEqual(Array.from({ length: 130 }, (_, i) => 2 * i));
  });

  it('serves two devices at once', async () => {
    const both = await Promise.all([openNodeAdapter('software'), openNodeAdapter('software')]);
    const results = await Promise.all(both.map((opened) => double(opened, 7)));
    expect(results).toEqual([
      [0, 2, 4, 6, 8, 10, 12],
      [0, 2, 4, 6, 8, 10, 12],
    ]);
  });

  it('is opened without a trace on globalThis or in the environment', async () => {
    const globalsBefore = Reflect.ownKeys(globalThis);
    const environmentBefore = { ...process.env };
    await openNodeAdapter('software');
    expect(Reflect.ownKeys(globalThis)).toEqual(globalsBefore);
    expect({ ...process.env }).toEqual(environmentBefore);
  });
});

describe.runIf(linuxX64 && usesDawn)('SwiftShader from npm, under Dawn', () => {
  it('computes on a machine that shows no other driver, and leaves the environment as it was', async () => {
    const environmentBefore = { ...process.env, WGFLOW_ADAPTER: 'swiftshader' };
    vi.stubEnv('WGFLOW_ADAPTER', 'swiftshader');
    const opened = await openNodeAdapter();
    expect({ ...process.env }).toEqual(environmentBefore);
    expect(opened).toMatchObject({ implementation: 'dawn', software: true });
    expect(opened.adapter.info.description).toContain('SwiftShader');
    expect(opened.note).toBeUndefined();
    expect(await double(opened, 65)).toEqual(Array.from({ length: 65 }, (_, i) => 2 * i));
  });

  it('is what auto falls back to when the machine has no driver', async () => {
    vi.stubEnv('VK_DRIVER_FILES', '/nonexistent/icd.json');
    const opened = await openNodeAdapter();
    expect(opened.adapter.info.description).toContain('SwiftShader');
    expect(opened.note).toContain('SwiftShader');
  });

  it('is not taken for a GPU', async () => {
    vi.stubEnv('VK_DRIVER_FILES', '/nonexistent/icd.json');
    await expect(openNodeAdapter('gpu')).rejects.toThrow(/Dawn found no GPU.*"software"/);
  });
});

describe.runIf(linuxX64)('unpacking SwiftShader', () => {
  let parent: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'wgflow-test-'));
  });
  afterEach(() => {
    rmSync(parent, { recursive: true, force: true });
  });

  async function unpack(): Promise<SwiftShaderFiles> {
    const files = await unpackSwiftShader(parent);
    if (files === undefined)
      throw new Error('the development dependency @sparticuz/chromium is not installed');
    return files;
  }

  it('gives a loader, and a manifest that points to a driver', async () => {
    const { loader, manifest } = await unpack();
    const driver = driverOf(manifest);
    for (const library of [loader, driver]) {
      expect(readFileSync(library).subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    }
    // A shared library ends with its section headers: e_shoff + e_shnum · e_shentsize.
    expect(statSync(driver).size).toBe(elfSize(readFileSync(driver)));
    expect(statSync(loader).size).toBe(elfSize(readFileSync(loader)));
  });

  it('finds the files of an earlier call and leaves them alone', async () => {
    const first = await unpack();
    const before = identities(dirname(first.loader));
    expect(await unpack()).toEqual(first);
    expect(identities(dirname(first.loader))).toEqual(before);
  });

  it('mends a folder with a cut or a missing file', async () => {
    const { loader, manifest } = await unpack();
    const whole = sizes(dirname(loader));
    truncateSync(driverOf(manifest), 1000);
    rmSync(loader);
    await unpack();
    expect(sizes(dirname(loader))).toEqual(whole);
  });

  it('ends whole when two callers race, and leaves nothing else behind', async () => {
    const [first, second] = await Promise.all([unpack(), unpack()]);
    expect(second).toEqual(first);
    expect(Object.keys(sizes(dirname(first.loader)))).toEqual([
      'icd.json',
      'libvk_swiftshader.so',
      'libvulkan.so.1',
      'sizes.json',
    ]);
    const before = identities(dirname(first.loader));
    await unpack();
    expect(identities(dirname(first.loader))).toEqual(before);
  });

  it('refuses a folder that others can write to, and a link', async () => {
    const folder = dirname((await unpack()).loader);
    chmodSync(folder, 0o777);
    await expect(unpack()).rejects.toThrow(GpuUnavailableError);
    await expect(unpack()).rejects.toThrow(/only this user can write to.*TMPDIR/);
    rmSync(folder, { recursive: true });
    symlinkSync(tmpdir(), folder);
    await expect(unpack()).rejects.toThrow(/only this user can write to/);
  });

  it('says what to do where there is no place to unpack to', async () => {
    const file = join(parent, 'file');
    writeFileSync(file, '');
    await expect(unpackSwiftShader(file)).rejects.toThrow(GpuUnavailableError);
    await expect(unpackSwiftShader(file)).rejects.toThrow(/cannot be unpacked into .*TMPDIR/);
  });
});

function driverOf(manifest: string): string {
  return /"library_path":"([^"]+)"/.exec(readFileSync(manifest, 'utf8'))?.[1] ?? '';
}

/** Size of a 64-bit little-endian ELF file whose section headers come last. */
function elfSize(elf: Buffer): number {
  return Number(elf.readBigUInt64LE(0x28)) + elf.readUInt16LE(0x3a) * elf.readUInt16LE(0x3c);
}

function sizes(folder: string): Record<string, number> {
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, statSync(join(folder, name)).size]),
  );
}

function identities(folder: string): [string, number, number][] {
  return readdirSync(folder)
    .sort()
    .map((name) => [name, statSync(join(folder, name)).ino, statSync(join(folder, name)).mtimeMs]);
}

/** Doubles n numbers on a device of the opened adapter and reads them back. */
async function double({ adapter }: OpenedAdapter, n: number): Promise<number[]> {
  const device = await adapter.requestDevice();
  const module = device.createShaderModule({
    code: `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
      @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
        if (id.x < arrayLength(&x)) { x[id.x] = 2 * f32(id.x); }
      }`,
  });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  // The numeric values of GPUBufferUsage, whose global does not exist in Node.
  const storage = device.createBuffer({ label: 'x', size: 4 * n, usage: 0x80 | 0x4 });
  const staging = device.createBuffer({ label: 'staging', size: 4 * n, usage: 0x1 | 0x8 });
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: storage } }],
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(Math.ceil(n / 64));
  pass.end();
  encoder.copyBufferToBuffer(storage, 0, staging, 0, 4 * n);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(0x1);
  const values = [...new Float32Array(staging.getMappedRange().slice(0))];
  staging.unmap();
  device.destroy();
  return values;
}
