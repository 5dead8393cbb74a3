/** SwiftShader, a Vulkan driver that runs on the CPU, from the optional npm package @sparticuz/chromium. */
import { existsSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { GpuUnavailableError } from '../errors.ts';
import { resolvePackage } from '../optionalPackage.ts';

const PACKAGE = '@sparticuz/chromium';
const DRIVER = 'libvk_swiftshader.so';
const LOADER = 'libvulkan.so.1';
const MANIFEST = 'icd.json';
const SIZES = 'sizes.json';
// From <dlfcn.h> of glibc; os.constants.dlopen lacks it.
const RTLD_NODELETE = 0x1000;

/** Paths of the unpacked files. */
export interface SwiftShaderFiles {
  /** The driver's manifest, for VK_DRIVER_FILES. */
  manifest: string;
  /** A Vulkan loader, for machines that have none. */
  loader: string;
}

/**
 * Unpacks SwiftShader, loads its Vulkan loader into this process, and returns the path of the driver's
 * manifest, for VK_DRIVER_FILES. `undefined` if the package is not installed or this is not Linux x64.
 * @throws {GpuUnavailableError} when the files cannot be unpacked or the loader does not load
 */
export async function prepareSwiftShader(): Promise<string | undefined> {
  const files = await unpackSwiftShader();
  if (files === undefined) return undefined;
  loadVulkanLoader(files.loader);
  return files.manifest;
}

/**
 * Unpacks the driver and the loader once per package version and user; later calls reuse the files.
 * @param parent folder of the cache folder; by default the system's temporary folder
 * @throws {GpuUnavailableError} when the cache folder cannot be written to, or someone else could write to
 *   it, or the package lacks a file
 */
export async function unpackSwiftShader(parent = tmpdir()): Promise<SwiftShaderFiles | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const source = await findPackage();
  if (source === undefined) return undefined;
  const folder = join(parent, `wgflow-swiftshader-${source.version}-${process.getuid?.() ?? 0}`);
  try {
    await claimFolder(folder);
    if (!(await isWhole(folder))) await unpackInto(folder, source.archive);
  } catch (error) {
    if (error instanceof GpuUnavailableError) throw error;
    throw new GpuUnavailableError(
      `SwiftShader cannot be unpacked into ${folder}: ${error instanceof Error ? error.message : String(error)}`,
      'Set TMPDIR to a folder that can be written to and has 10 MB to spare.',
    );
  }
  return { manifest: join(folder, MANIFEST), loader: join(folder, LOADER) };
}

async function findPackage(): Promise<{ archive: string; version: string } | undefined> {
  const entry = resolvePackage(PACKAGE);
  if (entry === undefined) return undefined;
  let folder = dirname(entry);
  // The package does not export its package.json, so search upwards from the entry point.
  for (; folder !== dirname(folder); folder = dirname(folder)) {
    const description = await readJson(join(folder, 'package.json'));
    if (description?.['name'] !== PACKAGE) continue;
    const archive = join(folder, 'bin', 'swiftshader.tar.br');
    return existsSync(archive) ? { archive, version: String(description['version']) } : undefined;
  }
  return undefined;
}

/** Code is loaded from this folder, so no one else may be able to write to it. */
async function claimFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0) return;
  throw new GpuUnavailableError(
    `SwiftShader would be unpacked into ${folder}, which is not a folder that only this user can write to`,
    'Remove it, or set TMPDIR to a folder of your own.',
  );
}

async function isWhole(folder: string): Promise<boolean> {
  const sizes = await readJson(join(folder, SIZES));
  if (sizes === undefined) return false;
  for (const name of [DRIVER, LOADER, MANIFEST]) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found === undefined || found.size !== sizes[name]) return false;
  }
  return true;
}

async function unpackInto(folder: string, archive: string): Promise<void> {
  const tar = await promisify(brotliDecompress)(await readFile(archive));
  const files = new Map(regularFiles(tar).filter(([name]) => name === DRIVER || name === LOADER));
  for (const name of [DRIVER, LOADER]) {
    if (!files.has(name)) {
      throw new GpuUnavailableError(
        `${archive} has no ${name}`,
        `Install the version of ${PACKAGE} that wgflow needs: npm i ${PACKAGE}@147`,
      );
    }
  }
  const manifest = {
    file_format_version: '1.0.0',
    ICD: { library_path: join(folder, DRIVER), api_version: '1.1.0' },
  };
  files.set(MANIFEST, Buffer.from(JSON.stringify(manifest)));
  const sizes = Object.fromEntries([...files].map(([name, bytes]) => [name, bytes.length]));
  files.set(SIZES, Buffer.from(JSON.stringify(sizes)));
  // Each file appears by a rename, SIZES last. So a concurrent process sees complete files or no files, and a
  // folder that lost files to a cleaner of /tmp is repaired in place.
  const fresh = await mkdtemp(join(folder, 'unpacking-'));
  try {
    for (const [name, bytes] of files) {
      await writeFile(join(fresh, name), bytes, { mode: 0o600 });
      await rename(join(fresh, name), join(folder, name));
    }
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** The regular files of a ustar archive: 512-byte headers, each followed by its file padded to 512 bytes. */
function regularFiles(tar: Buffer): [name: string, bytes: Buffer][] {
  const files: [string, Buffer][] = [];
  const field = (start: number, end: number): string =>
    tar.toString('latin1', start, end).replace(/\0.*$/s, '');
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const size = parseInt(field(at + 124, at + 136), 8);
    if (!Number.isSafeInteger(size)) break;
    const type = field(at + 156, at + 157);
    if (type === '0' || type === '') {
      files.push([field(at, at + 100).replace(/^\.\//, ''), tar.subarray(at + 512, at + 512 + size)]);
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/**
 * Makes the loader visible to Dawn in this process. Dawn calls dlopen("libvulkan.so.1"), which searches the
 * system's folders and LD_LIBRARY_PATH. Glibc reads the latter only when the process starts, which is too
 * late. But a library that is already resident under that soname is found first. So this makes it resident
 * with the only dlopen in Node, the one for native addons. That call finds no addon, throws, and closes the
 * library again, but RTLD_NODELETE keeps it loaded.
 */
function loadVulkanLoader(path: string): void {
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (message.includes('did not self-register')) return;
    throw new GpuUnavailableError(
      `the Vulkan loader unpacked from ${PACKAGE} does not load: ${message}`,
      'If its folder is on a file system mounted noexec, set TMPDIR to one that is not.',
    );
  }
}

async function readJson(path: string): Promise<Record<string, unknown> | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
