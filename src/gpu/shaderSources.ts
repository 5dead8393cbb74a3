/** The text of every shader: a kernel's by its stem, a snippet's as `shared/name`. */
const files = import.meta.glob<string>('../../shaders/*/*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export const shaderSources: ReadonlyMap<string, string> = new Map(
  Object.entries(files).map(([path, text]) => [/(shared\/)?\w+(?=\.wgsl$)/.exec(path)?.[0] ?? path, text]),
);
