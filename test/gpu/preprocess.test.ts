import { describe, expect, it } from 'vitest';
import { preprocess } from '../../src/gpu/preprocess.ts';
import { shaderSources } from '../../src/gpu/shaderSources.ts';

const FLAGS = {
  SUBGROUPS: false,
  ALIGNED: true,
  KEEP_HIDDEN: false,
  STORED: false,
  HAS_HIDDEN_1: false,
  HAS_HIDDEN_2: false,
  HAS_CONTEXT: false,
  ADDITIVE: false,
  MIX: false,
  TANGENTS: true,
  ACCUMULATE: false,
  STANDARDIZE: false,
  LOG_PROB: false,
};
const SIZES = {
  N_DIM: 4,
  N_CONDITION: 2,
  N_CONTEXT: 0,
  N_INPUT: 2,
  N_TRANSFORM: 2,
  N_OUT: 4,
  N_NETS: 1,
  N_COUPLING_OUT: 4,
  HIDDEN_0: 12,
  HIDDEN_1: 1,
  HIDDEN_2: 1,
  N_KEPT_LAYERS: 0,
  N_BLOCKS_0: 12,
  N_BLOCKS_1: 1,
  LANES: 1,
};

describe('preprocess', () => {
  it('repeats the lines of an #unroll once for each number, nested ones too', async () => {
    const code = await preprocess('flow_backward', FLAGS, SIZES);
    for (const out of [0, 3]) expect(code).toContain(`let own_out_${out} =`);
    expect(code).not.toContain('own_out_4');
    expect(code).toContain('weights[(3 * N_INPUT + 1) / 4u]');
    expect(code).not.toMatch(/\$\w|^#/m);
  });

  it('lets the count of an #unroll name the index of one around it', async () => {
    const flags = { ...FLAGS, HAS_HIDDEN_1: true, HAS_HIDDEN_2: true };
    const code = await preprocess('flow_backward', flags, { ...SIZES, N_KEPT_LAYERS: 2, N_BLOCKS_1: 3 });
    const after = (name: string): string => code.split(`fn unit_above_${name}(`)[1]?.split('\n}')[0] ?? '';
    expect(after('0').match(/let own_\d+/g)).toHaveLength(12);
    expect(after('1').match(/let own_\d+/g)).toHaveLength(3);
  });

  it('takes the lines of #if !FLAG where the flag is off', async () => {
    const sizes = { ...SIZES, N_KEPT_LAYERS: 1, N_UPPER: 2, N_GROUP: 4 };
    const codeWhere = (isLinear: boolean): Promise<string> =>
      preprocess('deep_backward_weight', { ...FLAGS, PAIRS: true, FROM_PAIRS: isLinear }, sizes);
    const [on, off] = [await codeWhere(true), await codeWhere(false)];
    expect(off).toContain('d_weight_1_0 = fma(');
    expect(on).not.toContain('d_weight_1_0 = fma(');
  });

  it('declares every size as a constant', async () => {
    const code = await preprocess('flow_backward', FLAGS, SIZES);
    for (const [name, value] of Object.entries(SIZES))
      expect(code).toContain(`const ${name}: u32 = ${value}u;`);
  });

  it('leaves shaders without directives as they are', async () => {
    const sources = await shaderSources('shared/triangles');
    expect(await preprocess('shared/triangles', {})).toBe(sources.get('shared/triangles'));
  });

  it('takes what a shader includes, once, and nothing else', async () => {
    expect([...(await shaderSources('student_t_sample')).keys()].sort()).toEqual([
      'shared/elementary',
      'shared/grid',
      'shared/normal',
      'shared/philox',
      'shared/student_t_draw',
      'student_t_sample',
    ]);
  });

  it.each([
    [
      'an unknown size',
      'flow_backward',
      FLAGS,
      { ...SIZES, N_NETS: undefined as unknown as number },
      /N_NETS/,
    ],
    ['an unknown flag', 'flow_backward', {}, SIZES, /#if names the unknown flag SUBGROUPS/],
    ['an unknown file', 'no_such_kernel', {}, {}, /no_such_kernel/],
  ])('refuses %s by its name', async (_what, stem, flags, sizes, message) => {
    await expect(preprocess(stem, flags, sizes)).rejects.toThrow(message);
  });
});
