/** Training progress on stderr: a bar in a terminal, a plain line every few seconds elsewhere. */
import { SingleBar } from 'cli-progress';
import type { FitReport } from '../trainer.ts';
import type { Session } from './session.ts';

export interface Progress {
  update(report: FitReport): void;
  stop(): void;
}

const LINE_EVERY_MS = 5000;

/** Shows step, NLL in nats, steps per second and time left. `entropy` is the floor, where it is known. */
export function trainingProgress(session: Session, steps: number): Progress {
  const rate = smoothedRate();
  const textOf = (report: FitReport): { nll: string; rate: string; left: string } => {
    const stepsPerSecond = rate(report);
    return {
      nll: report.nll.toFixed(4),
      rate: stepsPerSecond.toPrecision(3),
      left: duration((steps - report.step) / stepsPerSecond),
    };
  };
  if (!process.stderr.isTTY) return plainLines(session, steps, textOf);
  const bar = new SingleBar({
    format: ' {bar} {value}/{total} steps | NLL {nll} nats | {rate} steps/s | {left} left',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    stream: process.stderr,
  });
  bar.start(steps, 0, { nll: '…', rate: '…', left: '…' });
  return {
    update: (report) => bar.update(report.step, textOf(report)),
    stop: () => bar.stop(),
  };
}

function plainLines(
  session: Session,
  steps: number,
  textOf: (report: FitReport) => { nll: string; rate: string; left: string },
): Progress {
  let lastLine = -Infinity;
  return {
    update(report) {
      const { nll, rate, left } = textOf(report);
      const now = performance.now();
      if (now - lastLine < LINE_EVERY_MS && report.step < steps) return;
      lastLine = now;
      session.say(`step ${report.step}/${steps} | NLL ${nll} nats | ${rate} steps/s | ${left} left`);
    },
    stop: () => undefined,
  };
}

/** Steps per second, smoothed over about the last ten reports. */
function smoothedRate(): (report: FitReport) => number {
  let msPerStep: number | undefined;
  return (report) => {
    msPerStep = msPerStep === undefined ? report.msPerStep : 0.9 * msPerStep + 0.1 * report.msPerStep;
    return 1000 / msPerStep;
  };
}

function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const minutes = Math.floor(whole / 60);
  return minutes === 0 ? `${whole} s` : `${minutes} min ${whole % 60} s`;
}
