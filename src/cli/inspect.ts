/** `wgflow inspect`: what a model file holds; needs no GPU. */
import Table from 'cli-table3';
import { paramLayout } from '../paramLayout.ts';
import { couplingBlocks } from '../spec.ts';
import type { BijectorSpec, FlowSpec } from '../spec.ts';
import { readModel } from './modelInput.ts';
import type { Session } from './session.ts';

export async function inspectCommand(session: Session, file: string): Promise<void> {
  const { spec, training, optimizer } = await readModel(file);
  const layout = paramLayout(spec);
  const tensors = layout.tensors.map(({ name, shape, trainable }) => ({ name, shape, trainable }));
  if (session.json) {
    session.emit({
      event: 'done',
      file,
      spec,
      training,
      checkpointStep: optimizer?.step,
      parameters: layout.trainableLength,
      tensors,
    });
    return;
  }
  const facts = new Table({ style: { head: [], border: [] } });
  facts.push(
    ['File', file],
    ['Features', String(spec.dim)],
    ['Parameters', layout.trainableLength.toLocaleString('en')],
    ...(training === undefined
      ? []
      : Object.entries(training).map(([name, value]): [string, string] => [name, shown(value)])),
    ...(optimizer === undefined ? [] : [['Checkpoint of step', String(optimizer.step)] as [string, string]]),
  );
  const bijectors = new Table({ head: ['#', 'bijector', 'what it does'], style: { head: [], border: [] } });
  spec.bijectors.forEach((bijector, index) =>
    bijectors.push([index, bijector.type, described(spec, bijector)]),
  );
  const shapes = new Table({ head: ['tensor', 'shape'], style: { head: [], border: [] } });
  for (const { name, shape } of tensors) shapes.push([name, `[${shape.join(', ')}]`]);
  process.stdout.write(`${[facts, bijectors, shapes].map((table) => table.toString()).join('\n')}\n`);
}

function described(spec: FlowSpec, bijector: BijectorSpec): string {
  if (bijector.type === 'standardize') return '(x − mean) / std';
  const { conditionStart, conditionCount, transformStart, transformCount } = couplingBlocks(
    spec.dim,
    bijector,
  );
  const range = (start: number, count: number): string =>
    count === 1 ? `x${start + 1}` : `x${start + 1}…x${start + count}`;
  const { hidden, activation, separate } = bijector.conditioner;
  const scale = bijector.scale.map === 'tanh' ? `tanh scale, bound ${bijector.scale.bound}` : 'exp scale';
  return (
    `${range(transformStart, transformCount)} given ${range(conditionStart, conditionCount)}; ${scale}; ` +
    `${separate ? 'separate nets' : 'one net'} ${hidden.join('-')} ${activation}`
  );
}

function shown(value: unknown): string {
  return Array.isArray(value)
    ? value.join(', ')
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);
}
