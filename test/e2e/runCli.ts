/** The built command line in a temporary folder, run as separate processes like a user's. */
import { constants } from 'node:os';
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { CliFolder, events, words } from '../support/cliFolder.ts';
import type { CliResult, ProcessOptions } from '../support/cliFolder.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface RunningCli {
  process: ChildProcessWithoutNullStreams;
  ended: Promise<CliResult>;
  /** Resolves when stdout matches. Rejects if the process ends first. */
  saying: (pattern: RegExp) => Promise<void>;
}

export class CliSandbox extends CliFolder {
  /** Where the package lies: bin, dist, package.json, node_modules. */
  readonly home: string;

  private constructor(home: string) {
    super(join(home, 'work'));
    this.home = home;
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
    rmSync(this.home, { recursive: true, force: true });
  }

  /** The packages that every command loads. */
  packagesAtStart(): string[] {
    const pending = ['./cli.js'];
    const found = new Set(pending);
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (!next.startsWith('./')) continue;
      const text = readFileSync(join(this.home, 'dist', next), 'utf8');
      for (const [, name = ''] of text.matchAll(/^import (?:.* from )?"(.*)";$/gm)) {
        if (!found.has(name)) pending.push(name);
        found.add(name);
      }
    }
    return [...found].filter((name) => !/^\.\/|^node:/.test(name)).sort();
  }

  run(args: string, options?: ProcessOptions): Promise<CliResult> {
    return this.start(args, options).ended;
  }

  /** `args` are separated by spaces. */
  start(args: string, options: ProcessOptions = {}): RunningCli {
    return this.startScript(join(this.home, 'bin', 'wgflow.js'), words(args), options);
  }

  /** Runs a script in the folder. */
  startScript(
    script: string,
    args: readonly string[],
    { env = {}, input, redirect }: ProcessOptions = {},
  ): RunningCli {
    const command = [process.execPath, script, ...args];
    const [program = '', ...given] =
      redirect === undefined ? command : ['sh', '-c', `exec "$0" "$@" ${redirect}`, ...command];
    const child = spawn(program, given, {
      cwd: this.folder,
      env: {
        ...process.env,
        WGFLOW_ADAPTER: process.env['WGFLOW_ADAPTER'] ?? 'swiftshader',
        WGFLOW_TUNING_CACHE: join(this.home, 'tuning.json'),
        ...env,
      },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    // A command that fails early reads nothing.
    child.stdin.on('error', () => undefined).end(input);
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
}

function exitCode(code: number | null, signal: NodeJS.Signals | null): number | null {
  return signal === null ? code : 128 + constants.signals[signal];
}
