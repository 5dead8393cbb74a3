/** Loads the text of each shader by its path. A bundler makes a script of each. */
export const SHADER_FILES: Readonly<Record<string, () => Promise<string>>> = import.meta.glob<string>(
  '../../shaders/*/*.wgsl',
  { query: '?raw', import: 'default' },
);
