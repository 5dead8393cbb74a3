import packageJson from '../package.json' with { type: 'json' };

/** The library's name and version, as model files record it. */
export const LIBRARY = `wgflow ${packageJson.version}`;
export const VERSION: string = packageJson.version;
