/** The commands that exchange models with other programs: `export`, `import`. */
import { Option } from 'commander';
import { exportCommand, EXPORTERS } from './export.ts';
import type { ExportOptions } from './export.ts';
import { importCommand } from './import.ts';
import type { ImportOptions } from './import.ts';
import { MODEL } from './modelCommands.ts';
import type { AddCommand, RunCommand } from './modelCommands.ts';
import { LIBRARIES } from '../io/torch/libraries.ts';
import type { GlobalOptions } from './session.ts';

export function addExchangeCommands(command: AddCommand, run: RunCommand): void {
  command(
    'export',
    'Write a model for another program; needs no GPU.',
    `wgflow export model.safetensors --to onnx --out onnx
wgflow export model.safetensors --to pytorch --out moons`,
    'onnx: graphs that map rows, score them and turn draws into samples, named model.forward.onnx and so on. ' +
      'docs/onnx.md says how to run them. pytorch: model.safetensors and flow.py, whose class Flow needs torch alone. It scores, samples and trains, and what ' +
      'it saves is a model of wgflow again.',
  )
    .argument('<model>', MODEL)
    .addOption(
      new Option('--to <program>', 'the other program').choices(Object.keys(EXPORTERS)).makeOptionMandatory(),
    )
    .requiredOption('--out <dir>', 'folder to write the files into')
    .action((model: string, options: GlobalOptions & ExportOptions) =>
      run(options, (session) => exportCommand(session, model, options)),
    );

  command(
    'import',
    'Write a model file from the state dict of a PyTorch library; needs no GPU.',
    `wgflow import --from zuko flow.safetensors --out model.safetensors
wgflow import --from normflows flow.safetensors --config facts.json --out model.safetensors
echo '{"flows": 16, "activation": "leaky_relu"}' > facts.json`,
    'The state dict is a safetensors file of float32. vanilla is the notebook of the article that the preset is from. ' +
      'docs/pytorch.md says which parts of each library can be loaded, and what the options are.',
  )
    .argument('<state-dict>', 'safetensors file with the state dict')
    .addOption(
      new Option('--from <library>', 'the library of the model')
        .choices(Object.keys(LIBRARIES))
        .makeOptionMandatory(),
    )
    .option(
      '--config <file>',
      'JSON file with what a state dict does not say, such as {"activation": "tanh"}',
    )
    .requiredOption('--out <file>', 'model file to write')
    .action((stateDict: string, options: GlobalOptions & ImportOptions) =>
      run(options, (session) => importCommand(session, stateDict, options)),
    );
}
