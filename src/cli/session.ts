/** Shared by all commands: output, exit codes, the device. */
import { ShapeError, WgflowError } from '../errors.ts';
import type { TableNotice } from '../data/records.ts';
import { describeDevice } from '../gpu/device.ts';
import type { AdapterReport } from '../gpu/device.ts';
import type { NeededLimits } from '../gpu/device.ts';
import { openDeviceWithNote } from '../node.ts';
import type { AdapterChoice } from '../node.ts';
import type { Precision } from '../plan/precision.ts';
import type { TuningMode, TuningOptions } from '../flow/tuningOptions.ts';
import { jsonText } from './json.ts';
import { discardAllOutputs, reporting } from './outputFile.ts';
import { RunLog } from './runLog.ts';
import { requireStandardOutput } from './standardOutput.ts';
import { tuningOptions } from './tuningLog.ts';

export const EXIT = { done: 0, failed: 1, badInput: 2, noAdapter: 3, interrupted: 130 } as const;

export interface GlobalOptions {
  json?: boolean;
  quiet?: boolean;
  adapter?: AdapterChoice;
  /** Only for commands that run kernels. */
  tuning?: TuningMode;
  precision?: Precision;
}

/** Gives a command its device. */
export interface Devices {
  open: typeof openDeviceWithNote;
  /** The command is done with the device. */
  close: (device: GPUDevice) => void;
}

/** A device of its own for each command. */
const OWN_DEVICES: Devices = { open: openDeviceWithNote, close: (device) => device.destroy() };

const EXIT_BY_CODE: Record<string, number> = {
  GPU_UNAVAILABLE: EXIT.noAdapter,
  LIMIT_EXCEEDED: EXIT.badInput,
  FEATURE_MISSING: EXIT.badInput,
  SHAPE_MISMATCH: EXIT.badInput,
  BAD_DATA: EXIT.badInput,
  BAD_MODEL_FILE: EXIT.badInput,
};

/** The lines that `--quiet` leaves. */
const LOUD = /^(error|Warning|MISMATCH)\b/;

/** Control characters except newline and tab. */
const STEERING = /[^\n\t\P{Cc}]/gu;

/** Two SIGINTs within this time are one press of Ctrl-C, ms. */
const SAME_PRESS_MS = 300;

/** Results and `--json` events go to stdout; progress, tables and warnings to stderr. */
export class Session {
  readonly json: boolean;
  /** Whether only errors and warnings go to stderr. */
  readonly quiet: boolean;
  readonly signal: AbortSignal;
  /** For `Flow.create` and `Flow.load`. */
  readonly tuning: TuningOptions;
  readonly #adapter: AdapterChoice;
  readonly #devices: Devices;
  readonly #interrupt = new AbortController();
  readonly #notices = new Set<string>();
  #device: GPUDevice | undefined;
  #log: RunLog | undefined;
  #lostOutput: Error | undefined;

  constructor(
    { json = false, quiet = false, adapter = 'auto', tuning, precision }: GlobalOptions,
    devices: Devices = OWN_DEVICES,
  ) {
    this.json = json;
    this.quiet = quiet;
    this.#adapter = adapter;
    this.#devices = devices;
    this.signal = this.#interrupt.signal;
    this.tuning = tuningOptions(this, tuning, precision);
  }

  /** Listens to signals and to lost readers of the output. @returns a function that ends it */
  #listen(): () => void {
    let interruptedAt = -Infinity;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (this.signal.aborted) {
        // A second Ctrl-C does not wait for the current step. A launcher passes the first one on, so that it comes twice;
        // other signals, which programs send, may come again while the work is being saved.
        if (signal !== 'SIGINT' || performance.now() < interruptedAt + SAME_PRESS_MS) return;
        discardAllOutputs();
        // End the process with the signal itself, which a shell also shows as 130. exit() would first unload
        // the driver under running work, and can crash in it.
        process.removeAllListeners('SIGINT');
        process.kill(process.pid, 'SIGINT');
        return;
      }
      interruptedAt = performance.now();
      this.#interrupt.abort(new Interrupted());
    };
    const onLostOutput = (error: Error): void => {
      if (!isBrokenPipe(error)) this.#lostOutput ??= error;
    };
    // SIGHUP: the terminal was closed.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
    // Unread events are no reason to stop a training run.
    process.stdout.on('error', onLostOutput);
    return () => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, onSignal);
      process.stdout.off('error', onLostOutput);
    };
  }

  /**
   * Opens the device once and prints its name.
   * @param limits needed by the model, above WebGPU's defaults
   * @throws {GpuUnavailableError} when there is no adapter of the wanted kind
   * @throws {LimitError} when the adapter cannot give a needed limit
   */
  async open(limits?: NeededLimits): Promise<{ device: GPUDevice; report: AdapterReport }> {
    if (this.#device === undefined) {
      const { device, opened } = await this.#devices.open({ adapter: this.#adapter, limits });
      this.#device = device;
      const report = describeDevice(device);
      this.say(
        opened.note ??
          `Adapter: ${adapterName(report)} (${opened.implementation}${report.software ? ', software' : ''})`,
      );
      this.emit({
        event: 'adapter',
        name: adapterName(report),
        implementation: opened.implementation,
        ...report,
      });
    }
    return { device: this.#device, report: describeDevice(this.#device) };
  }

  /**
   * Prints a line for people, on stderr; with `--quiet` only if it is an error or a warning. A message may quote a file,
   * and no file may steer the terminal.
   */
  say(line: string): void {
    if (this.quiet && !LOUD.test(line)) return;
    process.stderr.write(`${line.replace(STEERING, '?')}\n`);
  }

  /** Prints a remark on the input once. */
  readonly notice = ({ kind, message }: TableNotice): void => {
    const line = `${kind === 'warning' ? 'Warning' : 'Note'}: ${message}`;
    if (this.#notices.has(line)) return;
    this.#notices.add(line);
    this.say(line);
    this.emit({ event: 'warning', kind, message });
  };

  /** Prints a result for people, on stdout. @throws {OutputError} if that is closed */
  print(text: string): void {
    requireStandardOutput();
    process.stdout.write(text);
  }

  /** Prints an event for programs, on stdout, only with `--json`; and adds it to the log, if there is one. */
  emit(event: { event: string } & Record<string, unknown>): void {
    if (this.json) process.stdout.write(`${eventLine(event)}\n`);
    this.#log?.add(eventLine({ time: new Date().toISOString(), ...event }));
  }

  /** Keeps the events from now on for a log; `beginLog` writes them. */
  logTo(file: string | undefined): void {
    if (file !== undefined) this.#log ??= new RunLog(file, (line) => this.say(line));
  }

  /**
   * Opens the log, if there is one: every event goes there, with its time.
   * @param continues whether the lines of an earlier run stay
   * @throws {DataError} when the file may not be written
   */
  async beginLog(continues: boolean): Promise<void> {
    const log = this.#log;
    if (log !== undefined) await reporting(log.file, async () => log.begin(continues));
  }

  /** @throws {ShapeError} when `file` is standard output, which `--json` reserves for events */
  requireFile(option: string, file: string | undefined): void {
    if (this.json && file === '-') {
      throw new ShapeError(
        option,
        '- (standard output) with --json',
        'a file',
        'Events go to standard output.',
      );
    }
  }

  /** Runs a command and returns its exit code. */
  async run(command: (session: Session) => Promise<void>): Promise<number> {
    const stopListening = this.#listen();
    let code: number = EXIT.done;
    try {
      await command(this);
    } catch (error) {
      code = this.#explain(error);
    }
    discardAllOutputs();
    if (this.#device !== undefined) this.#devices.close(this.#device);
    await new Promise((resolve) => process.stdout.write('', resolve));
    if (code === EXIT.done && this.#lostOutput !== undefined) code = this.#explain(this.#lostOutput);
    this.#log?.close();
    stopListening();
    return code;
  }

  #explain(error: unknown): number {
    // A failed checkpoint write is an error even if the user stopped the run.
    if (this.signal.aborted && !(error instanceof WgflowError)) {
      this.say('Interrupted.');
      this.emit({ event: 'interrupted' });
      return EXIT.interrupted;
    }
    // The reader of a pipe, such as `head`, has seen enough.
    if (isBrokenPipe(error)) return EXIT.done;
    if (error instanceof WgflowError) {
      const { code, message, name: _, ...facts } = error;
      this.#tellError(code, message, facts);
      return EXIT_BY_CODE[code] ?? EXIT.failed;
    }
    const message = error instanceof Error ? error.message : String(error);
    if (this.#lostOutput !== undefined && message === this.#lostOutput.message) {
      this.#tellError('OUTPUT_LOST', `standard output: ${message}; the output there is incomplete.`);
      return EXIT.failed;
    }
    if (isFolderGone(error)) {
      this.#tellError('BAD_DATA', 'The current folder was deleted. Change to another folder.');
      return EXIT.badInput;
    }
    if (process.env['WGFLOW_DEBUG'] !== undefined) console.error(error);
    this.#tellError('INTERNAL', `${message} (a bug in wgflow; WGFLOW_DEBUG=1 shows where)`);
    return EXIT.failed;
  }

  #tellError(code: string, message: string, facts: object = {}): void {
    this.say(`error: ${message}`);
    this.emit({ event: 'error', code, message, ...facts });
  }
}

/** JSON escapes only the first 32 control characters. */
function eventLine(event: object): string {
  return jsonText(event).replace(
    STEERING,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

class Interrupted extends Error {
  constructor() {
    super('interrupted');
  }
}

export function adapterName({ description, device, vendor }: AdapterReport): string {
  return description || device || vendor || 'unnamed adapter';
}

/** Whether the system could not name the current folder. */
function isFolderGone(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall === 'uv_cwd';
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'EPIPE';
}
