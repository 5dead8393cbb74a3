import { describe, expect, it } from 'vitest';
import { GpuProgram } from '../../src/gpu/executor.ts';
import { clocksOf, Stopwatch } from '../../src/gpu/timing.ts';
import { peakFma } from '../../src/kernels/measure/peak_fma.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { testGpu } from '../support/device.ts';
import { undisturbed } from '../support/undisturbed.ts';

function work(rounds: number): Plan {
  const shape = { chains: 8, unroll: 4, vec4: false, fused: false };
  return {
    label: 'work',
    buffers: [{ name: 'output', element: 'f32', length: 16_384 }],
    dispatches: [peakFma({ ...shape, invocations: 16_384, rounds, output: 'output' })],
  };
}

/** A program of arithmetic that runs much longer than a submit and a wait. */
async function longProgram(): Promise<GpuProgram> {
  const context = await testGpu();
  using watch = new Stopwatch(context, 'wall clock');
  for (let rounds = 100; ; rounds *= 2) {
    const program = await GpuProgram.create(context, work(rounds));
    await watch.time(program, 1);
    if ((await watch.time(program, 1)) > 100) return program;
    program.dispose();
  }
}

describe('a stopwatch', () => {
  it('agrees with the wall clock around it, whichever clock the device has', async () => {
    const context = await testGpu();
    using program = await longProgram();
    for (const clock of clocksOf(context)) {
      using watch = new Stopwatch(context, clock);
      const shareOfWall = async (): Promise<number> => {
        const begin = performance.now();
        const ms = await watch.time(program, 2);
        return ms / (performance.now() - begin);
      };
      const share = await undisturbed(shareOfWall, (found) => found > 0.5);
      expect(watch.clock).toBe(clock);
      expect(share, clock).toBeLessThan(1.05);
      expect(share, clock).toBeGreaterThan(0.5);
    }
  });

  it('tells that four times the runs take about four times as long', async () => {
    using program = await longProgram();
    using watch = new Stopwatch(await testGpu());
    const medianRatio = async (): Promise<number> => {
      const ratios: number[] = [];
      for (let i = 0; i < 5; i++) {
        const once = await watch.time(program, 1);
        ratios.push((await watch.time(program, 4)) / once);
      }
      return ratios.sort((a, b) => a - b)[2]!;
    };
    const ratio = await undisturbed(medianRatio, (found) => found > 2 && found < 8);
    expect(ratio).toBeGreaterThan(2);
    expect(ratio).toBeLessThan(8);
  });

  it('frees what it made', async () => {
    const context = await testGpu();
    const { live } = context.buffers.counts;
    const watch = new Stopwatch(context);
    watch.dispose();
    watch.dispose();
    expect(context.buffers.counts.live).toBe(live);
    expect(watch.clock).toBe('wall clock');
  });
});
