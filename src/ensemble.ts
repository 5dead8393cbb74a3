/**
 * Several flows as one density: import from `wgflow/ensemble`.
 * @module wgflow/ensemble
 */
export { Ensemble } from './flow/ensemble.ts';
