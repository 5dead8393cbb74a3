/**
 * The base class of every error that wgflow throws on purpose. Each has a stable `code` and carries the facts
 * as data. The constructor builds the sentence: subject, problem, found against expected, advice.
 */
export class WgflowError extends Error {
  /** Written out in each class, since minifiers rename classes. */
  override readonly name: string = 'WgflowError';
  /** Stable name of the kind of error, such as `SHAPE_MISMATCH`. */
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** No usable WebGPU adapter or device. */
export class GpuUnavailableError extends WgflowError {
  override readonly name = 'GpuUnavailableError';
  constructor(
    /** Why there is none. */
    readonly reason: string,
    /** How to get an adapter. */
    readonly advice: string,
  ) {
    super('GPU_UNAVAILABLE', `No usable WebGPU adapter: ${reason}. ${advice}`);
  }
}

/** A model or batch needs more than the device or wgflow allows. */
export class LimitError extends WgflowError {
  override readonly name = 'LimitError';
  constructor(
    /** What needs more than the limit. */
    readonly what: string,
    /** Name of the limit, such as `maxStorageBufferBindingSize`. */
    readonly limit: string,
    /** What the model or the batch needs, in the unit of the limit: bytes for sizes of buffers. */
    readonly needed: number,
    /** What the device, or wgflow, allows. */
    readonly available: number,
    advice: string,
    /** Whose limit it is. */
    by: 'this device' | 'wgflow' = 'this device',
  ) {
    super('LIMIT_EXCEEDED', `${what} needs ${limit} = ${needed}, but ${by} allows ${available}. ${advice}`);
  }
}

/** The device lacks a feature that an option needs. */
export class FeatureError extends WgflowError {
  override readonly name = 'FeatureError';
  constructor(
    /** The option that needs it. */
    readonly what: string,
    /** The feature, such as `shader-f16`. */
    readonly feature: string,
    /** The optional features that the device has. */
    readonly available: readonly string[],
    advice: string,
  ) {
    const found = available.length === 0 ? 'no optional ones' : available.join(', ');
    super(
      'FEATURE_MISSING',
      `${what} needs the device feature ${feature}, but this device has ${found}. ${advice}`,
    );
  }
}

/** An array, option or spec has the wrong size or value. */
export class ShapeError extends WgflowError {
  override readonly name = 'ShapeError';
  constructor(what: string, found: string, expected: string, advice = '') {
    super('SHAPE_MISMATCH', `${what}: found ${found}, expected ${expected}.${advice && ` ${advice}`}`);
  }
}

/** The results cannot be written: the disk is full or broken. */
export class OutputError extends WgflowError {
  override readonly name = 'OutputError';
  constructor(
    readonly file: string,
    readonly problem: string,
    advice: string,
  ) {
    super('OUTPUT_FAILED', `${file}: ${problem}. ${advice}`);
  }
}

/** A data file or data set cannot be used; `row` is the line in the file, counted from 1. */
export class DataError extends WgflowError {
  override readonly name = 'DataError';
  /** Name of the file, if the data came from one. */
  readonly file: string | undefined;
  /** Line of the file, or row of the array, from 1. */
  readonly row: number | undefined;
  /** Name of the column, if one is at fault. */
  readonly column: string | undefined;
  readonly #problem: string;
  readonly #advice: string;
  constructor(problem: string, where: DataPlace = {}, advice = '') {
    const place = [
      where.file,
      where.row === undefined ? undefined : `row ${where.row}`,
      where.column === undefined ? undefined : `column "${cut(where.column, 80)}"`,
    ].filter((part) => part !== undefined);
    super(
      'BAD_DATA',
      `${place.length > 0 ? `${place.join(', ')}: ` : ''}${cut(problem, 1000)}.${advice && ` ${advice}`}`,
    );
    this.file = where.file;
    this.row = where.row;
    this.column = where.column;
    this.#problem = problem;
    this.#advice = advice;
  }

  /** The same error with the name of the file. */
  inFile(file: string): DataError {
    return this.atLine(file, this.row);
  }

  /** The same error with the file and its line, if known. */
  atLine(file: string, row: number | undefined): DataError {
    return new DataError(this.#problem, { file, row, column: this.column }, this.#advice);
  }
}

/** Shortens a cell or a name, which may be as long as its file, and keeps it in one line. */
function cut(text: string, most: number): string {
  const shown = text.length > most ? `${text.slice(0, most)}…` : text;
  return shown.replace(/\p{Cc}/gu, '?');
}

/** The place of wrong data, as far as it is known. */
export interface DataPlace {
  /** Name of the file. */
  file?: string;
  /** Line of the file, or row of the array, from 1. */
  row?: number;
  /** Name of the column. */
  column?: string;
}

/** A model file is damaged, hostile, or does not fit its own spec. */
export class ModelFileError extends WgflowError {
  override readonly name = 'ModelFileError';
  constructor(
    /** Name of the file, or of the source. */
    readonly file: string,
    problem: string,
    advice = '',
  ) {
    super('BAD_MODEL_FILE', `${file}: ${problem}.${advice && ` ${advice}`}`);
  }
}

/** The first part of a step that became NaN or infinite. */
export type DivergedPart = 'loss' | 'gradient' | 'update';

const DIVERGED_PARTS: Readonly<Record<DivergedPart, string>> = {
  loss: 'the loss is not finite',
  gradient: 'the gradient of the loss is not finite',
  update:
    'the loss and its gradient are finite, but the new parameters are not: the learning rate is too large',
};

/**
 * The losses, gradients or updates of many steps became NaN or infinite. Such steps are skipped; the flow has its best
 * or its last good weights.
 */
export class TrainingDivergedError extends WgflowError {
  override readonly name = 'TrainingDivergedError';
  constructor(
    /** The step, from 1. */
    readonly step: number,
    /** The last finite NLL in nats; NaN if there was none. */
    readonly lastFiniteNll: number,
    /** What became NaN or infinite first. */
    readonly part: DivergedPart = 'loss',
    /** How often training went back to earlier weights before. */
    readonly returns = 0,
  ) {
    const known = Number.isFinite(lastFiniteNll)
      ? `last finite NLL ${lastFiniteNll.toFixed(4)} nats`
      : 'no step before it was finite';
    const tries = returns > 0 ? ' Earlier weights and a smaller learning rate did not help.' : '';
    super(
      'TRAINING_DIVERGED',
      `Training diverged at step ${step}: ${DIVERGED_PARTS[part]} (${known}).${tries} ` +
        'Lower the learning rate, set clipNorm, or use a bounded scale map (preset realnvp).',
    );
  }
}

const ROWS_SHOWN = 10;

/** `row 3`, `rows 3, 7, 9`; for many rows the first ones and the count. */
export function rowsText(rows: readonly number[]): string {
  const shown = rows.slice(0, ROWS_SHOWN).join(', ');
  const more = rows.length > ROWS_SHOWN ? `, … (${rows.length.toLocaleString('en')} in all)` : '';
  return `${rows.length === 1 ? 'row' : 'rows'} ${shown}${more}`;
}

/** Some rows of a call have NaN or infinite results, because an intermediate value left float32. */
export class NonFiniteError<Result = unknown> extends WgflowError {
  override readonly name = 'NonFiniteError';
  /** The results of all rows. */
  readonly #result: Result;
  /** @param rows counted from 1, or lines of the file */
  constructor(
    /** Which result, such as `log-density`. */
    readonly what: string,
    readonly rows: readonly number[],
    /** Number of rows of the call. */
    readonly count: number,
    result: Result,
    file?: string,
  ) {
    super(
      'NOT_FINITE',
      `${file === undefined ? '' : `${file}: `}${rows.length.toLocaleString('en')} of ${count.toLocaleString('en')} rows ` +
        `have no finite ${what}: ${rowsText(rows)}. The rows lie too far from the training data, or the model's weights ` +
        'are too large. Leave the rows out, use the precision f32, or train a model with bounded scales (preset realnvp).',
    );
    this.#result = result;
  }

  /** What the call would have returned, for all rows. */
  get result(): Result {
    return this.#result;
  }
}

/** The GPU had no memory for a buffer or for work. */
export class GpuMemoryError extends WgflowError {
  override readonly name = 'GpuMemoryError';
  constructor(
    /** The buffer or the work. */
    readonly what: string,
    /** Size of the buffer in bytes; undefined if the work was no buffer. */
    readonly bytes: number | undefined,
    detail: string,
  ) {
    const size = bytes === undefined ? '' : ` of ${bytes.toLocaleString('en')} bytes`;
    super(
      'OUT_OF_GPU_MEMORY',
      `${what}${size} could not be made on the GPU: ${detail.replace(/\.?\s*$/, '')}. ` +
        'Use a smaller batch, fewer rows or a smaller model, or close other programs that use the GPU.',
    );
  }
}

/** The GPU refused some work, so there is no result. */
export class GpuWorkError extends WgflowError {
  override readonly name = 'GpuWorkError';
  constructor(
    /** The work that was refused. */
    readonly what: string,
    detail: string,
  ) {
    super(
      'GPU_WORK_FAILED',
      `The GPU refused ${what}: ${detail.replace(/\.?\s*$/, '')}. The call has no result; try it again. ` +
        'If it fails again, this is a bug in wgflow or in the driver; please report it with the output of "wgflow info".',
    );
  }
}

/** The device was lost while work was pending. */
export class DeviceLostError extends WgflowError {
  override readonly name = 'DeviceLostError';
  constructor(
    /** `destroyed`, or `unknown` after a reset. */
    readonly reason: string,
    /** The device's own message. */
    readonly detail: string,
    advice = 'Open a new device and load the last saved model.',
  ) {
    super('DEVICE_LOST', `The GPU device was lost (${reason}): ${detail}. ${advice}`);
  }
}

/** An object was used after dispose(). */
export class DisposedError extends WgflowError {
  override readonly name = 'DisposedError';
  constructor(what: string) {
    super('DISPOSED', `${what} was used after dispose(). Create a new one.`);
  }
}

/** A shader did not compile or its pipeline could not be made. */
export class ShaderCompileError extends WgflowError {
  override readonly name = 'ShaderCompileError';
  constructor(
    /** Stem of the kernel. */
    readonly kernel: string,
    /** Line of the compiled shader, if known. */
    readonly line: number | undefined,
    detail: string,
  ) {
    super(
      'SHADER_COMPILE',
      `Kernel ${kernel}${line === undefined ? '' : `, line ${line}`}: ${detail}. This is a bug in wgflow or in the driver; please report it with the output of "wgflow info".`,
    );
  }
}

/** A kernel or a plan does not match its f64 twin. */
export class VerificationError extends WgflowError {
  override readonly name = 'VerificationError';
  constructor(
    /** A sentence for each result that does not match. */
    readonly mismatches: readonly string[],
  ) {
    super(
      'VERIFICATION_FAILED',
      `${mismatches.length} ${mismatches.length === 1 ? 'result' : 'results'} on this adapter ${mismatches.length === 1 ? 'does' : 'do'} not match the f64 twin: ` +
        `${mismatches[0] ?? ''}. This is a bug in wgflow or in the driver; please report it with the output of "wgflow info".`,
    );
  }
}
