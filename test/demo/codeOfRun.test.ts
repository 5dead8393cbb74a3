import { runInNewContext } from 'node:vm';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import type { DataSettings } from '../../demo/protocol.ts';
import { PRESETS } from '../../src/index.ts';
import { encodeContext } from '../../src/index.ts';
import { csvText } from '../../demo/page/csvText.ts';
import { codeOfRun } from '../../demo/page/codeOfRun.ts';
import { defaultSettings } from '../../demo/page/settings.ts';
import { PRESET_NAMES, startOf } from '../../demo/presets.ts';

describe('the code of a run', () => {
  const { model } = defaultSettings();

  it('is about ten lines that name every setting', () => {
    const code = codeOfRun(
      { ...model, scale: 'sigmoid', base: 'student-t' },
      { kind: 'toy', name: 'moons', noise: 0.1, size: 'endless' },
    );
    expect(code.trim().split('\n').length).toBeLessThanOrEqual(12);
    expect(code).toContain(`const data = { toy: 'moons', noise: 0.1 };`);
    expect(code).toContain(
      `realnvp(2, { couplings: 8, hidden: [32, 32], base: { type: 'student_t', df: 5, learned: true } })`,
    );
    expect(code).toContain(`layer.scale = { map: 'sigmoid' }`);
    expect(code).toContain(
      `{ steps: 2000, batch: 512, learningRate: 0.005, schedule: { kind: 'cosine' }, clipNorm: 1, seed: 1 }`,
    );
  });

  it('names what a model has beyond the plain one', () => {
    const data = { kind: 'toy', name: 'moons', size: 'endless' } as const;
    expect(codeOfRun({ ...model, hidden: [24], residualBlocks: 2 }, data)).toContain(
      `realnvp(2, { couplings: 8, hidden: [24], residualBlocks: 2 })`,
    );
    const rows = { kind: 'rows', rows: new Float32Array(8), columns: ['a', 'b'], title: 't' } as const;
    expect(codeOfRun(model, { ...rows, columns: [...rows.columns], domains: ['unit', 'unit'] })).toContain(
      `hidden: [32, 32], domain: 'unit' })`,
    );
  });

  it('tells apart what the data do, by the words that they have', () => {
    const toy = { kind: 'toy', name: 'moons', size: 'endless', apart: true } as const;
    const code = codeOfRun({ ...model, base: 'class' }, toy);
    expect(code).toContain(`import { encodeContext, Flow, realnvp } from 'wgflow'`);
    expect(code).toContain(`contextDim: 2, base: { type: 'class_conditional' } })`);
    expect(code).toContain(`const contextColumns = [{ name: 'moon', levels: ['upper', 'lower'] }];`);
    expect(code).toContain(`seed: 1, contextColumns };`);
    expect(code).toContain(`context: encodeContext(contextColumns, [['lower']])`);
    expect(codeOfRun(model, { ...toy, size: 500, noise: 0.1 })).toContain(
      `const context = toyDensity('moons', { noise: 0.1 }).sampleClasses(0, 2, 0, 500);`,
    );
  });

  it('holds no rows out if training is to go on for all steps', () => {
    const all = { ...model, allSteps: true };
    expect(codeOfRun(all, { kind: 'toy', name: 'moons', size: 500 })).toContain(
      'seed: 1, validation: false };',
    );
    expect(codeOfRun(model, { kind: 'toy', name: 'moons', size: 500 })).not.toContain('validation');
    expect(codeOfRun(all, { kind: 'toy', name: 'moons', size: 'endless' })).not.toContain('validation');
  });

  it('reads labels as the page writes them', async () => {
    const column = { name: 'kind', levels: ['big, round', "it's"] };
    const labels = { column, of: Uint8Array.of(1, 0) };
    const rows = Float32Array.of(1, 2, 3, 4);
    const data: DataSettings = { kind: 'rows', rows, columns: ['a', 'b'], title: 't', labels };
    const code = codeOfRun(model, data).split('\n');
    const [lines, numbers, columns, context] = code.slice(4);
    const text = csvText(data.columns, rows, labels);
    const program = `(async () => { ${[lines, numbers, columns, context].join('\n')} return { data, context }; })()`;
    const read = runInNewContext(program, { readFile: () => text, encodeContext, Float32Array });
    expect(await read).toEqual({ data: rows, context: Float32Array.of(0, 1, 1, 0) });
  });

  it.each<[DataSettings, RegExp]>([
    [{ kind: 'toy', name: 'spirals', size: 1000 }, /toyDensity\('spirals'\)\.sample\(0, 2, 0, 1000\)/],
    [{ kind: 'rows', rows: new Float32Array(9), columns: ['a', 'b', 'c'], title: 't' }, /realnvp\(3, /],
  ])('is JavaScript for each kind of data: %j', (data, pattern) => {
    const code = codeOfRun(model, data);
    expect(code).toMatch(pattern);
    expect(ts.transpileModule(code, { reportDiagnostics: true }).diagnostics).toEqual([]);
  });
});

describe('the settings', () => {
  it('start every family as the library recommends', () => {
    for (const name of PRESET_NAMES) {
      const { learningRate, schedule } = PRESETS[name].training;
      expect(startOf(name).learningRate).toBe(learningRate);
      expect(startOf(name).schedule).toMatch(schedule.kind);
    }
  });
});
