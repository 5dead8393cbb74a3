/** What every command shares: where words go, how it ends, the device. */
import { WgflowError } from '../errors.ts';
import { describeDevice } from '../gpu/context.ts';
import type { AdapterReport } from '../gpu/context.ts';
import { openDeviceWithNote } from '../node.ts';
import type { AdapterChoice } from '../node.ts';
import { discardAllOutputs } from './outputFile.ts';

export const EXIT = { done: 0, failed: 1, badInput: 2, noAdapter: 3, interrupted: 130 } as const;

export interface GlobalOptions {
  json?: boolean;
  adapter?: AdapterChoice;
}

const EXIT_BY_CODE: Record<string, number> = {
  GPU_UNAVAILABLE: EXIT.noAdapter,
  SHAPE_MISMATCH: EXIT.badInput,
  BAD_DATA: EXIT.badInput,
  BAD_MODEL_FILE: EXIT.badInput,
};

/** Results and `--json` events go to stdout; progress, tables and warnings to stderr. */
export class Session {
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly #adapter: AdapterChoice;
  readonly #interrupt = new AbortController();
  #device: GPUDevice | undefined;

  constructor({ json = false, adapter = 'auto' }: GlobalOptions) {
    this.json = json;
    this.#adapter = adapter;
    this.signal = this.#interrupt.signal;
    const onSignal = (): void => {
      // A second Ctrl-C does not wait for the step at work.
      if (this.signal.aborted) {
        discardAllOutputs();
        process.exit(EXIT.interrupted);
      }
      this.#interrupt.abort(new Interrupted());
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  }

  /** Opens the device, once, and tells the user which one it is. */
  async open(): Promise<{ device: GPUDevice; report: AdapterReport }> {
    if (this.#device === undefined) {
      const { device, opened } = await openDeviceWithNote({ adapter: this.#adapter });
      this.#device = device;
      const report = describeDevice(device);
      this.say(
        `Adapter: ${adapterName(report)} (${opened.implementation}${report.software ? ', software' : ''})`,
      );
      if (opened.note !== undefined) this.say(opened.note);
      this.emit({
        event: 'adapter',
        name: adapterName(report),
        implementation: opened.implementation,
        ...report,
      });
    }
    return { device: this.#device, report: describeDevice(this.#device) };
  }

  /** A line for people, on stderr. */
  say(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  /** A line for programs, on stdout, with `--json` only. */
  emit(event: { event: string } & Record<string, unknown>): void {
    if (this.json) process.stdout.write(`${JSON.stringify(event)}\n`);
  }

  /** Runs a command and ends the process with its exit code. */
  async run(command: (session: Session) => Promise<void>): Promise<never> {
    let code: number = EXIT.done;
    try {
      await command(this);
    } catch (error) {
      code = this.#explain(error);
    }
    discardAllOutputs();
    this.#device?.destroy();
    await new Promise((resolve) => process.stdout.write('', resolve));
    // Dawn's instance keeps the event loop alive.
    process.exit(code);
  }

  #explain(error: unknown): number {
    if (this.signal.aborted) {
      this.say('Interrupted.');
      this.emit({ event: 'interrupted' });
      return EXIT.interrupted;
    }
    // The reader of a pipe, `head` say, has seen enough.
    if (isBrokenPipe(error)) return EXIT.done;
    if (error instanceof WgflowError) {
      this.say(`error: ${error.message}`);
      this.emit({ ...error, event: 'error', code: error.code, message: error.message });
      return EXIT_BY_CODE[error.code] ?? EXIT.failed;
    }
    const message = error instanceof Error ? error.message : String(error);
    this.say(`error: ${message} (a bug in wgflow; WGFLOW_DEBUG=1 shows where)`);
    if (process.env['WGFLOW_DEBUG'] !== undefined) console.error(error);
    this.emit({ event: 'error', code: 'INTERNAL', message });
    return EXIT.failed;
  }
}

class Interrupted extends Error {
  constructor() {
    super('interrupted');
  }
}

export function adapterName({ description, device, vendor }: AdapterReport): string {
  return description || device || vendor || 'unnamed adapter';
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'EPIPE';
}
