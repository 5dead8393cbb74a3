/** Progress on stderr: a bar in a terminal, a plain line every few seconds elsewhere. */
import { SingleBar } from 'cli-progress';
import type { FitOptions } from '../training/options.ts';
import type { FitReport } from '../training/report.ts';
import type { Session } from './session.ts';

/** Who prints the lines. */
type Voice = Pick<Session, 'say'> & Partial<Pick<Session, 'quiet'>>;

export interface Progress<Report> {
  update(report: Report): void;
  stop(): void;
}

/** A report: the progress and its text, the most important parts first. */
interface Shown {
  done: number;
  parts: string[];
}

const LINE_EVERY_MS = 5000;
const READING_SHOWN_AFTER_MS = 1000;
const BAR_WIDTH = { least: 6, most: 40 };
const DEFAULT_COLUMNS = 80;

/**
 * Shows step, NLL in nats, the last and the best validation score, steps per second and time left. A run that scores may
 * stop early, so its time is the most that is left. Reports by steps get a line after each `reportEvery` steps, without
 * times, so that equal runs print equal lines.
 */
export function trainingProgress(
  session: Voice,
  { steps, reportEvery, validation }: Pick<FitOptions, 'reportEvery' | 'validation'> & { steps: number },
): Progress<FitReport> {
  const outcome = outcomeDescriber(steps);
  if (reportEvery !== undefined) {
    return {
      update: (report) => {
        const parts = outcome(report);
        if (report.step % reportEvery !== 0 && report.step !== steps) return;
        session.say(`step ${parts.join(' | ')}`);
      },
      stop: () => undefined,
    };
  }
  const rate = smoothedRate();
  const endsEarly = typeof validation === 'object' && validation.patience !== Infinity;
  return progress(session, steps, 'step ', (report) => {
    const perSecond = rate(report);
    const parts = outcome(report);
    if (perSecond !== undefined) {
      parts.push(`${inThreeDigits(perSecond)} steps/s`);
      const left = duration((steps - report.step) / perSecond);
      if (report.step < steps) parts.push(`${endsEarly ? 'at most ' : ''}${left} left`);
    }
    return { done: report.step, parts };
  });
}

/** Shows the number of finished entries out of `total`, and the current one. */
export function benchProgress(session: Voice, total: number): Progress<{ done: number; what: string }> {
  return progress(session, total, '', ({ done, what }) => ({ done, parts: [`${done}/${total}`, what] }));
}

/** Passes parts of a table through, and shows how many rows were read. */
export type Reading = <Part>(
  parts: AsyncIterable<Part>,
  rowsOf: (part: Part) => number,
  total?: number,
) => AsyncGenerator<Part>;

/** Shows the rows of a table that were read, once that takes longer than a second. */
export function readingProgress(session: Voice, title: string): Reading {
  return async function* (parts, rowsOf, total) {
    const watched = rowsProgress(session, `Reading ${title}`, total);
    try {
      let rows = 0;
      for await (const part of parts) {
        rows += rowsOf(part);
        watched.update(rows);
        yield part;
      }
    } finally {
      watched.stop();
    }
  };
}

/** Shows the number of rows that are done, once that takes longer than a second. */
export function rowsProgress(session: Voice, doing: string, total?: number): Progress<number> {
  const of = total === undefined ? '' : `/${total.toLocaleString('en')}`;
  const shown = (rows: number): Shown => ({
    done: rows,
    parts: [doing, `${rows.toLocaleString('en')}${of} rows`],
  });
  const begun = performance.now();
  const watched =
    process.stderr.isTTY && session.quiet !== true
      ? bar(total, shown, { clearOnComplete: true })
      : plainLines(session, undefined, '', shown, begun);
  return {
    update(rows) {
      if (performance.now() > begun + READING_SHOWN_AFTER_MS) watched.update(rows);
    },
    stop: () => watched.stop(),
  };
}

function progress<Report>(
  session: Voice,
  total: number,
  prefix: string,
  shown: (report: Report) => Shown,
): Progress<Report> {
  return process.stderr.isTTY && session.quiet !== true
    ? bar(total, shown)
    : plainLines(session, total, prefix, shown);
}

/** @param total undefined if it is not known; then there are only words */
function bar<Report>(
  total: number | undefined,
  shown: (report: Report) => Shown,
  options: { clearOnComplete?: boolean } = {},
): Progress<Report> {
  const drawn = new SingleBar({
    ...options,
    format: (_, { progress }, { words }: { words: string }) => {
      if (total === undefined) return ` ${words}`;
      const width = Math.min(BAR_WIDTH.most, terminalColumns() - words.length - 3);
      const filled = Math.min(width, Math.floor(progress * width));
      return ` ${'█'.repeat(Math.max(0, filled))}${'░'.repeat(Math.max(0, width - filled))} ${words}`;
    },
    hideCursor: true,
    stream: process.stderr,
  });
  let isShown = false;
  return {
    update: (report) => {
      const { done, parts } = shown(report);
      // Not before there is something to show, because the bar would overwrite lines printed until then.
      if (!isShown) drawn.start(total ?? 0, 0, { words: '' });
      isShown = true;
      drawn.update(done, { words: fitting(parts, terminalColumns()) });
    },
    stop: () => {
      if (isShown) drawn.stop();
    },
  };
}

/** Drops parts from the end to fit a narrow terminal: first the rate, then the time left and so on. */
export function fitting(parts: readonly string[], columns: number): string {
  const kept = [...parts];
  const text = (): string => kept.join(' | ');
  while (kept.length > 1 && text().length + 3 + BAR_WIDTH.least > columns) {
    kept.splice(Math.max(1, kept.length - 2), 1);
  }
  return text();
}

function terminalColumns(): number {
  return process.stderr.columns || DEFAULT_COLUMNS;
}

function plainLines<Report>(
  session: Voice,
  total: number | undefined,
  prefix: string,
  shown: (report: Report) => Shown,
  lastLine = -Infinity,
): Progress<Report> {
  return {
    update(report) {
      const { done, parts } = shown(report);
      const now = performance.now();
      if (now - lastLine < LINE_EVERY_MS && (total === undefined || done < total)) return;
      lastLine = now;
      session.say(`${prefix}${parts.join(' | ')}`);
    },
    stop: () => undefined,
  };
}

/** The step and the losses of a report; of the scores the last one, which most reports do not have, and the best. */
function outcomeDescriber(steps: number): (report: FitReport) => string[] {
  let last: number | undefined;
  return ({ step, nll, validationNll, bestValidationNll: best }) => {
    last = validationNll ?? last;
    const parts = [`${step}/${steps}`, `NLL ${nll.toFixed(4)} nats`];
    if (last !== undefined) parts.push(`val ${last.toFixed(4)}`);
    if (best !== undefined) parts.push(`best val ${best.toFixed(4)}`);
    return parts;
  };
}

/** Steps per second over about the last ten reports, without the first, which includes the compilation. */
function smoothedRate(): (report: FitReport) => number | undefined {
  let isFirst = true;
  let steps = 0;
  let ms = 0;
  return ({ losses, msPerStep }) => {
    if (!isFirst) {
      steps = 0.9 * steps + losses.length;
      ms = 0.9 * ms + losses.length * msPerStep;
    }
    isFirst = false;
    return ms > 0 ? (1000 * steps) / ms : undefined;
  };
}

function inThreeDigits(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const minutes = Math.floor(whole / 60);
  if (minutes === 0) return `${whole} s`;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min ${whole % 60} s` : `${hours} h ${minutes % 60} min`;
}
