/** The texts of shaders; a page loads those that its plans take. */
import { SHADER_FILES } from './shaderFiles.ts';

const loaders = new Map(
  Object.entries(SHADER_FILES).map(([path, load]) => [
    /(shared\/)?\w+(?=\.wgsl$)/.exec(path)?.[0] ?? path,
    load,
  ]),
);

/** The stem of each kernel. */
export const SHADER_STEMS: readonly string[] = [...loaders.keys()].filter(
  (name) => !name.startsWith('shared/'),
);

/** A line that includes a snippet, by its name. */
export const INCLUDE = /^#include "(.+)\.wgsl"[ \t]*$/gm;

/** The text of a kernel (by its stem) or a snippet (`shared/name`), and of all that it includes, by name. */
export async function shaderSources(name: string): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  const begun = new Set<string>();
  const collect = async (wanted: string): Promise<void> => {
    if (begun.has(wanted)) return;
    begun.add(wanted);
    const text = await loaders.get(wanted)?.();
    if (text === undefined) return;
    texts.set(wanted, text);
    await Promise.all([...text.matchAll(INCLUDE)].map(([, included = '']) => collect(included)));
  };
  await collect(name);
  return texts;
}
