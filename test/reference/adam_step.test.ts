import { describe, expect, it } from 'vitest';
import { adamStep } from '../../src/kernels/optimize/adam_step.ts';
import type { AdamSettings } from '../../src/kernels/optimize/adam_step.ts';
import { stepRecord } from '../../src/kernels/optimize/step_record.ts';
import { ReferenceProgram } from '../../src/reference/executor.ts';

const SETTINGS: AdamSettings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 0 };
const RING = 4;

describe('the f64 twin of adam_step', () => {
  it.each([0, 1])('is algorithm 1 of Kingma and Ba over twelve steps, clip norm %i', (clipNorm) => {
    const settings = { ...SETTINGS, clipNorm };
    const program = programOf(settings, [0.5, -2, 3, -0.1]);
    const textbook = { theta: [0.5, -2, 3, -0.1], m: [0, 0, 0, 0], v: [0, 0, 0, 0] };
    for (let step = 0; step < 12; step++) {
      const gradient = [0, 1, 2, 3].map((i) => (1 + i) * Math.sin(1 + 7 * step + 3 * i));
      const norm = Math.hypot(...gradient);
      const rate = 0.1 / (1 + step);
      run(program, settings, step, rate, gradient);
      textbookStep(
        textbook,
        settings,
        step + 1,
        rate,
        clipNorm > 0 && norm > clipNorm ? clipNorm / norm : 1,
        gradient,
      );
      textbook.theta.forEach((theta, i) => expect(program.floats('parameters')[i]).toBeCloseTo(theta, 13));
    }
    expect(program.buffer('step_state')[0]).toBe(12);
  });

  it('moves each parameter by the learning rate against the sign of its first gradient', () => {
    const program = programOf(SETTINGS, [1, 1, 1, 1]);
    run(program, SETTINGS, 0, 0.01, [1e-3, -5, 70, 2]);
    [0.99, 1.01, 0.99, 0.99].forEach((theta, i) =>
      expect(program.floats('parameters')[i]).toBeCloseTo(theta, 6),
    );
  });

  it('finds the minimum of a quadratic', () => {
    const program = programOf(SETTINGS, [4, -4, 1, 3]);
    const theta = program.floats('parameters');
    for (let step = 0; step < 2000; step++) {
      run(
        program,
        SETTINGS,
        step,
        0.05 * 0.997 ** step,
        [0, 1, 2, 3].map((i) => (i + 1) * (theta[i]! - 2)),
      );
    }
    theta.forEach((value) => expect(value).toBeCloseTo(2, 1));
  });
});

function programOf(settings: AdamSettings, theta: readonly number[]): ReferenceProgram {
  const adam = adamStep({
    ...settings,
    parameterCount: theta.length,
    ringSize: RING,
    stepState: 'step_state',
    stepScalars: 'step_scalars',
    stepSums: 'step_sums',
    parameters: 'parameters',
    gradients: 'gradients',
    firstMoment: 'first_moment',
    secondMoment: 'second_moment',
  });
  const record = stepRecord({
    rows: 1,
    ringSize: RING,
    stepSums: 'step_sums',
    stepState: 'step_state',
    stepLosses: 'step_losses',
  });
  const lengths = {
    step_scalars: 3 * RING,
    step_losses: 2 * RING,
    step_sums: 2,
    parameters: theta.length,
    gradients: theta.length,
    first_moment: theta.length,
    second_moment: theta.length,
  };
  const program = new ReferenceProgram({
    label: 'adam',
    buffers: [
      { name: 'step_state', element: 'u32', length: 2 },
      ...Object.entries(lengths).map(([name, length]) => ({ name, length, element: 'f32' as const })),
    ],
    dispatches: [adam, record],
  });
  program.floats('parameters').set(theta);
  return program;
}

/** One step, with the ring and the norm as the host and the reductions would fill them. */
function run(
  program: ReferenceProgram,
  { beta1, beta2 }: AdamSettings,
  step: number,
  rate: number,
  gradient: readonly number[],
): void {
  program.floats('gradients').set(gradient);
  program.floats('step_sums')[1] = gradient.reduce((sum, g) => sum + g * g, 0);
  const t = step + 1;
  program.floats('step_scalars').set([rate, 1 / (1 - beta1 ** t), 1 / (1 - beta2 ** t)], 3 * (step % RING));
  program.run();
}

function textbookStep(
  state: { theta: number[]; m: number[]; v: number[] },
  { beta1, beta2, epsilon }: AdamSettings,
  t: number,
  alpha: number,
  scale: number,
  gradient: readonly number[],
): void {
  gradient.forEach((unscaled, i) => {
    const g = scale * unscaled;
    const m = beta1 * state.m[i]! + (1 - beta1) * g;
    const v = beta2 * state.v[i]! + (1 - beta2) * g ** 2;
    state.m[i] = m;
    state.v[i] = v;
    const mHat = m / (1 - beta1 ** t);
    const vHat = v / (1 - beta2 ** t);
    state.theta[i]! -= (alpha * mHat) / (Math.sqrt(vHat) + epsilon);
  });
}
