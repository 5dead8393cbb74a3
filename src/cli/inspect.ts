/** `wgflow inspect`: what a model file holds; needs no GPU. */
import type { Model, TrainingRecord } from '../io/modelFile.ts';
import { paramLayout } from '../paramLayout.ts';
import { couplingBlocks } from '../spec.ts';
import type { AffineCouplingSpec, BijectorSpec } from '../spec.ts';
import { columnNames, readModel } from './modelInput.ts';
import type { Session } from './session.ts';
import { tableText } from './table.ts';

export async function inspectCommand(session: Session, file: string): Promise<void> {
  const { model } = await readModel(file);
  const { spec, training, optimizer } = model;
  const layout = paramLayout(spec);
  const tensors = layout.tensors.map(({ name, shape, trainable }) => ({ name, shape, trainable }));
  if (session.json) {
    session.emit({
      event: 'done',
      file,
      spec,
      training,
      checkpointStep: optimizer?.step,
      parameters: layout.parameterCount,
      tensors,
    });
    return;
  }
  const facts = [
    ['File', file],
    ['Columns', columnNames(model).join(', ')],
    ['Parameters', layout.parameterCount.toLocaleString('en')],
    ...(training === undefined ? [] : trainingFacts(training)),
    ...(optimizer === undefined ? [] : [['Checkpoint of step', optimizer.step.toLocaleString('en')]]),
  ];
  const bijectors = spec.bijectors.map((bijector, index) => [
    index,
    bijector.type,
    described(model, bijector),
  ]);
  const shapes = tensors.map(({ name, shape }) => [name, `[${shape.join(', ')}]`]);
  const tables = [
    tableText(facts),
    tableText(bijectors, ['#', 'bijector', 'what it does']),
    tableText(shapes, ['tensor', 'shape']),
  ];
  process.stdout.write(`${tables.join('\n')}\n`);
}

function trainingFacts(training: TrainingRecord): [string, string][] {
  const { preset, dataset, steps, seed, bestValidationNll, options, library } = training;
  const facts: [string, string | undefined][] = [
    ['Preset', preset],
    ['Toy density', dataset],
    ['Steps', steps.toLocaleString('en')],
    ['Seed', String(seed)],
    [
      'Settings',
      options &&
        Object.entries(options)
          .map(([name, value]) => `${name} ${value}`)
          .join(', '),
    ],
    [
      'Best validation NLL',
      bestValidationNll === undefined ? undefined : `${bestValidationNll.toFixed(4)} nats`,
    ],
    ['Written by', library],
  ];
  return facts.flatMap(([label, value]): [string, string][] => (value === undefined ? [] : [[label, value]]));
}

function described(model: Model, bijector: BijectorSpec): string {
  switch (bijector.type) {
    case 'standardize':
      return '(x − mean) / std';
    case 'affine_coupling':
      return describedCoupling(model, bijector);
    case 'diagonal_scale':
      return 'x exp(log_scale)';
  }
}

function describedCoupling(model: Model, bijector: AffineCouplingSpec): string {
  const { conditionStart, conditionCount, transformStart, transformCount } = couplingBlocks(
    model.spec.dim,
    bijector,
  );
  const names = columnNames(model);
  const block = (start: number, count: number): string => {
    const inside = names.slice(start, start + count);
    return count <= 3 ? inside.join(', ') : `${inside[0]} … ${inside[count - 1]} (${count})`;
  };
  const { hidden, activation, separate } = bijector.conditioner;
  const bound = bijector.scale.map === 'tanh' ? `, bound ${bijector.scale.bound}` : '';
  return (
    `${block(transformStart, transformCount)} given ${block(conditionStart, conditionCount)}; ${bijector.scale.map} scale${bound}; ` +
    `${separate ? 'two nets' : 'one net'} of ${hidden.join('-')} ${activation}`
  );
}
