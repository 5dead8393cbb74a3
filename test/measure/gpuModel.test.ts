import { describe, expect, it } from 'vitest';
import { LAUNCH_MS, modelledTime } from '../../src/measure/gpuModel.ts';
import type { GpuFigures } from '../../src/measure/gpuModel.ts';
import type { CodeCounts, CodeLoop, MachineCode } from '../../src/measure/machineCode.ts';
import type { Workgroups } from '../../src/plan/kernel.ts';

/** A cycle is a nanosecond, so times in nanoseconds are cycles. */
const GPU: GpuFigures = { title: 'made up', simds: 10, simdLanes: 32, clockGhz: 1, gbPerSecond: 100 };
const cyclesOf = (ms: number): number => ms * 1e6;

const NOTHING: CodeCounts = {
  instructions: 0,
  vectorInstructions: 0,
  multiplyAdds: 0,
  loadedBytes: 0,
  workgroupLoads: 0,
  waitCycles: 0,
};

function loop(own: Partial<CodeCounts>, trips?: number, loops: CodeLoop[] = []): CodeLoop {
  return { own: { ...NOTHING, ...own }, loops, trips };
}

function code(body: CodeLoop, { groupSize = 32, subgroupSize = 32, subgroupsPerSimd = 4 } = {}): MachineCode {
  return {
    groupSize,
    subgroupSize,
    lanesUsed: 1,
    registers: 32,
    spilled: 0,
    scratchBytes: 0,
    workgroupBytes: 0,
    subgroupsPerSimd,
    code: body,
  };
}

function launch(groups: number, { flops = 0, bytes = 0 } = {}) {
  return { workgroups: [groups, 1, 1] as Workgroups, flops, bytes };
}

describe('the modelled time of a dispatch', () => {
  it('is its launch, if it does nothing', () => {
    const time = modelledTime(launch(1), code(loop({}, 1)), GPU);
    expect(time).toMatchObject({ ms: LAUNCH_MS, boundBy: 'launch' });
  });

  it('shares the instructions of all subgroups among the SIMDs', () => {
    const { parts } = modelledTime(launch(100), code(loop({ instructions: 500 }, 1)), GPU);
    expect(cyclesOf(parts.arithmetic)).toBeCloseTo((100 * 500) / 10);
  });

  it.each([
    [32, 32, 1],
    [64, 32, 2],
    [64, 16, 4],
    [32, 64, 1],
  ])('computes for %i lanes on a SIMD of %i in %i cycles', (subgroupSize, simdLanes, cycles) => {
    const made = code(loop({ instructions: 150, vectorInstructions: 100 }, 1), {
      groupSize: subgroupSize,
      subgroupSize,
    });
    const { parts } = modelledTime(launch(10), made, { ...GPU, simdLanes });
    expect(cyclesOf(parts.arithmetic)).toBeCloseTo(cycles * 100 + 50);
  });

  it('moves the bytes of the plan at the bandwidth', () => {
    const time = modelledTime(launch(1, { bytes: 1e9 }), code(loop({}, 1)), GPU);
    expect(time).toMatchObject({ boundBy: 'memory' });
    expect(cyclesOf(time.ms)).toBeCloseTo(cyclesOf(LAUNCH_MS + 10));
  });

  it('waits for the loads of one subgroup, as often as the machine must be filled', () => {
    const body = loop({ instructions: 1000, waitCycles: 9000 }, 1);
    const fits = modelledTime(launch(40), code(body), GPU);
    expect(fits.boundBy).toBe('latency');
    expect(cyclesOf(fits.parts.latency)).toBeCloseTo(10_000);
    const more = modelledTime(launch(41), code(body), GPU);
    expect(cyclesOf(more.parts.latency)).toBeCloseTo(2 * 10_000);
    const larger = modelledTime(launch(40), code(body, { subgroupsPerSimd: 1 }), GPU);
    expect(cyclesOf(larger.parts.latency)).toBeCloseTo(4 * 10_000);
  });

  it('is the launch and the longest of the other parts, since these overlap', () => {
    const body = loop({ instructions: 100_000 }, 1);
    const time = modelledTime(launch(1000, { bytes: 1e8 }), code(body), GPU);
    const { launch: start, arithmetic, memory, latency } = time.parts;
    expect(time.boundBy).toBe('arithmetic');
    expect(arithmetic).toBeGreaterThan(Math.max(memory, latency));
    expect(time.ms).toBe(start + arithmetic);
  });

  /** The instructions of one subgroup. */
  function instructions(body: CodeLoop, work: { flops?: number; bytes?: number } = {}): number {
    return cyclesOf(modelledTime(launch(10, work), code(body), GPU).parts.arithmetic);
  }
  const INVOCATIONS = 10 * 32;

  it('runs loops with multiply-adds until the FLOPs are done', () => {
    const body = loop({ instructions: 7, multiplyAdds: 6 }, 1, [
      loop({ instructions: 20, multiplyAdds: 8 }),
      loop({ instructions: 10, multiplyAdds: 2 }),
      loop({ instructions: 5, loadedBytes: 4 }),
    ]);
    // 206 multiply-adds of an invocation, 6 of them in the straight code.
    expect(instructions(body, { flops: 2 * 206 * INVOCATIONS, bytes: 1e6 })).toBeCloseTo(7 + 20 * 30 + 5);
  });

  it('runs loops whose length is in the code that often, and derives that of the loop around', () => {
    const tile = loop({ instructions: 50 }, undefined, [
      loop({ instructions: 30, loadedBytes: 16 }, 4),
      loop({ instructions: 20, multiplyAdds: 16 }, 8),
    ]);
    const body = loop({ instructions: 1 }, 1, [tile]);
    expect(instructions(body, { flops: 2 * 3 * 128 * INVOCATIONS })).toBeCloseTo(1 + 3 * (50 + 120 + 160));
  });

  it('runs only the innermost of two loops of unknown length often', () => {
    const body = loop({ instructions: 1 }, 1, [
      loop({ instructions: 40, multiplyAdds: 4 }, undefined, [loop({ instructions: 3, multiplyAdds: 2 })]),
    ]);
    expect(instructions(body, { flops: 2 * 100 * INVOCATIONS })).toBeCloseTo(1 + 40 + 3 * 50);
  });

  it('runs loops without multiply-adds until the bytes are moved, at least once', () => {
    const body = loop({ instructions: 2 }, 1, [loop({ instructions: 10, loadedBytes: 16 })]);
    expect(instructions(body, { bytes: 16 * 25 * INVOCATIONS })).toBeCloseTo(2 + 250);
    expect(instructions(body, { bytes: 1 })).toBeCloseTo(12);
  });
});
