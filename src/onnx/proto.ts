/**
 * The bytes of an ONNX model: the few messages that an exported graph needs, field by field.
 * @see https://github.com/onnx/onnx/blob/main/docs/IR.md
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { LimitError } from '../errors.ts';

/** Element types by their numbers in TensorProto.DataType. */
const ELEMENTS = { float: 1, int64: 7, bool: 9, double: 11 } as const;
export type Element = keyof typeof ELEMENTS;

export interface TensorData {
  name: string;
  element: Exclude<Element, 'bool'>;
  shape: readonly number[];
  values: ArrayLike<number>;
}

/** A whole number, several, a float32 or the element type of a cast. */
export type Attribute = number | readonly number[] | { float: number } | { element: Element };

export interface NodeData {
  op: string;
  name: string;
  inputs: readonly string[];
  output: string;
  attributes: Readonly<Record<string, Attribute>>;
}

/** An input or output of a graph. A text in the shape names an extent that a call decides. */
export interface Port {
  name: string;
  element: Element;
  shape: readonly (number | string)[];
  /** What it holds. */
  words: string;
}

export interface ModelData {
  name: string;
  /** What the graph computes. */
  words: string;
  nodes: readonly NodeData[];
  tensors: readonly TensorData[];
  inputs: readonly Port[];
  outputs: readonly Port[];
  metadata: Readonly<Record<string, string>>;
  /** Who wrote the model. */
  producer: { name: string; version: string };
}

/** The versions that the graphs are written for: ONNX 1.12 of 2022. */
const IR_VERSION = 8;
const OPSET = 17;

/** A protobuf message must be shorter. */
const MAX_BYTES = 2 ** 31 - 1;

/** @throws {LimitError} when the tensors are too large for a file of protobuf */
export function encodeOnnx(model: ModelData): Uint8Array {
  const length = model.tensors.reduce((sum, { values }) => sum + 4 * values.length, 0);
  if (length > MAX_BYTES) {
    throw new LimitError('The ONNX file', 'bytes', length, MAX_BYTES, 'Train a smaller model.', 'wgflow');
  }
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int64(IR_VERSION);
  text(writer, 2, model.producer.name);
  text(writer, 3, model.producer.version);
  text(writer, 6, model.words);
  nested(writer, 7, writeGraph, model);
  nested(writer, 8, (inner) => inner.tag(2, WireType.Varint).int64(OPSET), undefined);
  for (const [key, value] of Object.entries(model.metadata)) {
    nested(writer, 14, writeEntry, { key, value });
  }
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, { nodes, name, tensors, words, inputs, outputs }: ModelData): void {
  for (const node of nodes) nested(writer, 1, writeNode, node);
  text(writer, 2, name);
  for (const tensor of tensors) nested(writer, 5, writeTensor, tensor);
  text(writer, 10, words);
  for (const input of inputs) nested(writer, 11, writePort, input);
  for (const output of outputs) nested(writer, 12, writePort, output);
}

function writeNode(writer: BinaryWriter, { inputs, output, name, op, attributes }: NodeData): void {
  for (const input of inputs) text(writer, 1, input);
  text(writer, 2, output);
  text(writer, 3, name);
  text(writer, 4, op);
  for (const [key, value] of Object.entries(attributes)) nested(writer, 5, writeAttribute, { key, value });
}

/** Numbers of AttributeProto.AttributeType. */
const FLOAT = 1;
const INT = 2;
const INTS = 7;

function writeAttribute(writer: BinaryWriter, { key, value }: { key: string; value: Attribute }): void {
  text(writer, 1, key);
  const typed = (type: number): BinaryWriter => writer.tag(20, WireType.Varint).int32(type);
  if (typeof value === 'number') {
    writer.tag(3, WireType.Varint).int64(value);
    typed(INT);
  } else if ('float' in value) {
    writer.tag(2, WireType.Bit32).float(value.float);
    typed(FLOAT);
  } else if ('element' in value) {
    writer.tag(3, WireType.Varint).int64(ELEMENTS[value.element]);
    typed(INT);
  } else {
    for (const one of value) writer.tag(8, WireType.Varint).int64(one);
    typed(INTS);
  }
}

function writeTensor(writer: BinaryWriter, { name, element, shape, values }: TensorData): void {
  for (const extent of shape) writer.tag(1, WireType.Varint).int64(extent);
  writer.tag(2, WireType.Varint).int32(ELEMENTS[element]);
  text(writer, 8, name);
  writer.tag(9, WireType.LengthDelimited).bytes(littleEndian(element, values));
}

function littleEndian(element: TensorData['element'], values: ArrayLike<number>): Uint8Array {
  const bytes = element === 'float' ? 4 : 8;
  const view = new DataView(new ArrayBuffer(bytes * values.length));
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (element === 'float') view.setFloat32(4 * i, value, true);
    else if (element === 'double') view.setFloat64(8 * i, value, true);
    else view.setBigInt64(8 * i, BigInt(value), true);
  }
  return new Uint8Array(view.buffer);
}

function writePort(writer: BinaryWriter, { name, element, shape, words }: Port): void {
  text(writer, 1, name);
  nested(writer, 2, writeType, { element, shape });
  text(writer, 3, words);
}

/** TypeProto with its tensor_type. */
function writeType(writer: BinaryWriter, { element, shape }: Pick<Port, 'element' | 'shape'>): void {
  nested(
    writer,
    1,
    (tensor) => {
      tensor.tag(1, WireType.Varint).int32(ELEMENTS[element]);
      nested(tensor, 2, (inner) => shape.forEach((extent) => nested(inner, 1, writeExtent, extent)), shape);
    },
    shape,
  );
}

function writeExtent(writer: BinaryWriter, extent: number | string): void {
  if (typeof extent === 'number') writer.tag(1, WireType.Varint).int64(extent);
  else text(writer, 2, extent);
}

function writeEntry(writer: BinaryWriter, { key, value }: { key: string; value: string }): void {
  text(writer, 1, key);
  text(writer, 2, value);
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function nested<Value>(
  writer: BinaryWriter,
  field: number,
  write: (writer: BinaryWriter, value: Value) => unknown,
  value: Value,
): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer, value);
  writer.join();
}
