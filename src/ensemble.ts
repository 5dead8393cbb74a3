/** Several flows as one density: import from `wgflow/ensemble`. */
export { Ensemble } from './flow/ensemble.ts';
