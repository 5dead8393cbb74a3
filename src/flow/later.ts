/**
 * The code that a flow needs for some of its calls only: half precision, training, its memory, the search for kernels, log-masses, conditionals,
 * passes that stay on the GPU. A page loads it with the first such call. It is one module, because a bundler makes a script
 * of each.
 */
export { againWhereUnsound } from './again.ts';
export { changedParameters } from './changedParameters.ts';
export { conditionalsOf } from '../conditionals/conditionals.ts';
export { dataStart } from '../spec/dataStart.ts';
export { fit, startRun } from '../training/fit.ts';
export { MEMORY_RULES, trainingMemory } from '../training/memory.ts';
export { joinedJobs } from './joinedJobs.ts';
export { logMasses } from '../data/logMasses.ts';
export { FlowPass } from './pass.ts';
export { deviceChoice, storedVariants } from './search.ts';
export { requirePrecision } from '../gpu/requirePrecision.ts';
