import { describe, expect, it } from 'vitest';
import { WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import { brushShaders, packParams } from '../../demo/engine/pictures/brushes.ts';

describe.each(Object.values(brushShaders))('the shader $label', ({ code, params, buffers, vertices }) => {
  const { uniforms, storage, entry } = new WgslReflect(code);
  const members = uniforms[0]?.members ?? [];

  it('has the params that the host packs, where it puts them', () => {
    expect(members.map(({ name }) => camelCase(name))).toEqual(params.map(([name]) => name));
    const values = params.map(([name, , count], index) => [
      name,
      Array.from({ length: count }, (_, i) => 100 * index + i),
    ]);
    const view = new DataView(packParams(params, Object.fromEntries(values) as Record<string, number[]>));
    members.forEach(({ offset, size, type }, index) => {
      const [, scalar] = params[index]!;
      expect(type.name).toMatch(scalar === 'u32' ? /^u32$/ : /^(f32|vec[24]f)$/);
      for (let i = 0; i < size / 4; i++) {
        const at = offset + 4 * i;
        expect(scalar === 'u32' ? view.getUint32(at, true) : view.getFloat32(at, true)).toBe(100 * index + i);
      }
    });
    expect(view.byteLength).toBeGreaterThanOrEqual(uniforms[0]?.size ?? Infinity);
  });

  it('has the buffers of its brush, and draws or computes as it does', () => {
    expect(storage.map(({ binding, access }) => [binding, access])).toEqual(
      buffers.map((access, index) => [index + 1, access === 'read' ? 'read' : 'read_write']),
    );
    const isDrawn = vertices !== undefined;
    expect(entry.vertex.map(({ name }) => name)).toEqual(isDrawn ? ['vertex'] : []);
    expect(entry.fragment.map(({ name }) => name)).toEqual(isDrawn ? ['fragment'] : []);
    expect(entry.compute.map(({ name }) => name)).toEqual(isDrawn ? [] : ['main']);
    // A drawing shader may not write.
    expect(isDrawn && buffers.some((access) => access === 'write')).toBe(false);
  });

  it('says at its head what it does', () => expect(code).toMatch(/^(\/\/ .+\n){3,8}/));
});

it('refuses params of another length', () => {
  expect(() => packParams([['centre', 'f32', 2]], { centre: [1] })).toThrow('centre: 1 values, not 2');
});

/** `n_side` is `side`, `column_x` is `columnX`. */
function camelCase(name: string): string {
  return name.replace(/^n_/, '').replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
