import { describe, expect, it, vi } from 'vitest';
import { compareTables } from '../../bench/isa/compare.ts';
import { main, readOptions } from '../../bench/isa/isa.ts';
import { brokenRules } from '../../bench/isa/rules.ts';
import { isaFlows } from '../../bench/isa/specs.ts';
import { parseTable, tableJson } from '../../bench/isa/table.ts';
import type { IsaTable, KernelRow, SpecRow } from '../../bench/isa/table.ts';
import { brokenText, comparisonText, tablesText } from '../../bench/isa/text.ts';
import { GPU_NAMES } from '../../src/measure/gpuModel.ts';
import { parseSpec } from '../../src/spec/schema.ts';

const PLACE = { gpu: 'navi31', subgroups: 32, spec: 'flow(2)', pass: 'trainStep' } as const;

/** A kernel that keeps every rule. */
const KERNEL: KernelRow = {
  ...PLACE,
  kernel: 'tile_step[ALIGNED,N=2]',
  dispatches: 1,
  workgroups: 64,
  groupSize: 128,
  lanesUsed: 1,
  registers: 128,
  spilled: 0,
  scratchBytes: 0,
  workgroupBytes: 16_384,
  subgroupsPerSimd: 8,
  innerLoop: { multiplyAdds: 80, instructions: 120, workgroupLoads: 20 },
  flopShare: 1,
  modelledMs: 0.02,
  boundBy: 'arithmetic',
};
const PLAN: SpecRow = { ...PLACE, rows: 512, dim: 2, widest: 128, dispatches: 12, modelledMs: 0.1 };

function table(kernels: KernelRow[] = [KERNEL], specs: SpecRow[] = [PLAN]): IsaTable {
  return { format: 'wgflow-isa', version: 1, kernels, specs };
}

describe('the rules for kernels on a GPU', () => {
  it('are kept by a table at every bound', () => {
    expect(brokenRules(table([KERNEL], [PLAN, { ...PLAN, pass: 'sample', dispatches: 2 }]))).toEqual([]);
    expect(brokenRules(table([KERNEL], [{ ...PLAN, widest: 256, dispatches: 60 }]))).toEqual([]);
  });

  it.each<[string, Partial<SpecRow>]>([
    ['flow(2): 13 dispatches of train_step, expected at most 12', { dispatches: 13 }],
    ['flow(2): 3 dispatches of log_prob, expected at most 2', { pass: 'logProb', dispatches: 3 }],
    ['flow(2): 61 dispatches of train_step, expected at most 60', { widest: 129, dispatches: 61 }],
  ])('limit the dispatches of a plan: %s', (what, change) => {
    const broken = brokenRules(table([], [{ ...PLAN, ...change }]));
    expect(broken).toEqual([{ rule: 'dispatches', what, places: ['navi31'] }]);
  });

  it.each<[string, string, Partial<KernelRow>]>([
    ['registers', '1 registers spilled, expected 0', { spilled: 1 }],
    ['registers', '16 bytes of scratch, expected 0', { scratchBytes: 16 }],
    ['registers', '129 registers, expected at most 128', { registers: 129 }],
    ['lanes', 'workgroups of 96, expected a multiple of 64', { groupSize: 96 }],
    ['machine', '63 workgroups, expected at least 64', { workgroups: 63 }],
    [
      'arithmetic',
      '79 multiply-adds of 120 instructions, expected two thirds',
      { innerLoop: { multiplyAdds: 79, instructions: 120, workgroupLoads: 0 } },
    ],
    [
      'arithmetic',
      '80 multiply-adds for 21 loads from workgroup memory, expected 4 for each',
      { innerLoop: { multiplyAdds: 80, instructions: 120, workgroupLoads: 21 } },
    ],
  ])('report what a kernel breaks: %s, %s', (rule, found, change) => {
    const broken = brokenRules(table([{ ...KERNEL, ...change }]));
    const what = `tile_step on navi31: ${found}`;
    expect(broken).toEqual([{ rule, what, places: ['flow(2) train_step, navi31'] }]);
  });

  it('ask light kernels and passes for less', () => {
    const slow = { workgroups: 1, innerLoop: { multiplyAdds: 0, instructions: 20, workgroupLoads: 1 } };
    expect(brokenRules(table([{ ...KERNEL, ...slow, flopShare: 0.04 }]))).toEqual([]);
    expect(brokenRules(table([{ ...KERNEL, pass: 'forward', workgroups: 1 }]))).toEqual([]);
    expect(brokenRules(table([{ ...KERNEL, innerLoop: null }]))).toEqual([]);
  });

  it('report a break once, with all its places', () => {
    const spills = { ...KERNEL, spilled: 3 };
    const broken = brokenRules(table([spills, { ...spills, spec: 'other(2)' }, { ...spills, subgroups: 0 }]));
    expect(broken.map(({ places }) => places)).toEqual([
      [
        'flow(2) train_step, navi31',
        'other(2) train_step, navi31',
        'flow(2) train_step, navi31 without subgroups',
      ],
    ]);
    expect(brokenText(broken)).toMatch(
      /3 registers spilled, expected 0 \(flow\(2\) train_step, navi31 and 2 more\)/,
    );
    expect(brokenText(broken)).toMatch(/Broken rules: 1\.$/);
    expect(brokenText([])).toBe('Broken rules: 0.');
  });
});

describe('a saved run', () => {
  it('is read as it was', () => {
    const saved = table([KERNEL, { ...KERNEL, innerLoop: null }]);
    expect(parseTable(tableJson(saved), 'run.json')).toEqual(saved);
  });

  it('is refused when it is something else', () => {
    expect(() => parseTable('no', 'run.json')).toThrow(/^run\.json: found no JSON, expected a file that/);
    expect(() => parseTable('{}', 'run.json')).toThrow(/^run\.json: format: .*bench:isa/);
    const wrong = tableJson(table([{ ...KERNEL, registers: -1 }]));
    expect(() => parseTable(wrong, 'run.json')).toThrow(/^run\.json: kernels\.0\.registers: /);
  });
});

describe('the comparison of two runs', () => {
  const other = { ...PLAN, spec: 'other(2)' };
  const before = table([{ ...KERNEL, registers: 200, scratchBytes: 2048 }], [PLAN, other]);

  it('has the plans that differ, with the worst figures of their kernels', () => {
    const faster = { ...PLAN, dispatches: 5, modelledMs: 0.05 };
    const { changes, same, onlyBefore, onlyAfter } = compareTables(before, table([KERNEL], [faster, other]));
    expect(changes).toEqual([
      {
        plan: 'flow(2) train_step, navi31',
        before: { dispatches: 12, modelledMs: 0.1, registers: 200, spilled: 0, scratchBytes: 2048 },
        after: { dispatches: 5, modelledMs: 0.05, registers: 128, spilled: 0, scratchBytes: 0 },
      },
    ]);
    expect([same, onlyBefore, onlyAfter]).toEqual([1, [], []]);
  });

  it('names plans that only one run has', () => {
    const { onlyBefore, onlyAfter } = compareTables(before, table([], [PLAN, { ...PLAN, subgroups: 0 }]));
    expect(onlyBefore).toEqual(['other(2) train_step, navi31']);
    expect(onlyAfter).toEqual(['flow(2) train_step, navi31 without subgroups']);
  });

  it('says what got faster and what slower', () => {
    const after = table(
      [KERNEL],
      [
        { ...PLAN, modelledMs: 0.05 },
        { ...other, modelledMs: 0.2 },
      ],
    );
    const text = comparisonText(compareTables(before, after));
    expect(text).toMatch(/flow\(2\) train_step.*0\.100 → 0\.0500.*2\.00 × faster.*200 → 128.*2 KiB → 0/);
    expect(text).toMatch(/other\(2\) train_step.*0\.100 → 0\.200.*2\.00 × slower/);
    expect(text).toMatch(/Plans: 1 faster, 1 slower, 0 other kernels, 0 the same\.$/);
  });
});

describe('the tables of a run', () => {
  it('say of every time that it is modelled', () => {
    const text = tablesText(table());
    expect(text).toMatch(/tile_step.*flow\(2\) train_step.*64.*128.*80 multiply-adds of 120/);
    expect(text).toMatch(/train_step, modelled/);
    expect(text).toMatch(/flow\(2\).*12, 0\.100 ms/);
  });
});

describe('the flows of a run', () => {
  const flows = isaFlows();

  it('are valid, and each has its own name', () => {
    for (const { name, spec } of flows) expect(parseSpec(spec, name)).toEqual(spec);
    expect(new Set(flows.map(({ name }) => name)).size).toBe(flows.length);
  });

  it.each([
    'S',
    'L',
    'realnvp(1)',
    'vanilla(2)',
    'glow(63), context 4',
    'spline(16), residual nets',
    'realnvp(16), base mixture',
    'nice(1), context 4',
  ])('have %s', (name) => {
    expect(flows.map((flow) => flow.name)).toContain(name);
  });

  it('have no residual variant of a flow without nets', () => {
    expect(flows.map(({ name }) => name)).not.toContain('realnvp(1), residual nets');
  });
});

describe('the options of npm run bench:isa', () => {
  it('are all flows on every GPU by default', () => {
    expect(readOptions([])).toEqual({ gpu: GPU_NAMES, flow: '' });
  });

  it('choose GPUs, flows and files', () => {
    const args = '--gpu vega20,navi31 --flow glow --json new.json --compare old.json --check'.split(' ');
    expect(readOptions(args)).toEqual({
      gpu: ['vega20', 'navi31'],
      flow: 'glow',
      json: 'new.json',
      compare: 'old.json',
      check: true,
    });
  });

  it.each([
    [['--gpu', 'navi99'], 2, /Found "navi99", expected names from navi31, navi21, vega20/],
    [['--flow', 'glow(3)'], 2, /--flow: found "glow\(3\)", expected a part of a name/],
    [['--compare', 'missing.json'], 2, /missing\.json: found no such file, expected a file that "npm run/],
    [['--json', 'no/such/folder/rows.json'], 2, /rows\.json/],
    [['more'], 2, /too many arguments/],
    [['--help'], 0, /^$/],
  ])('are refused with one message: %j', async (args, code, message) => {
    let said = '';
    const write = (text: unknown): boolean => {
      said += String(text);
      return true;
    };
    const streams = [process.stderr, process.stdout].map((stream, index) =>
      vi.spyOn(stream, 'write').mockImplementation(index === 0 ? write : () => true),
    );
    expect(await main(args)).toBe(code);
    for (const stream of streams) stream.mockRestore();
    expect(said).toMatch(message);
    expect(said.trim().split('\n').length).toBe(1);
  });
});
