/** Compiles the kernels of all plans for one GPU. */
import { netsOf } from '../../src/bijectors/bijector.ts';
import { AbsentGpu } from '../../src/gpu/absentGpu.ts';
import type { ModelledGpu } from '../../src/measure/gpuModel.ts';
import { KernelCode, modelledLaunches } from '../../src/measure/kernelCode.ts';
import type { ModelledLaunch } from '../../src/measure/kernelCode.ts';
import { heaviestLoop } from '../../src/measure/machineCode.ts';
import { isTraining, modelOf, passRowsOf, REPORTED, reportedPlan } from '../../src/measure/workloads.ts';
import { variantName } from '../../src/plan/kernel.ts';
import { planCost } from '../../src/plan/plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { fixedVariants, GPU_WITHOUT_SUBGROUPS } from '../../src/plan/variants.ts';
import type { FlowModel } from '../../src/spec/layout.ts';
import type { IsaFlow } from './specs.ts';
import type { KernelRow, SpecRow } from './table.ts';

/** The rows of one flow on one GPU. */
export interface FlowRows {
  kernels: KernelRow[];
  specs: SpecRow[];
}

/**
 * The rows of each flow in turn: of its plans with the kernels for the GPU's subgroups, and of those that have other
 * kernels without subgroups.
 */
export async function* rowsFor(name: ModelledGpu, flows: readonly IsaFlow[]): AsyncGenerator<FlowRows> {
  using gpu = await AbsentGpu.open(name);
  const code = new KernelCode(gpu);
  for (const { name: spec, spec: flowSpec, batch } of flows) {
    const model = modelOf(flowSpec);
    const rows: FlowRows = { kernels: [], specs: [] };
    for (const pass of REPORTED) {
      const count = isTraining(pass) ? batch : passRowsOf(model);
      const seen = new Set<string>();
      for (const facts of [gpu.facts, GPU_WITHOUT_SUBGROUPS]) {
        const plan = reportedPlan(model, pass, count, fixedVariants(facts));
        const signature = plan.dispatches.map(variantName).join('\n');
        if (seen.has(signature)) continue;
        seen.add(signature);
        const place = { gpu: name, subgroups: facts.subgroupMinSize, spec, pass };
        const launches = await modelledLaunches(plan, name, code);
        rows.kernels.push(...kernelRows(launches, plan).map((row) => ({ ...place, ...row })));
        rows.specs.push({
          ...place,
          rows: count,
          dim: flowSpec.dim,
          widest: widestLayer(model),
          dispatches: plan.dispatches.length,
          modelledMs: launches.reduce((sum, { time }) => sum + time.ms, 0),
        });
      }
    }
    yield rows;
  }
}

/** A row for each variant, still without its place. */
function kernelRows(
  launches: readonly ModelledLaunch[],
  plan: Plan,
): Omit<KernelRow, 'gpu' | 'subgroups' | 'spec' | 'pass'>[] {
  const { flops } = planCost(plan);
  const byVariant = new Map<string, ModelledLaunch[]>();
  for (const launch of launches) {
    const name = variantName(launch.dispatch);
    byVariant.set(name, [...(byVariant.get(name) ?? []), launch]);
  }
  return [...byVariant].map(([kernel, own]) => {
    const heaviest = own.reduce((a, b) => (b.dispatch.flops > a.dispatch.flops ? b : a));
    const { dispatch, time } = heaviest;
    const { code: _, subgroupSize: __, ...figures } = heaviest.code;
    const loop = heaviestLoop(heaviest.code);
    return {
      kernel,
      dispatches: own.length,
      workgroups: dispatch.workgroups.reduce((product, count) => product * count, 1),
      ...figures,
      innerLoop: loop === undefined ? null : innerLoopOf(loop),
      flopShare: flops === 0 ? 0 : own.reduce((sum, { dispatch }) => sum + dispatch.flops, 0) / flops,
      modelledMs: own.reduce((sum, { time }) => sum + time.ms, 0),
      boundBy: time.boundBy,
    };
  });
}

function innerLoopOf({ multiplyAdds, instructions, workgroupLoads }: NonNullable<KernelRow['innerLoop']>) {
  return { multiplyAdds, instructions, workgroupLoads };
}

function widestLayer({ layout }: FlowModel): number {
  const nets = layout.bijectors.flatMap(netsOf);
  return Math.max(0, ...nets.flatMap(({ layers }) => layers.slice(0, -1).map(({ outputs }) => outputs)));
}
