/** Flows of the visitor's settings, and what the pictures need of them. */
import { Flow } from '../../src/index.ts';
import { domainsOf } from '../../src/page.ts';
import type { FlowFacts, ModelSettings } from '../protocol.ts';
import type { DataSet } from './dataSet.ts';
import { specOf } from './modelSettings.ts';

/** What a flow divides the values of positive columns by, [D]; undefined where all its columns are real. */
export async function scalesOf(flow: Flow): Promise<Float32Array | undefined> {
  return domainsOf(flow.spec) && (await flow.parameters())['bijectors.0.scale'];
}

/** A flow that knows nothing yet but the scale of its data. */
export function freshFlow(device: GPUDevice, settings: ModelSettings, data: DataSet): Promise<Flow> {
  const { columns, domain, classes, kept } = data;
  const spec = specOf(settings, columns.length, { domain, classes: classes?.column.levels.length ?? 0 });
  const { seed } = settings;
  return Flow.create(spec, { device, seed, ...(kept.length > 0 ? { data: kept } : {}) });
}

/** What the page is told of a flow and its data. */
export function factsOf({ spec }: Flow, { columns, mean, std, classes }: DataSet): FlowFacts {
  return {
    bijectors: spec.bijectors.map(({ type }) => type),
    base: spec.base.type,
    columns,
    mean: [...mean],
    std: [...std],
    classes: classes?.column ?? null,
  };
}
