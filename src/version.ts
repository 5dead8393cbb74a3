import { version } from '../package.json';

/** The version of the package, such as `0.1.0`. */
export const VERSION: string = version;

/** The library's name and version, as model files record it. */
export const LIBRARY = `wgflow ${VERSION}`;
