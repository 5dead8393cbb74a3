/** Makes flows from the visitor's settings, and collects their facts for the pictures. */
import { Flow } from '../../src/index.ts';
import type { FlowSpec } from '../../src/index.ts';
import { domainsOf } from '../../src/page/index.ts';
import type { FlowFacts, ModelSettings } from '../protocol.ts';
import { cellTexts } from './cells.ts';
import type { DataSet } from './dataSet.ts';
import { specOf } from './modelSettings.ts';

/** The divisors of positive columns, [D]; undefined if all columns of the flow are real. */
export async function scalesOf(flow: Flow): Promise<Float32Array | undefined> {
  return domainsOf(flow.spec) && (await flow.parameters())['bijectors.0.scale'];
}

/** A new flow, which knows only the scale of its data. */
export function freshFlow(device: GPUDevice, settings: ModelSettings, data: DataSet): Promise<Flow> {
  const { kept } = data;
  const spec = freshSpec(settings, data);
  const { seed } = settings;
  return Flow.create(spec, { device, seed, ...(kept.length > 0 ? { data: kept } : {}) });
}

/** The spec of a new flow for these data. */
export function freshSpec(settings: ModelSettings, { columns, domains, classes }: DataSet): FlowSpec {
  return specOf(settings, columns.length, { domains, classes: classes?.column.levels.length ?? 0 });
}

/** The page's facts about a flow and its data. */
export function factsOf({ spec }: Flow, { columns, mean, std, classes, cells }: DataSet): FlowFacts {
  return {
    ...(cells && { table: cells.codec.columns, meanTexts: cellTexts(cells.codec, mean) }),
    bijectors: spec.bijectors.map(({ type }) => type),
    base: spec.base.type,
    columns,
    mean: [...mean],
    std: [...std],
    classes: classes?.column ?? null,
  };
}
