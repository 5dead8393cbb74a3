import { describe, expect, it } from 'vitest';
import { WgslParser, WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import type { Type, Var } from 'wgsl_reflect';
import { preprocess } from '../../src/gpu/preprocess.ts';
import { packUniforms, paramsSize, UNIFORM_ALIGNMENT } from '../../src/gpu/uniforms.ts';
import { activeBindings, elementOf } from '../../src/plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../src/plan/kernel.ts';
import { FUSED_GROUP_SIZE } from '../../src/kernels/fused/coupling_stack.ts';
import { PIECE_GROUP_SIZE } from '../../src/kernels/fused/piece_order.ts';
import { REDUCTION_SIZE, WORKGROUP_SIZE } from '../../src/plan/shape.ts';
import { kernelsByFile } from '../support/kernels.ts';
import { launches } from '../support/launches.ts';

/** WebGPU's guarantees for every device, or less if the design requires less. */
const PORTABLE = { workgroupBytes: 16_384, storageBuffers: 8, invocations: 256 };

type Flags = Dispatch['flags'];

/** Element types of the buffers of these WGSL types. */
const ELEMENTS = {
  u32: 'u32',
  vec2u: 'u32',
  vec4u: 'u32',
  Op: 'u32',
  atomic: 'u32',
  f32: 'f32',
  vec4f: 'f32',
  f16: 'f16',
  vec4h: 'f16',
} as const;

const launched = launches();

describe('the shader', () => {
  it.each([...kernelsByFile.values()])(
    'of $stem declares what its launches bind, with each combination of flags, and fits every device',
    async (kernel) => {
      const variants = launched.filter((dispatch) => dispatch.kernel === kernel);
      // Some launch has each optional binding, and some launch stores each optional f16 as f16.
      for (const { when, f16When } of Object.values(kernel.bindings)) {
        for (const flag of [when, f16When].filter((one) => one !== undefined)) {
          expect(kernel.flags).toContain(flag);
          expect(
            variants.some(({ flags }) => flags[flag]),
            flag,
          ).toBe(true);
        }
      }
      expect(variants).not.toEqual([]);
      for (const { flags } of variants) {
        const shader = reflect(await preprocess(kernel.stem, flags, sizesOf(kernel)));
        const name = [kernel.stem, ...Object.keys(flags).filter((flag) => flags[flag])].join(' ');
        expectParams(name, kernel, flags, shader);
        expectBindings(name, kernel, flags, shader);
        expect(
          shader.info.entry.compute.map((entry) => entry.name),
          name,
        ).toEqual(['main']);
        expect(shader.info.overrides.map((override) => override.name).sort(), name).toEqual(
          [...(kernel.constants ?? [])].sort(),
        );
        expect(shader.info.storage.length, name).toBeLessThanOrEqual(PORTABLE.storageBuffers);
        const size = shader.info.entry.compute[0]?.workgroupSize ?? [Infinity];
        expect(
          size.reduce((a, b) => a * b, 1),
          name,
        ).toBeLessThanOrEqual(PORTABLE.invocations);
        expect(shader.workgroupBytes, name).toBeLessThanOrEqual(PORTABLE.workgroupBytes);
      }
    },
  );
});

/** One uniform, params at binding 0, with the kernel's fields in order at the offsets of `packUniforms`. */
function expectParams(name: string, kernel: KernelSpec, flags: Flags, shader: Shader): void {
  const [uniform, ...others] = shader.info.uniforms;
  expect(others, name).toEqual([]);
  expect(uniform, name).toMatchObject({ name: 'params', group: 0, binding: 0, type: { name: 'Params' } });
  const members = uniform?.members ?? [];
  expect(
    members.map((member) => [member.name, member.type.name]),
    name,
  ).toEqual(Object.entries(kernel.params));
  const dispatch = dispatchWith(kernel, flags);
  const { bytes, offsets } = packUniforms([dispatch, dispatch]);
  expect(offsets).toEqual([0, UNIFORM_ALIGNMENT]);
  expect(paramsSize(dispatch), name).toBeGreaterThanOrEqual(uniform?.size ?? Infinity);
  for (const start of offsets) {
    const view = new DataView(bytes, start, paramsSize(dispatch));
    const read = members.map((member) => [
      member.name,
      member.type.name === 'u32' ? view.getUint32(member.offset, true) : view.getFloat32(member.offset, true),
    ]);
    expect(Object.fromEntries(read), name).toEqual(dispatch.params);
  }
}

function expectBindings(name: string, kernel: KernelSpec, flags: Flags, shader: Shader): void {
  const found = shader.info.storage.map(({ name, group, binding, access, format }) => ({
    name,
    group,
    binding,
    access,
    element: format && ELEMENTS[format.name as keyof typeof ELEMENTS],
  }));
  const expected = activeBindings(kernel, flags).map(({ name, binding, spec }) => ({
    name,
    group: 0,
    binding,
    access: spec.access,
    element: elementOf(spec, flags),
  }));
  expect(found, name).toEqual(expected);
}

describe('the kernels', () => {
  it('share their workgroup sizes with the host', async () => {
    const sizeOf = async (stem: string): Promise<unknown> => {
      const kernel = kernelsByFile.get(stem)!;
      const none = Object.fromEntries((kernel.flags ?? []).map((flag) => [flag, false]));
      return reflect(await preprocess(stem, none, sizesOf(kernel))).info.entry.compute[0]?.workgroupSize;
    };
    expect(await sizeOf('log_det_reduce')).toEqual([WORKGROUP_SIZE, 1, 1]);
    expect(await sizeOf('reduce_sum')).toEqual([REDUCTION_SIZE, 1, 1]);
    expect(await sizeOf('flow_inverse')).toEqual([FUSED_GROUP_SIZE, 1, 1]);
    expect(await sizeOf('dense_forward_streamed')).toEqual([FUSED_GROUP_SIZE, 1, 1]);
    expect(await sizeOf('piece_lines')).toEqual([PIECE_GROUP_SIZE, 1, 1]);
  });
});

describe('packUniforms', () => {
  it('refuses a param that is missing or not finite, by name', () => {
    const kernel = kernelsByFile.get('standard_normal_log_prob')!;
    for (const sign of [NaN, Infinity, undefined]) {
      const dispatch = dispatchWith(kernel, {});
      const params = { ...dispatch.params, sign } as Record<string, number>;
      expect(() => packUniforms([{ ...dispatch, params }])).toThrow(/standard_normal_log_prob: param sign/);
    }
  });
});

function dispatchWith(kernel: KernelSpec, flags: Flags): Dispatch {
  const params = Object.fromEntries(
    Object.entries(kernel.params).map(([name, type], index) => [
      name,
      type === 'u32' ? 4_000_000_000 + index : -0.5 - index,
    ]),
  );
  return {
    kernel,
    params,
    flags,
    constants: {},
    sizes: {},
    buffers: {},
    workgroups: [1, 1, 1],
    flops: 0,
    bytes: 0,
  };
}

/** A shader's declarations do not depend on the sizes. */
function sizesOf({ sizes = [] }: KernelSpec): Record<string, number> {
  return Object.fromEntries(sizes.map((name) => [name, 2]));
}

interface Shader {
  info: WgslReflect;
  workgroupBytes: number;
}

/** The declarations of a shader. */
function reflect(code: string): Shader {
  const ast = new WgslParser().parse(withoutBodies(code));
  const info = new WgslReflect();
  info.updateAST(ast);
  const workgroupBytes = ast
    .filter((node) => (node as Var).storage === 'workgroup')
    .map((node) => info.getTypeInfo((node as Var).type as Type).size);
  return { info, workgroupBytes: workgroupBytes.reduce((sum, size) => sum + size, 0) };
}

/** Functions without their bodies: the parser mistakes some names there for keywords. */
function withoutBodies(code: string): string {
  let result = '';
  let rest = code.replaceAll(/\/\/.*$/gm, '');
  for (;;) {
    const start = /\bfn\b[^{]*\{/.exec(rest);
    if (start === null) return result + rest;
    let end = start.index + start[0].length;
    result += `${rest.slice(0, end)}}`;
    for (let depth = 1; depth > 0; end++) {
      if (rest[end] === '{') depth++;
      if (rest[end] === '}') depth--;
    }
    rest = rest.slice(end);
  }
}
