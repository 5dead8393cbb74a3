/**
 * The f64 twins of the kernels and an executor that runs the library's own plans on the CPU with them.
 * @module wgflow/reference
 */
export { ReferenceFlow } from './flow.ts';
export { ReferenceProgram } from './executor.ts';
export type { HostArray } from './executor.ts';
export { twinOf, twins } from './twins.ts';
