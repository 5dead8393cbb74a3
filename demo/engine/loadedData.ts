/** The data that a model which was opened goes on with. */
import { domainsOf } from '../../src/domain.ts';
import { ShapeError, TOY_NAMES, toyDensity } from '../../src/index.ts';
import type { Flow, LabelColumn, ToyName } from '../../src/index.ts';
import { MOST_CLASSES, oneHot } from '../labels.ts';
import { dataSetOf, fitsDomains } from './dataSet.ts';
import type { DataSet } from './dataSet.ts';
import { drawSamples } from './drawSamples.ts';

/** Rows that stand for the data of a model that came without any. */
const OWN_SAMPLES = 4000;

/**
 * The data at hand if they fit the model; else the toy density it learned from, else its own samples.
 * @throws {ShapeError} for a model with a context that the page has no control for
 */
export async function dataForFlow(flow: Flow, atHand: DataSet | undefined): Promise<DataSet> {
  const column = classesOf(flow);
  if (atHand !== undefined && isSuited(atHand, flow, column)) return atHand;
  const record = flow.training;
  const toy = TOY_NAMES.find((name: ToyName) => name === record?.dataset);
  const known = toy && toyDensity(toy);
  if (known?.dim === flow.dim && (column === undefined || column.levels.length === known.classes)) {
    const noise = record?.options?.['noise'];
    const data = dataSetOf({
      kind: 'toy',
      name: known.name,
      size: 'endless',
      apart: column !== undefined,
      ...(typeof noise === 'number' ? { noise } : {}),
    });
    // By the names that the model has for them.
    return { ...data, classes: data.classes && column && { ...data.classes, column } };
  }
  const columns = record?.columns ?? Array.from({ length: flow.dim }, (_, j) => `x${j + 1}`);
  const own = { kind: 'rows', columns, title: 'samples of the model' } as const;
  if (column === undefined) return dataSetOf({ ...own, rows: await drawSamples(flow, OWN_SAMPLES, 0) });
  const of = Uint8Array.from({ length: OWN_SAMPLES }, (_, row) => row % column.levels.length);
  const labels = { column, of };
  return dataSetOf({ ...own, rows: await drawSamples(flow, OWN_SAMPLES, 0, oneHot(labels)), labels });
}

/** What a flow tells apart. @throws {ShapeError} for a context that is not one column of a few labels */
function classesOf({ spec, training }: Flow): LabelColumn | undefined {
  if (spec.contextDim === 0) return undefined;
  const columns = training?.context ?? [];
  const [column] = columns;
  const isOne = columns.length === 1 && column !== undefined && 'levels' in column;
  if (isOne && column.levels.length <= MOST_CLASSES) return column;
  const words = columns.map((each) =>
    'levels' in each ? `${each.name} (${each.levels.length} labels)` : `${each.name} (numbers)`,
  );
  throw new ShapeError(
    'context of the model',
    words.length === 0 ? `${spec.contextDim} features without names` : words.join(', '),
    `one column of at most ${MOST_CLASSES} labels`,
    'The command line opens it: wgflow sample, with --context.',
  );
}

/** Whether a flow can go on with these data. */
function isSuited(data: DataSet, flow: Flow, column: LabelColumn | undefined): boolean {
  return (
    data.columns.length === flow.dim &&
    fitsDomains(data, domainsOf(flow.spec)) &&
    JSON.stringify(data.classes?.column) === JSON.stringify(column)
  );
}
