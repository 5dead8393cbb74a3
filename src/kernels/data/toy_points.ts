import { toyDensityOfShape } from '../../data/toy.ts';
import type { Dispatch } from '../../plan/kernel.ts';
import { toyBatch } from './toy_batch.ts';
import type { ToyBatchArguments } from './toy_batch.ts';
import { toyVectorBatch } from './toy_vector_batch.ts';

/** Fresh points of a toy density, from the kernel for it. @throws {ShapeError} like `toyBatch` */
export function toyPoints(args: ToyBatchArguments): Dispatch {
  const { dim } = toyDensityOfShape(args.shape, { noise: args.noise });
  return dim === 2 ? toyBatch(args) : toyVectorBatch(args);
}
