/** WGSL text with `#include "shared/x.wgsl"` and `#if FLAG … #else … #endif` resolved. */
import { wgsl } from 'wgsl-preprocessor/wgsl-preprocessor.js';
import { ShaderCompileError } from '../errors.ts';
import { shaderSources } from './shaderSources.ts';

/**
 * The shader `stem` as the driver sees it. A file included twice appears once.
 * @throws {ShaderCompileError} for an unknown file, an unknown flag or an unresolved directive
 */
export function preprocess(stem: string, flags: Readonly<Record<string, boolean>>): string {
  const text = includeAll(stem, stem, new Set());
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
