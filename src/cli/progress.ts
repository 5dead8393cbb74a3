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
export function trainingProgress(session: Session, steps: number): Progress {
  const text = describer(steps);
  return process.stderr.isTTY ? bar(steps, text) : plainLines(session, steps, text);
}

function bar(steps: number, text: (report: FitReport) => string): Progress {
  const shown = new SingleBar({
    format: (_, { progress }, { words }: { words: string }) => {
      const columns = process.stderr.columns || DEFAULT_COLUMNS;
      const room = columns - words.length - 3;
      const width = Math.min(BAR_WIDTH.most, Math.max(BAR_WIDTH.least, room));
      const filled = Math.min(width, Math.floor(progress * width));
      return ` ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${words}`;
    },
    hideCursor: true,
    stream: process.stderr,
  });
  shown.start(steps, 0, { words: `0/${steps}` });
  return {
    update: (report) => shown.update(report.step, { words: text(report) }),
    stop: () => shown.stop(),
  };
}

function plainLines(session: Session, steps: number, text: (report: FitReport) => string): Progress {
  let lastLine = -Infinity;
  return {
    update(report) {
      const words = text(report);
      const now = performance.now();
      if (now - lastLine < LINE_EVERY_MS && report.step < steps) return;
      lastLine = now;
      session.say(`step ${words}`);
    },
    stop: () => undefined,
  };
}

function describer(steps: number): (report: FitReport) => string {
  const rate = smoothedRate();
  return (report) => {
    const stepsPerSecond = rate(report);
    const parts = [`${report.step}/${steps}`, `NLL ${report.nll.toFixed(4)} nats`];
    if (report.bestValidationNll !== undefined) parts.push(`best val ${report.bestValidationNll.toFixed(4)}`);
    if (stepsPerSecond !== undefined) {
      parts.push(`${inThreeDigits(stepsPerSecond)} steps/s`);
      if (report.step < steps) parts.push(`${duration((steps - report.step) / stepsPerSecond)} left`);
    }
    return parts.join(' | ');
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
