/**
 * What a flow needs for some of its calls only: training, its memory, the search for kernels, log-masses. A page loads it
 * with the first such call. It is one module, because a bundler makes a script of each.
 */
export { changedParameters } from './changedParameters.ts';
export { dataStart } from '../spec/dataStart.ts';
export { fit, startRun } from '../training/fit.ts';
export { MEMORY_RULES, trainingMemory } from '../training/memory.ts';
export { logMasses } from './logMasses.ts';
export { searched, storedVariants, tuningKey } from './search.ts';
