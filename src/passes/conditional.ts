/** The conditional of one column given the others: each row at many values of the column, in one plan. */
import { conditionalDensity } from '../kernels/conditional/conditional_density.ts';
import { conditionalRefine } from '../kernels/conditional/conditional_refine.ts';
import { conditionalRows } from '../kernels/conditional/conditional_rows.ts';
import type { ConditionalDomain } from '../kernels/conditional/conditional_rows.ts';
import { conditionalStart, START_NODES } from '../kernels/conditional/conditional_start.ts';
import { conditionalSummary, SUMMARY } from '../kernels/conditional/conditional_summary.ts';
import { CONTEXT, LOG_PROB, STATE } from '../plan/names.ts';
import { PlanBuilder } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { paddedRows } from '../plan/shape.ts';
import { PLAIN_VARIANTS } from '../plan/variants.ts';
import type { KernelVariants } from '../plan/variants.ts';
import type { FlowModel } from '../spec/layout.ts';
import { flowLogProb } from './forward.ts';
import { chunkRowsOf } from './workspace.ts';

/** The buffers that a caller fills and reads, [features, rows] each. */
export const CONDITIONAL = {
  /** The draws of each row, [draws, dim]. */
  rows: 'given_rows',
  /** The context of each row, [contextDim]. */
  context: 'given_context',
  /** The companion's value in each draw, [draws]; or the feature's in each cell and draw, [cells, draws]. */
  placed: 'placed_values',
  /** −log of the density with which each draw was made, [draws]; of each cell's own points, [cells, draws]. */
  drawWeight: 'draw_weights',
  logWeight: 'log_weights',
  /** [1]: where the conditional is expected. */
  centre: 'centre',
  /** [points]: places before the map to data; the first one is a node. */
  points: 'points',
  /** [levels, at least 1]: shares of the mass. */
  levels: 'levels',
  /** See conditional_summary. */
  summary: 'summary',
  /** [cells]: the logarithm of each cell's mass. */
  masses: 'log_masses',
} as const;

/** Numbers of nodes that each round adds to the first ones. Their sums with START_NODES are odd. */
export const ROUNDS = { quick: [10, 16], fine: [16, 42], full: [16, 32, 64] } as const;
export type Effort = keyof typeof ROUNDS;

/** What both kinds of conditional have in common. */
interface Given {
  /** Rows of the chunk. */
  count: number;
  draws: number;
  feature: number;
  companion?: number;
}

export interface NumberConditional extends Given, ConditionalDomain {
  effort: Effort;
  /** The expected spread, and the quantiles of the feature over all rows: see `conditionalStart`. */
  spread: number;
  quantiles: readonly number[];
  points: number;
  levels: number;
}

export interface CellsConditional extends Given {
  cells: number;
}

/** Elements of the summary of a row. */
export function summaryLength({ points, levels }: Pick<NumberConditional, 'points' | 'levels'>): number {
  return SUMMARY.row + SUMMARY.point * points + SUMMARY.level * levels;
}

/** The most rows whose conditional runs at once. */
export function conditionalRowsOf(model: FlowModel, evaluations: number): number {
  return Math.max(4, Math.floor(chunkRowsOf(model) / evaluations / 4) * 4);
}

/** The most nodes or cells of a row that are evaluated at once, for each draw. */
export function nodesAtOnce(effort: Effort): number {
  return Math.max(START_NODES, ...ROUNDS[effort]);
}

/** The plan of a column of numbers: CONDITIONAL.summary of each row. */
export function numberConditionalPlan(
  model: FlowModel,
  column: NumberConditional,
  variants: KernelVariants = PLAIN_VARIANTS,
): Plan {
  const { count, draws, effort, spread: scale, quantiles, points, levels } = column;
  const rows = paddedRows(count);
  const plan = new PlanBuilder('conditional');
  const placed = plan.buffer(CONDITIONAL.placed, draws * rows);
  const drawWeight = plan.buffer(CONDITIONAL.drawWeight, draws * rows);
  const centre = plan.buffer(CONDITIONAL.centre, rows);
  const own = plan.buffer(CONDITIONAL.points, points * rows);
  const asked = plan.buffer(CONDITIONAL.levels, Math.max(1, levels) * rows);
  const most = START_NODES + ROUNDS[effort].reduce((sum, more) => sum + more, 0);
  const nodes = (round: number): string => plan.buffer(`nodes_${round % 2}`, most * rows);
  const logDensity = (round: number): string => plan.buffer(`log_density_${round % 2}`, most * rows);
  const slots = plan.buffer('slots', nodesAtOnce(effort) * rows, 'u32');
  const evaluate = (round: number, fresh: string, more: number): void => {
    evaluateRows(plan, model, { ...column, rows, nodes: more, placed, fresh }, variants);
    plan.add(
      conditionalDensity({
        ...column,
        rows,
        nodes: more,
        logProb: LOG_PROB,
        drawWeight,
        logDensity: logDensity(round),
        of: { fresh, slots },
      }),
    );
  };
  plan.add(conditionalStart({ rows, scale, quantiles, own, centre, nodes: nodes(0), slots }));
  evaluate(0, nodes(0), START_NODES);
  let known = START_NODES;
  ROUNDS[effort].forEach((more, round) => {
    const fresh = plan.buffer('fresh_nodes', nodesAtOnce(effort) * rows);
    plan.add(
      conditionalRefine({
        rows,
        nodes: known,
        more,
        buffers: {
          nodes: nodes(round),
          logDensity: logDensity(round),
          nextNodes: nodes(round + 1),
          nextLogDensity: logDensity(round + 1),
          fresh,
          slots,
        },
      }),
    );
    evaluate(round + 1, fresh, more);
    known += more;
  });
  const last = ROUNDS[effort].length;
  const summary = plan.buffer(CONDITIONAL.summary, summaryLength(column) * rows);
  plan.add(
    conditionalSummary({
      ...column,
      rows,
      nodes: known,
      points,
      levels,
      buffers: { nodes: nodes(last), logDensity: logDensity(last), points: own, levels: asked, summary },
    }),
  );
  return plan.build();
}

/** The plan of a column's cells: CONDITIONAL.masses of each row. */
export function cellsConditionalPlan(
  model: FlowModel,
  column: CellsConditional,
  variants: KernelVariants = PLAIN_VARIANTS,
): Plan {
  const { count, draws, cells: nodes } = column;
  const rows = paddedRows(count);
  const plan = new PlanBuilder('conditional of cells');
  const placed = plan.buffer(CONDITIONAL.placed, draws * nodes * rows);
  const logWeight = plan.buffer(CONDITIONAL.logWeight, draws * nodes * rows);
  const logDensity = plan.buffer(CONDITIONAL.masses, nodes * rows);
  evaluateRows(plan, model, { ...column, domain: 'unit', scale: 1, rows, nodes, placed }, variants);
  plan.add(
    conditionalDensity({
      rows,
      nodes,
      draws,
      domain: 'unit',
      scale: 1,
      logProb: LOG_PROB,
      drawWeight: plan.buffer(CONDITIONAL.drawWeight, draws * rows),
      logDensity,
      of: { logWeight },
    }),
  );
  return plan.build();
}

interface Evaluation extends Omit<Given, 'count'>, ConditionalDomain {
  rows: number;
  nodes: number;
  placed: string;
  fresh?: string;
}

/** LOG_PROB [nodes, draws, rows] of each row at each node or cell, and draw. */
function evaluateRows(
  plan: PlanBuilder,
  model: FlowModel,
  { rows, nodes, draws, placed, fresh, ...column }: Evaluation,
  variants: KernelVariants,
): void {
  const { dim, contextDim } = model.spec;
  const evaluations = rows * nodes * draws;
  const contexts =
    contextDim > 0
      ? {
          rowContext: plan.buffer(CONDITIONAL.context, contextDim * rows),
          context: plan.buffer(CONTEXT, contextDim * evaluations),
        }
      : { rowContext: '', context: '' };
  plan.add(
    conditionalRows({
      ...column,
      rows,
      nodes,
      draws,
      features: dim,
      context: contextDim,
      buffers: {
        rows: plan.buffer(CONDITIONAL.rows, draws * dim * rows),
        points: placed,
        state: plan.buffer(STATE, dim * evaluations),
        ...(fresh !== undefined && { fresh }),
        ...contexts,
      },
    }),
  );
  flowLogProb(plan, model, { rows: evaluations, variants });
}
