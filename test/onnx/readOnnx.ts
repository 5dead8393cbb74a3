/** Reads what the tests need of an ONNX model, by the field numbers of its messages. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

type Fields = Map<number, (Uint8Array | bigint | number)[]>;

export interface OnnxNode {
  op: string;
  inputs: string[];
  outputs: string[];
}

export interface OnnxModel {
  irVersion: number;
  opset: number;
  nodes: OnnxNode[];
  tensors: string[];
  /** Inputs and outputs with what they hold. */
  inputs: Map<string, string>;
  outputs: Map<string, string>;
  metadata: Map<string, string>;
}

export function readOnnx(bytes: Uint8Array): OnnxModel {
  const model = fieldsOf(bytes);
  const graph = fieldsOf(messages(model, 7)[0]!);
  const [opset] = messages(model, 8).map(fieldsOf);
  const ports = (field: number): Map<string, string> =>
    new Map(
      messages(graph, field).map((port) => [texts(fieldsOf(port), 1)[0]!, texts(fieldsOf(port), 3)[0]!]),
    );
  return {
    irVersion: Number(model.get(1)?.[0]),
    opset: Number(opset?.get(2)?.[0]),
    nodes: messages(graph, 1)
      .map(fieldsOf)
      .map((node) => ({ op: texts(node, 4)[0]!, inputs: texts(node, 1), outputs: texts(node, 2) })),
    tensors: messages(graph, 5).map((tensor) => texts(fieldsOf(tensor), 8)[0]!),
    inputs: ports(11),
    outputs: ports(12),
    metadata: new Map(
      messages(model, 14)
        .map(fieldsOf)
        .map((entry) => [texts(entry, 1)[0]!, texts(entry, 2)[0]!]),
    ),
  };
}

/** What is wrong with the graph: a name that nothing gives, that two give, or that nothing uses. */
export function graphProblems({ nodes, tensors, inputs, outputs }: OnnxModel): string[] {
  const problems: string[] = [];
  const given = new Set<string>();
  const used = new Set(outputs.keys());
  const give = (name: string): void => {
    if (given.has(name)) problems.push(`${name} is given twice`);
    given.add(name);
  };
  for (const name of [...inputs.keys(), ...tensors]) give(name);
  for (const node of nodes) {
    for (const name of node.inputs) {
      if (!given.has(name)) problems.push(`${node.op} needs ${name}, which comes later or never`);
      used.add(name);
    }
    node.outputs.forEach(give);
  }
  for (const name of outputs.keys()) if (!given.has(name)) problems.push(`nothing gives the output ${name}`);
  return [...problems, ...tensors.flatMap((name) => (used.has(name) ? [] : [`nothing uses ${name}`]))];
}

function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields: Fields = new Map();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const value =
      type === WireType.LengthDelimited
        ? reader.bytes()
        : type === WireType.Bit32
          ? reader.float()
          : BigInt(reader.int64());
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

function messages(fields: Fields, field: number): Uint8Array[] {
  return (fields.get(field) ?? []) as Uint8Array[];
}

function texts(fields: Fields, field: number): string[] {
  return messages(fields, field).map((bytes) => new TextDecoder().decode(bytes));
}
