/** The built command line in a temporary folder, run as separate processes like a user's. */
import { constants } from 'node:os';
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';

const ROOT = join(import.meta.dirname, '..', '..');

export interface CliResult {
  /** As a shell reports it: 128 + n for a process that signal n ended. */
  code: number | null;
  stdout: string;
  stderr: string;
  /** The lines of stdout as JSON; throws if one is not. */
  events: () => Record<string, unknown>[];
}

export interface RunningCli {
  process: ChildProcessWithoutNullStreams;
  ended: Promise<CliResult>;
  /** Resolves when stdout matches. Rejects if the process ends first. */
  saying: (pattern: RegExp) => Promise<void>;
}

export interface RunOptions {
  env?: Record<string, string>;
}

export class CliSandbox {
  readonly #home: string;
  readonly folder: string;

  private constructor(home: string) {
    this.#home = home;
    this.folder = join(home, 'work');
    mkdirSync(this.folder);
  }

  /** Builds the package into a temporary folder: other builds may be running in the repository's own. */
  static async create(): Promise<CliSandbox> {
    const home = mkdtempSync(join(tmpdir(), 'wgflow-cli-'));
    await build({
      root: ROOT,
      configFile: join(ROOT, 'vite.config.ts'),
      logLevel: 'error',
      build: { outDir: join(home, 'dist'), emptyOutDir: false },
    });
    cpSync(join(ROOT, 'bin'), join(home, 'bin'), { recursive: true });
    cpSync(join(ROOT, 'package.json'), join(home, 'package.json'));
    symlinkSync(join(ROOT, 'node_modules'), join(home, 'node_modules'));
    return new CliSandbox(home);
  }

  remove(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }

  run(args: string, options?: RunOptions): Promise<CliResult> {
    return this.start(args, options).ended;
  }

  /** `args` are separated by spaces. */
  start(args: string, { env = {} }: RunOptions = {}): RunningCli {
    const child = spawn(process.execPath, [join(this.#home, 'bin', 'wgflow.js'), ...words(args)], {
      cwd: this.folder,
      env: {
        ...process.env,
        WGFLOW_ADAPTER: process.env['WGFLOW_ADAPTER'] ?? 'swiftshader',
        WGFLOW_TUNING_CACHE: join(this.#home, 'tuning.json'),
        ...env,
      },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin.end();
    const ended = new Promise<CliResult>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) =>
        resolve({ code: exitCode(code, signal), stdout, stderr, events: () => events(stdout) }),
      );
    });
    const saying = (pattern: RegExp): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(stdout)) resolve();
        };
        child.stdout.on('data', look);
        child.on('close', () => reject(new Error(`ended before it said ${pattern}: ${stdout}${stderr}`)));
        look();
      });
    return { process: child, ended, saying };
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(this.path(name), content);
  }

  bytes(name: string): Uint8Array {
    return new Uint8Array(readFileSync(this.path(name)));
  }

  /** Names of all files and folders, including hidden ones. */
  files(): string[] {
    return readdirSync(this.folder).sort();
  }

  /** A table that the command line wrote. */
  table(name: string): { columns: string[]; rows: number[][] } {
    return parseTable(readFileSync(this.path(name), 'utf8'));
  }
}

export function parseTable(text: string): { columns: string[]; rows: number[][] } {
  const [header = '', ...lines] = text.trimEnd().split('\n');
  return { columns: header.split(','), rows: lines.map((line) => line.split(',').map(Number)) };
}

function words(args: string): string[] {
  return args.split(' ').filter((word) => word !== '');
}

function events(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function exitCode(code: number | null, signal: NodeJS.Signals | null): number | null {
  return signal === null ? code : 128 + constants.signals[signal];
}
