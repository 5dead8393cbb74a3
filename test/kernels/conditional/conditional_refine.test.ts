import { describe, expect, it } from 'vitest';
import { conditionalRefine } from '../../../src/kernels/conditional/conditional_refine.ts';
import { expectClose } from '../../support/compare.ts';
import { runBoth } from '../harness.ts';
import { columnsOfCurves, DENSITIES, startNodes } from './curves.ts';

const NAMES = {
  nodes: 'nodes',
  logDensity: 'log_density',
  nextNodes: 'next_nodes',
  nextLogDensity: 'next_log_density',
  fresh: 'fresh',
  slots: 'slots',
};

describe('conditional_refine', () => {
  it.each([1, 10, 33])('adds %i nodes where its twin does, and keeps the others', async (more) => {
    const many = Array.from({ length: 9 }, () => DENSITIES).flat();
    const rows = many.length;
    const { nodes, logDensity, count } = columnsOfCurves(many, ({ name }) => startNodes(name.length / 7));
    const { gpu, twin } = await runBoth([conditionalRefine({ rows, nodes: count, more, buffers: NAMES })], {
      nodes,
      log_density: logDensity,
      next_nodes: new Float32Array((count + more) * rows).fill(NaN),
      next_log_density: new Float32Array((count + more) * rows).fill(-7),
      fresh: more * rows,
      slots: new Uint32Array(more * rows),
    });
    // Weights are cube roots of differences that float32 rounds.
    expectClose('fresh', gpu('fresh'), twin('fresh'), 0.02);
    for (let row = 0; row < rows; row++) {
      const column = (name: string): number[] => Array.from(gpu(name)).filter((_, i) => i % rows === row);
      const next = column('next_nodes');
      expect(next.every((node, i) => i === 0 || node > next[i - 1]!)).toBe(true);
      const slots = column('slots');
      expect(slots.map((slot) => next[slot])).toEqual(column('fresh'));
      const kept = next.flatMap((node, i) =>
        slots.includes(i) ? [] : [[node, column('next_log_density')[i]]],
      );
      const before = column('nodes').map((node, i) => [node, column('log_density')[i]]);
      expect(kept).toEqual(before);
    }
  });
});
