/** The package as `npm pack` makes it, installed in a folder next to only the packages that its package.json names. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'vite';

const ROOT = join(import.meta.dirname, '..', '..');
const PACKED = ['bin', 'shaders', 'docs', 'package.json', 'CHANGELOG.md', 'README.md', 'LICENSE'];

export class PackedPackage {
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
  }

  /** Builds into a temporary folder, as other tests may be building in the repository, and packs that. */
  static async create(): Promise<PackedPackage> {
    const home = mkdtempSync(join(tmpdir(), 'wgflow-package-'));
    const folder = join(home, 'package');
    mkdirSync(folder);
    for (const name of PACKED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    const dist = join(folder, 'dist');
    const configFile = join(ROOT, 'vite.config.ts');
    await build({ root: ROOT, configFile, logLevel: 'error', build: { outDir: dist } });
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const project = ['-p', join(ROOT, 'tsconfig.types.json'), '--outDir', join(dist, 'types')];
    execFileSync(process.execPath, [compiler, ...project]);
    execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', home], {
      cwd: folder,
    });
    return new PackedPackage(home);
  }

  remove(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }

  /** A new folder for a user. */
  folder(name: string): string {
    const folder = join(this.#home, name);
    mkdirSync(folder);
    return folder;
  }

  /**
   * Unpacks the package into `folder/node_modules`, with its dependencies but those in `without`. npm installs them next to
   * the package, or below a global one.
   */
  install(
    folder: string,
    { isGlobal = false, without = [] }: { isGlobal?: boolean; without?: readonly string[] } = {},
  ): void {
    const packages = join(folder, 'node_modules');
    const wgflow = join(packages, 'wgflow');
    mkdirSync(wgflow, { recursive: true });
    const { name, version, dependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(ROOT, 'package.json'), 'utf8'),
    ) as { name: string; version: string } & Record<string, Record<string, string>>;
    execFileSync('tar', ['-xzf', join(this.#home, `${name}-${version}.tgz`), '-C', wgflow, '--strip=1']);
    const beside = isGlobal ? join(wgflow, 'node_modules') : packages;
    const names = Object.keys({ ...dependencies, ...optionalDependencies });
    for (const each of names) if (!without.includes(each)) link(each, beside);
  }
}

/** Links a package of the repository into the folder `packages`. */
export function link(name: string, packages: string): void {
  mkdirSync(dirname(join(packages, name)), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules', name), join(packages, name));
}
