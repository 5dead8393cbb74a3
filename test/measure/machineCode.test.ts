import { describe, expect, it } from 'vitest';
import { groupSizeOf, heaviestLoop, parseMachineCode } from '../../src/measure/machineCode.ts';

/** As RADV prints a pipeline: the instructions with their encodings, then the statistics. */
function outputOf(listing: string): string {
  const lines = listing
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .map((line) => (line.endsWith(':') ? line : `\t${line.padEnd(60)}; be800003 00000000`));
  return `Compute Shader
disasm:
${lines.join('\n')}

Compute Shader:
*** SHADER STATS ***
SGPRs: 128
VGPRs: 156
Spilled SGPRs: 0
Spilled VGPRs: 3
Code size: 152
LDS size: 13312
Scratch size: 32768
Subgroups per SIMD: 6
Pre-Sched VGPRs: 7
********************
`;
}

const END = 's_endpgm';

describe('the machine code of a kernel', () => {
  it('has the statistics of the driver', () => {
    expect(parseMachineCode(outputOf(END), 64)).toMatchObject({
      registers: 156,
      spilled: 3,
      scratchBytes: 32_768,
      workgroupBytes: 13_312,
      subgroupsPerSimd: 6,
    });
  });

  it.each([
    ['s_mov_b32 exec_lo, s0', 16, 32, 0.5],
    ['s_mov_b32 exec_lo, s0', 48, 32, 0.75],
    ['s_mov_b64 exec, s[0:1]', 16, 64, 0.25],
    ['s_mov_b64 exec, s[0:1]', 96, 64, 0.75],
    ['s_mov_b32 s0, 0', 64, 64, 1],
  ])('with %j runs a group of %i in subgroups of %i lanes', (mask, group, lanes, used) => {
    const code = parseMachineCode(outputOf(`${mask}\n${END}`), group);
    expect([code.subgroupSize, code.lanesUsed]).toEqual([lanes, used]);
  });

  it('counts no waits and hints as instructions', () => {
    const { own } = parseMachineCode(
      outputOf(`s_clause 0x3
        s_delay_alu instid0(VALU_DEP_1)
        v_add_f32_e32 v1, v1, v2
        s_waitcnt_depctr 0xf1ff
        s_waitcnt vmcnt(0)
        ${END}`),
      64,
    ).code;
    expect(own).toMatchObject({ instructions: 2, vectorInstructions: 1 });
  });

  it('is a tree of loops, each with its own instructions', () => {
    const { code } = parseMachineCode(
      outputOf(`BB0:
        s_mov_b32 s0, 0
        BB1:
        v_add_f32_e32 v1, v1, v2
        BB2:
        v_fmac_f32_e32 v3, v1, v2
        v_dual_fmac_f32 v4, v1, v2 :: v_dual_fmac_f32 v5, v1, v2
        s_cbranch_scc0 BB2
        BB3:
        s_branch BB1
        BB4:
        ${END}`),
      64,
    );
    expect(code.own.instructions).toBe(2);
    expect(code.loops.map(({ own }) => own.instructions)).toEqual([2]);
    expect(code.loops[0]?.loops.map(({ own }) => own)).toMatchObject([{ instructions: 3, multiplyAdds: 3 }]);
    expect(heaviestLoop({ code })).toMatchObject({ instructions: 3, multiplyAdds: 3 });
  });

  it.each([
    ['a constant', 's_cmp_ge_u32 s0, 16', 's_add_u32 s0, s0, 1', 16],
    ['a constant, in steps', 's_cmp_lt_u32 s4, 0x100', 's_add_u32 s4, s4, 16', 16],
    ['a constant with its own opcode', 's_cmpk_lt_u32 s4, 0x100', 's_addk_i32 s4, 64', 4],
    ['a constant, counted by each lane', 'v_cmp_le_u32_e32 vcc, 0x200, v1', 'v_add_nc_u32_e32 v1, 64, v1', 8],
    ['a minimum with a constant', 's_cmp_ge_u32 s19, s1', 's_add_u32 s19, s19, 1', 24],
    ['a value of the host', 's_cmp_ge_u32 s19, s2', 's_add_u32 s19, s19, 1', undefined],
    ['the protection against endless loops', 's_cmp_eq_i32 s18, 0', 's_add_u32 s18, s18, -1', undefined],
    ['a register that does not count', 's_cmp_lt_i32 s20, 3', 's_add_u32 s19, s19, 1', undefined],
  ])('says how often a loop up to %s runs', (_, compare, step, trips) => {
    const { code } = parseMachineCode(
      outputOf(`s_buffer_load_b32 s2, s[4:7], 0x4
        s_min_u32 s1, 24, s2
        BB1:
        ${compare}
        ${step}
        s_cbranch_scc0 BB1
        ${END}`),
      64,
    );
    expect(code.loops.map((loop) => loop.trips)).toEqual([trips]);
  });

  it('counts loaded bytes by the names of RDNA 3 and of older GPUs', () => {
    const { code } = parseMachineCode(
      outputOf(`buffer_load_b128 v[0:3], v0, s[4:7], 0 offen
        global_load_dwordx2 v[0:1], v0, s[4:7]
        buffer_load_dword v1, off, s[4:7], s8
        buffer_load_u16 v1, off, s[4:7], s8
        buffer_store_b128 v[0:3], v0, s[4:7], 0 offen
        ds_load_b128 v[0:3], v1
        ${END}`),
      64,
    );
    expect(code.own).toMatchObject({ loadedBytes: 16 + 8 + 4 + 2, workgroupLoads: 1 });
  });

  it('waits for a load as long as the instructions since do not take', () => {
    const wait = (listing: string): number =>
      parseMachineCode(outputOf(`${listing}\n${END}`), 64).code.own.waitCycles;
    const load = 'buffer_load_b32 v1, v0, s[4:7], 0 offen';
    const together = `${load}\n${load}\ns_waitcnt vmcnt(1)\ns_waitcnt vmcnt(0)`;
    expect(wait(together)).toBe(320);
    expect(wait(`${load}\ns_waitcnt vmcnt(0)\n${load}\ns_waitcnt vmcnt(0)`)).toBe(640);
    expect(wait('s_load_b128 s[4:7], s[2:3], null\ns_waitcnt lgkmcnt(0)')).toBe(30);
    expect(wait('ds_load_b128 v[0:3], v1\ns_waitcnt lgkmcnt(0)')).toBe(20);
    // The vector load goes on during the wait for the other.
    expect(wait(`${load}\nds_load_b32 v1, v1\ns_waitcnt lgkmcnt(0)\ns_waitcnt vmcnt(0)`)).toBe(319);
    expect(wait(`${load}\n${'v_mov_b32 v2, 0\n'.repeat(100)}s_waitcnt vmcnt(0)`)).toBe(220);
    // Of three loads the last need not have come.
    expect(wait(`${load}\n${load}\n${load}\ns_waitcnt vmcnt(1)`)).toBe(319);
  });

  it('is refused without instructions or statistics', () => {
    expect(() => parseMachineCode('', 64)).toThrow(/no machine code/);
    expect(() => parseMachineCode(outputOf(END).replace('Scratch', 'Other'), 64)).toThrow(/"Scratch size"/);
  });
});

describe('the size of a workgroup', () => {
  it.each([
    ['@workgroup_size(64)', 64],
    ['@workgroup_size(8, 4, 2)', 64],
    ['const SIDE: u32 = 8u;\nconst SIZE: u32 = SIDE * SIDE;\n@workgroup_size(SIZE)', 64],
    ['override LANES: u32;\n@workgroup_size(LANES)', 8],
    ['override LANES: u32 = 4;\n@workgroup_size(2 * LANES)', 16],
  ])('of %j is %i', (wgsl, size) => {
    expect(groupSizeOf(wgsl, { LANES: 8 })).toBe(size);
  });

  it('must be in the shader', () => {
    expect(() => groupSizeOf('fn main() {}')).toThrow(/no @workgroup_size/);
    expect(() => groupSizeOf('@workgroup_size(SIZE)')).toThrow(/no constant "SIZE"/);
  });
});
