/** Stands for src/gpu/shaderFiles.ts in the pages, which take most shaders: one script is half as large as one each. */
const texts = import.meta.glob<string>('../shaders/*/*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export const SHADER_FILES: Readonly<Record<string, () => Promise<string>>> = Object.fromEntries(
  Object.entries(texts).map(([path, text]) => [path, () => Promise.resolve(text)]),
);
