/** WGSL text with `#include "shared/x.wgsl"`, `#unroll i COUNT … #end` and `#if FLAG … #else … #endif` resolved. */
import { wgsl } from 'wgsl-preprocessor/wgsl-preprocessor.js';
import { ShaderCompileError } from '../errors.ts';
import { shaderSources } from './shaderSources.ts';

/**
 * The shader `stem` as the driver sees it. A file included twice appears once; each size becomes a `const`.
 * @throws {ShaderCompileError} for an unknown file, flag or size, or an unresolved directive
 */
export function preprocess(
  stem: string,
  flags: Readonly<Record<string, boolean>>,
  sizes: Readonly<Record<string, number>> = {},
): string {
  const declarations = Object.entries(sizes).map(([name, value]) => `const ${name}: u32 = ${value}u;\n`);
  const text = unrollAll(stem, includeAll(stem, stem, new Set()), sizes) + declarations.join('');
  const pieces = text.split(/^(#if )(\w+)[ \t]*$/m);
  const strings: string[] = [];
  const values: boolean[] = [];
  let open = pieces[0] ?? '';
  for (let i = 1; i < pieces.length; i += 3) {
    const name = pieces[i + 1] ?? '';
    const value = flags[name];
    if (value === undefined)
      throw new ShaderCompileError(stem, undefined, `#if names the unknown flag ${name}`);
    strings.push(open + (pieces[i] ?? ''));
    values.push(value);
    open = pieces[i + 2] ?? '';
  }
  const resolved = wgsl([...strings, open], ...values);
  const left = resolved.split('\n').find((line) => line.startsWith('#'));
  if (left !== undefined) throw new ShaderCompileError(stem, undefined, `unresolved directive "${left}"`);
  return resolved;
}

function includeAll(stem: string, name: string, seen: Set<string>): string {
  const text = shaderSources.get(name);
  if (text === undefined) throw new ShaderCompileError(stem, undefined, `there is no shaders/${name}.wgsl`);
  return text.replaceAll(/^#include "(.+)\.wgsl"[ \t]*$/gm, (_, included: string) => {
    if (seen.has(included)) return '';
    seen.add(included);
    return includeAll(stem, included, seen);
  });
}

/** Repeats the lines of each `#unroll i COUNT` … `#end` with `$i` from 0 to COUNT − 1, innermost first. */
function unrollAll(stem: string, text: string, sizes: Readonly<Record<string, number>>): string {
  const innermost = /^#unroll (\w+) (\w+)[ \t]*\n((?:(?!#unroll |#end[ \t]*$).*\n)*?)#end[ \t]*$/m;
  for (;;) {
    const found = innermost.exec(text);
    if (found === null) return text;
    const [block, index = '', countName = '', body = ''] = found;
    const count = /^\d+$/.test(countName) ? Number(countName) : sizes[countName];
    if (count === undefined) {
      throw new ShaderCompileError(stem, undefined, `#unroll names the unknown size ${countName}`);
    }
    const lines = Array.from({ length: count }, (_, i) =>
      body.replaceAll(new RegExp(`\\$${index}(?![A-Za-z_])`, 'g'), String(i)),
    );
    text = text.replace(block, () => lines.join('').replace(/\n$/, ''));
  }
}
