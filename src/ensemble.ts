/**
 * Several flows as one density: import from `wgflow/ensemble`.
 * @module wgflow/ensemble
 */
export { Ensemble } from './flow/ensemble.ts';
export type { Density } from './flow/ensemble.ts';
