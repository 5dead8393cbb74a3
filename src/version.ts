import { version } from '../package.json';

export const VERSION: string = version;

/** The library's name and version, as model files record it. */
export const LIBRARY = `wgflow ${VERSION}`;
