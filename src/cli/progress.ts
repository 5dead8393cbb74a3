/** Training progress on stderr: a bar in a terminal, a plain line every few seconds elsewhere. */
import { SingleBar } from 'cli-progress';
import type { FitReport } from '../trainer.ts';
import type { Session } from './session.ts';

export interface Progress {
  update(report: FitReport): void;
  stop(): void;
}

const LINE_EVERY_MS = 5000;
const BAR_WIDTH = { least: 6, most: 40 };
const DEFAULT_COLUMNS = 80;

/** Shows step, NLL in nats, the best validation score, steps per second and time left. */
export function trainingProgress(session: Pick<Session, 'say'>, steps: number): Progress {
  const parts = describer(steps);
  return process.stderr.isTTY ? bar(steps, parts) : plainLines(session, steps, parts);
}

function bar(steps: number, parts: (report: FitReport) => string[]): Progress {
  const shown = new SingleBar({
    format: (_, { progress }, { words }: { words: string }) => {
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
      // Not before there is something to show: lines that come until then would be drawn over.
      if (!isShown) shown.start(steps, 0, { words: '' });
      isShown = true;
      shown.update(report.step, { words: fitting(parts(report), terminalColumns()) });
    },
    stop: () => shown.stop(),
  };
}

/** A narrow terminal gets along without the rate, then without the time left and so on. */
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

function plainLines(
  session: Pick<Session, 'say'>,
  steps: number,
  parts: (report: FitReport) => string[],
): Progress {
  let lastLine = -Infinity;
  return {
    update(report) {
      const words = parts(report).join(' | ');
      const now = performance.now();
      if (now - lastLine < LINE_EVERY_MS && report.step < steps) return;
      lastLine = now;
      session.say(`step ${words}`);
    },
    stop: () => undefined,
  };
}

function describer(steps: number): (report: FitReport) => string[] {
  const rate = smoothedRate();
  return (report) => {
    const stepsPerSecond = rate(report);
    const parts = [`${report.step}/${steps}`, `NLL ${report.nll.toFixed(4)} nats`];
    if (report.bestValidationNll !== undefined) parts.push(`best val ${report.bestValidationNll.toFixed(4)}`);
    if (stepsPerSecond !== undefined) {
      parts.push(`${inThreeDigits(stepsPerSecond)} steps/s`);
      if (report.step < steps) parts.push(`${duration((steps - report.step) / stepsPerSecond)} left`);
    }
    return parts;
  };
}

/** Steps per second over about the last ten reports; the first one has the compilation in it and says nothing. */
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

function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const minutes = Math.floor(whole / 60);
  if (minutes === 0) return `${whole} s`;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min ${whole % 60} s` : `${hours} h ${minutes % 60} min`;
}
