/** The initial model of a flow, and how its first data change it. */
import type { Rows } from '../calls/callerArrays.ts';
import type { Model } from '../io/modelFile.ts';
import { initialParameters, tensorsOfData } from '../spec/init.ts';
import { paramLayout } from '../spec/layout.ts';
import type { FlowModel } from '../spec/layout.ts';
import { offsetOf, shiftOf, withOffset } from '../spec/offset.ts';
import type { Shift } from '../data/offset.ts';
import type { FlowSpec } from '../spec/spec.ts';

/**
 * The model of that seed, whose parameters are drawn when the result is called.
 * @throws {DataError} when `data` are not finite, outside their domains, too few, or constant in a column
 */
export async function freshModel(spec: FlowSpec, seed: number, data: Rows | undefined): Promise<() => Model> {
  if (data === undefined) return () => ({ spec, parameters: initialParameters(spec, seed) });
  const start = (await import('./later.ts')).dataStart(spec, data, { isFresh: true });
  return () => {
    const parameters = initialParameters(spec, seed);
    for (const { tensor, values } of tensorsOfData(paramLayout(spec), start)) {
      parameters.set(values, tensor.offset);
    }
    return { spec: withOffset(spec, start.offset), parameters };
  };
}

/** The model of a flow. Its spec changes only once, if the first data of a fresh flow have an offset. */
export class CurrentModel {
  model: FlowModel;
  shift: Shift | undefined;
  /** The parameters on the host, at most a few seconds old while a `fit` runs: what remains when the device is lost. */
  parameters: Float32Array;

  constructor({ spec, parameters }: Model) {
    const layout = paramLayout(spec);
    this.model = { spec, layout };
    this.parameters = parameters;
    this.shift = shiftOf(this.model, parameters);
  }

  /** Follows parameters that were changed by hand. */
  follow(parameters: Float32Array): void {
    this.parameters = parameters;
    this.shift = shiftOf(this.model, parameters);
  }

  shiftTo(shift: Shift): void {
    const { layout, spec } = this.model;
    this.model = { layout, spec: withOffset(spec, shift.offset) };
    this.shift = offsetOf(this.model.spec) && shift;
  }
}
