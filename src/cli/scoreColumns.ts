/** The columns that `wgflow logprob` and `explain` write next to log_prob, on request. */
import type { Cell } from '../data/csv.ts';
import { firstRepeated } from '../data/csvLayout.ts';
import { pValueOf, thresholdOf, typicality } from '../data/heldOut.ts';
import type { HeldOut } from '../data/heldOut.ts';
import type { ColumnChoice, TextRows } from '../data/readTable.ts';
import { ModelFileError, ShapeError } from '../errors.ts';
import type { ModelFile } from './modelInput.ts';
import type { Session } from './session.ts';

export interface ScoreOptions {
  /** The number of the row in the file. */
  row?: boolean;
  /** A column of the table. */
  id?: string;
  /** All columns of the table. */
  append?: boolean;
  rank?: boolean;
  pValue?: boolean;
  typical?: boolean;
  /** A false-alarm rate. */
  alarm?: number;
}

/** The row's number and own cells, which are written before its scores. */
export class OwnCells {
  readonly #options: ScoreOptions;
  #names: readonly string[] = [];

  constructor(options: ScoreOptions) {
    this.#options = options;
  }

  get areAsked(): boolean {
    const { row, id, append } = this.#options;
    return row === true || id !== undefined || append === true;
  }

  /** The columns of the table to keep; the one of --id is the first. */
  readonly choice: ColumnChoice = (_, __, all) => {
    const { id, append } = this.#options;
    this.#names = [...new Set([...(id === undefined ? [] : [id]), ...(append === true ? all : [])])];
    return this.#names;
  };

  /** The names, once the first line of the table is read. */
  get names(): string[] {
    return [...(this.#options.row === true ? ['row'] : []), ...this.#names];
  }

  of({ cells, lines }: TextRows, index: number): Cell[] {
    return [...(this.#options.row === true ? [lines[index] ?? NaN] : []), ...(cells[index] ?? [])];
  }
}

/** The score of a row, and what it says. */
export class Scores {
  readonly names: readonly string[];
  readonly #options: ScoreOptions;
  readonly #heldOut: HeldOut | undefined;
  readonly #threshold: number;
  #below = 0;
  #rows = 0;

  /**
   * @param isEnsemble whether other models take part
   * @throws {ShapeError | ModelFileError} when held-out rows are needed, and the model has none or too few
   */
  constructor(model: ModelFile, isEnsemble: boolean, options: ScoreOptions) {
    const { rank, pValue, typical, alarm } = options;
    this.#options = options;
    this.#heldOut = heldOutFor(model, isEnsemble, options);
    this.#threshold =
      alarm === undefined || this.#heldOut === undefined ? NaN : thresholdOf(this.#heldOut, alarm);
    this.names = [
      'log_prob',
      ...(rank === true ? ['rank'] : []),
      ...(pValue === true ? ['p_value'] : []),
      ...(typical === true ? ['typical'] : []),
      ...(alarm === undefined ? [] : ['alarm']),
    ];
  }

  /** The cells of a row. @param rank 1 for the least likely row */
  of(logProb: number, rank: number): Cell[] {
    const { rank: isRanked, pValue, typical, alarm } = this.#options;
    const held = this.#heldOut;
    return [
      logProb,
      ...(isRanked === true ? [rank] : []),
      ...(pValue === true && held ? [rounded(pValueOf(held, logProb))] : []),
      ...(typical === true && held ? [rounded(typicality(held, logProb))] : []),
      ...(alarm === undefined ? [] : [logProb < this.#threshold ? 'yes' : 'no']),
    ];
  }

  /** Counts the alarms among these rows. */
  count(logProb: Float32Array): void {
    this.#rows += logProb.length;
    if (this.#options.alarm === undefined) return;
    this.#below += logProb.reduce((count, value) => count + (value < this.#threshold ? 1 : 0), 0);
  }

  /** Prints the threshold, the rows below it, and the rate that was promised. */
  tellAlarms(session: Session): void {
    const { alarm } = this.#options;
    const held = this.#heldOut;
    if (alarm === undefined || held === undefined) return;
    const [below, rows, threshold] = [this.#below, this.#rows, this.#threshold];
    session.emit({ event: 'alarm', rate: alarm, threshold, below, rows, heldOutRows: held.rows });
    // The share of all such rows below a value of rank k has a beta distribution.
    const spread = Math.sqrt((alarm * (1 - alarm)) / (held.rows + 2));
    session.say(
      `Alarm below ${threshold.toFixed(4)} nats: ${below.toLocaleString('en')} of ${rows.toLocaleString('en')} rows ` +
        `(${percent(below / rows)}). Promised: ${percent(alarm)}, give or take ${percent(spread)}, of rows like the ` +
        `${held.rows.toLocaleString('en')} held-out ones`,
    );
  }
}

/** @throws {ShapeError} when a column of the result has the name of another one */
export function requireNewNames(names: readonly string[], file: string): void {
  const twice = firstRepeated(names);
  if (twice === undefined) return;
  throw new ShapeError(
    'logprob',
    `the column ${twice} in ${file}, like a column of the result`,
    'another name',
    'Rename the column in the table, or write other columns beside the scores.',
  );
}

/** The distribution of held-out rows, if an option needs it. */
function heldOutFor(
  { file, model }: ModelFile,
  isEnsemble: boolean,
  { pValue, typical, alarm }: ScoreOptions,
): HeldOut | undefined {
  const option =
    alarm !== undefined
      ? '--alarm'
      : pValue === true
        ? '--p-value'
        : typical === true
          ? '--typical'
          : undefined;
  if (option === undefined) return undefined;
  if (isEnsemble) {
    throw new ShapeError(
      'logprob',
      `${option} with --ensemble`,
      'a single model',
      'Each model has held-out rows of its own, so there are none that all models have not seen.',
    );
  }
  const heldOut = model.training?.heldOut;
  if (heldOut !== undefined) return heldOut;
  throw new ModelFileError(
    file,
    `found no log p of held-out rows, expected __metadata__.wgflow_training.heldOut for ${option}`,
    model.optimizer === undefined
      ? 'Train the model again, with held-out rows.'
      : 'A checkpoint has none. Give the model file of the run.',
  );
}

/** Six digits are more than the held-out rows say. */
function rounded(share: number): number {
  return Number(share.toPrecision(6));
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
