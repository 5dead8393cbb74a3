/** The text of every shader, by its path below shaders/ without the ending. */
const files = import.meta.glob<string>('../../shaders/**/*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export const shaderSources: ReadonlyMap<string, string> = new Map(
  Object.entries(files).map(([path, text]) => [
    path.replace(/^.*\/shaders\//, '').replace(/\.wgsl$/, ''),
    text,
  ]),
);
