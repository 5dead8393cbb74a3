/** The command line within the test's own process: its commands share the device, and so each kernel is compiled once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../src/cli/main.ts';
import type { Devices } from '../../src/cli/session.ts';
import { openNodeAdapter } from '../../src/gpu/dawn.ts';
import { openDeviceWithNote } from '../../src/node.ts';
import { CliFolder, events, words } from '../support/cliFolder.ts';
import type { CliResult, RunOptions } from '../support/cliFolder.ts';
import { testDevice } from '../support/device.ts';

export class CommandLine extends CliFolder {
  /** Runs follow each other: they share the process's output, folder and environment. */
  #last: Promise<unknown> = Promise.resolve();

  constructor() {
    super(mkdtempSync(join(tmpdir(), 'wgflow-commands-')));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** `args` are separated by spaces. */
  run(args: string, options: RunOptions = {}): Promise<CliResult> {
    return this.runWords(words(args), options);
  }

  runWords(args: readonly string[], options: RunOptions = {}): Promise<CliResult> {
    const run = this.#last.then(() => this.#run(args, options));
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #run(args: readonly string[], { env = {}, ownDevice = false }: RunOptions): Promise<CliResult> {
    const devices = ownDevice ? undefined : await sharedDevices();
    const outside = process.cwd();
    const given = { WGFLOW_TUNING_CACHE: `${this.folder}.tuning.json`, ...env };
    const before = Object.keys(given).map((name) => [name, process.env[name]] as const);
    const [out, err] = [captured(process.stdout), captured(process.stderr)];
    Object.assign(process.env, given);
    process.chdir(this.folder);
    try {
      const code = await main(args, devices);
      const stdout = out.text();
      return { code, stdout, stderr: err.text(), events: () => events(stdout) };
    } finally {
      process.chdir(outside);
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      out.release();
      err.release();
    }
  }
}

/** The device of the tests, unless a command needs larger limits. */
async function sharedDevices(): Promise<Devices> {
  const device = await testDevice();
  const opened = await openNodeAdapter();
  return {
    open: async (options) => {
      const isEnough = Object.entries(options?.limits ?? {}).every(
        ([name, needed]) => Number(device.limits[name as keyof GPUSupportedLimits]) >= (needed ?? 0),
      );
      return isEnough ? { device, opened } : openDeviceWithNote(options);
    },
    close: (used) => {
      if (used !== device) used.destroy();
    },
  };
}

/** Takes the text that is written to a stream. */
function captured(stream: NodeJS.WriteStream): { text: () => string; release: () => void } {
  const write = stream.write.bind(stream);
  const decoder = new TextDecoder();
  let text = '';
  stream.write = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | ((error?: Error) => void),
    done?: (error?: Error) => void,
  ): boolean => {
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    (typeof encoding === 'function' ? encoding : done)?.();
    return true;
  };
  return { text: () => text, release: () => (stream.write = write) };
}
