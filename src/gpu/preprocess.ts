/**
 * Resolves `#include "shared/x.wgsl"`, `#unroll i COUNT … #end` and `#if FLAG` or `#if !FLAG … #else …
 * #endif` in WGSL.
 */
import { wgsl } from 'wgsl-preprocessor/wgsl-preprocessor.js';
import { ShaderCompileError } from '../errors.ts';
import { INCLUDE, shaderSources } from './shaderSources.ts';
import { SHARED_NUMBERS } from './sharedNumbers.ts';

/**
 * The shader `stem` as passed to the driver. A file included twice appears once. Each size and each shared
 * number used in the text becomes a `const`.
 * @throws {ShaderCompileError} for an unknown file, flag or size, or an unresolved directive
 */
export async function preprocess(
  stem: string,
  flags: Readonly<Record<string, boolean>>,
  sizes: Readonly<Record<string, number>> = {},
): Promise<string> {
  const body = unrollAll(stem, includeAll(stem, stem, await shaderSources(stem), new Set()), sizes);
  const named = new Set(body.match(/\b[A-Z]\w*\b/g));
  const shared = Object.entries(SHARED_NUMBERS).filter(([name]) => named.has(name));
  const declarations = [...Object.entries(sizes), ...shared].map(
    ([name, value]) => `const ${name}: u32 = ${value}u;\n`,
  );
  const text = body + declarations.join('');
  const pieces = text.split(/^(#if )(!?\w+)[ \t]*$/m);
  const strings: string[] = [];
  const values: boolean[] = [];
  let open = pieces[0] ?? '';
  for (let i = 1; i < pieces.length; i += 3) {
    const condition = pieces[i + 1] ?? '';
    const isNegated = condition.startsWith('!');
    const name = isNegated ? condition.slice(1) : condition;
    const value = flags[name];
    if (value === undefined)
      throw new ShaderCompileError(stem, undefined, `#if names the unknown flag ${name}`);
    strings.push(open + (pieces[i] ?? ''));
    values.push(value !== isNegated);
    open = pieces[i + 2] ?? '';
  }
  const resolved = wgsl([...strings, open], ...values);
  const left = resolved.split('\n').find((line) => line.startsWith('#'));
  if (left !== undefined) throw new ShaderCompileError(stem, undefined, `unresolved directive "${left}"`);
  return resolved;
}

function includeAll(
  stem: string,
  name: string,
  sources: ReadonlyMap<string, string>,
  seen: Set<string>,
): string {
  const text = sources.get(name);
  if (text === undefined) throw new ShaderCompileError(stem, undefined, `there is no shaders/${name}.wgsl`);
  return text.replaceAll(INCLUDE, (_, included: string) => {
    if (seen.has(included)) return '';
    seen.add(included);
    return includeAll(stem, included, sources, seen);
  });
}

/**
 * Repeats the lines of each `#unroll i COUNT` … `#end` with `$i` from 0 to COUNT − 1. The outermost comes
 * first, so the count of an inner one may use the index: `#unroll b N_BLOCKS_$i`.
 */
function unrollAll(stem: string, text: string, sizes: Readonly<Record<string, number>>): string {
  const lines = text.split('\n');
  const unrolled: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const [, index = '', countName = ''] = /^#unroll (\w+) (\w+)[ \t]*$/.exec(line) ?? [];
    if (countName === '') {
      unrolled.push(line);
      continue;
    }
    const count = /^\d+$/.test(countName) ? Number(countName) : sizes[countName];
    if (count === undefined) {
      throw new ShaderCompileError(stem, undefined, `#unroll names the unknown size ${countName}`);
    }
    const end = endOf(stem, lines, at);
    const body = lines.slice(at + 1, end).join('\n');
    for (let i = 0; i < count; i++) {
      const once = body.replaceAll(new RegExp(`\\$${index}(?![A-Za-z_])`, 'g'), String(i));
      unrolled.push(unrollAll(stem, once, sizes));
    }
    at = end;
  }
  return unrolled.join('\n');
}

/** The line of the `#end` that closes the `#unroll` at line `start`. */
function endOf(stem: string, lines: readonly string[], start: number): number {
  let open = 0;
  for (let at = start; at < lines.length; at++) {
    if (lines[at]?.startsWith('#unroll ')) open++;
    if (/^#end[ \t]*$/.test(lines[at] ?? '')) open--;
    if (open === 0) return at;
  }
  throw new ShaderCompileError(stem, undefined, `no #end closes "${lines[start] ?? ''}"`);
}
