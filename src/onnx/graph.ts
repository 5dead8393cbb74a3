/** An ONNX graph under construction: every method adds nodes and returns their result. */
import { encodeOnnx } from './proto.ts';
import type { Attribute, Element, ModelData, NodeData, Port, TensorData } from './proto.ts';
import type { TensorSlot } from '../model/tensors.ts';

/** The result of a node, an input or a constant. */
export interface Value {
  readonly name: string;
  readonly element: Element;
}

/** A number becomes a constant of the other operand's type. */
export type Operand = Value | number;

interface NodeOptions {
  /** The last part of the node's name; by default the operation. */
  name?: string;
  /** The element type of the result; by default that of the first input. */
  element?: Element;
  attributes?: Record<string, Attribute>;
}

/** Constants up to this length are named by their values, and equal ones are one. */
const MAX_NAMED = 8;

export class Graph {
  readonly #nodes: NodeData[] = [];
  readonly #tensors = new Map<string, TensorData>();
  readonly #inputs: Port[] = [];
  readonly #outputs: Port[] = [];
  /** How often each name was asked for. */
  readonly #names = new Map<string, number>();
  #scope = '';
  readonly #parameters: Float32Array;

  /** @param parameters of the flow: `tensor` takes its values from them */
  constructor(parameters: Float32Array) {
    this.#parameters = parameters;
  }

  /** Puts what `build` adds under a name: `b3_affine_coupling/conditioner/hidden0`. */
  scope<Result>(name: string, build: () => Result): Result {
    const outer = this.#scope;
    this.#scope = `${outer}${name}/`;
    try {
      return build();
    } finally {
      this.#scope = outer;
    }
  }

  input(name: string, element: Element, shape: Port['shape'], words: string): Value {
    this.#inputs.push({ name, element, shape, words });
    this.#names.set(name, 1);
    return { name, element };
  }

  /** Makes a value a result of the graph. */
  output(name: string, value: Value, shape: Port['shape'], words: string): void {
    const { element } = value;
    this.#nodes.push({
      op: 'Identity',
      name: `output/${name}`,
      inputs: [value.name],
      output: name,
      attributes: {},
    });
    this.#outputs.push({ name, element, shape, words });
  }

  encode(model: Pick<ModelData, 'name' | 'words' | 'metadata' | 'producer'>): Uint8Array {
    const [nodes, inputs, outputs] = [this.#nodes, this.#inputs, this.#outputs];
    const used = new Set(nodes.flatMap((node) => node.inputs));
    const tensors = [...this.#tensors.values()].filter((tensor) => used.has(tensor.name));
    return encodeOnnx({ ...model, nodes, tensors, inputs, outputs });
  }

  /** A constant; a long one needs a name. */
  constant(
    element: TensorData['element'],
    values: ArrayLike<number>,
    shape: readonly number[] = [values.length],
    name?: string,
  ): Value {
    const isShort = values.length <= MAX_NAMED;
    const shown = `${element}[${shape.join(',')}](${isShort ? Array.from(values, String).join(', ') : ''})`;
    const known = isShort ? shown : this.#unique(`${this.#scope}${name ?? shown}`);
    if (!this.#tensors.has(known)) this.#tensors.set(known, { name: known, element, shape, values });
    return { name: known, element };
  }

  /** A tensor of the flow, by its name in the model file. */
  tensor({ name, offset, length, shape }: TensorSlot): Value {
    if (!this.#tensors.has(name)) {
      const values = this.#parameters.subarray(offset, offset + length);
      this.#tensors.set(name, { name, element: 'float', shape, values });
    }
    return { name, element: 'float' };
  }

  /** The values of a tensor of the flow. */
  valuesOf({ offset, length }: TensorSlot): number[] {
    return [...this.#parameters.subarray(offset, offset + length)];
  }

  node(
    op: string,
    inputs: readonly Value[],
    { name = op, element, attributes = {} }: NodeOptions = {},
  ): Value {
    const output = this.#unique(`${this.#scope}${name}`);
    this.#nodes.push({ op, name: output, inputs: inputs.map((input) => input.name), output, attributes });
    return { name: output, element: element ?? inputs[0]?.element ?? 'float' };
  }

  add = (a: Operand, b: Operand): Value => this.#pair('Add', a, b);
  subtract = (a: Operand, b: Operand): Value => this.#pair('Sub', a, b);
  multiply = (a: Operand, b: Operand): Value => this.#pair('Mul', a, b);
  divide = (a: Operand, b: Operand): Value => this.#pair('Div', a, b);
  max = (a: Operand, b: Operand): Value => this.#pair('Max', a, b);
  min = (a: Operand, b: Operand): Value => this.#pair('Min', a, b);
  isLess = (a: Operand, b: Operand): Value => this.#pair('Less', a, b, 'bool');
  isAtLeast = (a: Operand, b: Operand): Value => this.#pair('GreaterOrEqual', a, b, 'bool');
  isEqual = (a: Operand, b: Operand): Value => this.#pair('Equal', a, b, 'bool');
  and = (a: Value, b: Value): Value => this.node('And', [a, b]);
  or = (a: Value, b: Value): Value => this.node('Or', [a, b]);
  not = (a: Value): Value => this.node('Not', [a]);
  isNaN = (a: Value): Value => this.node('IsNaN', [a], { element: 'bool' });

  abs = (a: Value): Value => this.node('Abs', [a]);
  negative = (a: Value): Value => this.node('Neg', [a]);
  exp = (a: Value): Value => this.node('Exp', [a]);
  log = (a: Value): Value => this.node('Log', [a]);
  sqrt = (a: Value): Value => this.node('Sqrt', [a]);
  floor = (a: Value): Value => this.node('Floor', [a]);
  square = (a: Value): Value => this.multiply(a, a);

  where(condition: Value, then: Operand, otherwise: Operand): Value {
    const [a, b] = this.#both(then, otherwise);
    return this.node('Where', [condition, a, b], { element: a.element });
  }

  cast(a: Value, element: Element): Value {
    return a.element === element ? a : this.node('Cast', [a], { element, attributes: { to: { element } } });
  }

  /** W and b of a dense layer: a Wᵀ + b. */
  dense(a: Value, weight: Value, bias?: Value, name?: string): Value {
    const inputs = [a, weight, ...(bias === undefined ? [] : [bias])];
    return this.node('Gemm', inputs, { attributes: { transB: 1 }, ...(name !== undefined && { name }) });
  }

  /** The sum over an axis, which goes. */
  sum(a: Value, axis: number, keepdims = false): Value {
    const axes = this.constant('int64', [axis]);
    return this.node('ReduceSum', [a, axes], { attributes: { keepdims: keepdims ? 1 : 0 } });
  }

  /** The largest over an axis, which stays with the extent 1. */
  largest(a: Value, axis: number): Value {
    return this.node('ReduceMax', [a], { attributes: { axes: [axis], keepdims: 1 } });
  }

  /** The elements [start, start + count) of the last axis. */
  columns(a: Value, start: number, count: number): Value {
    const [from, to, axis] = [[start], [start + count], [-1]].map((one) => this.constant('int64', one));
    return this.node('Slice', [a, from, to, axis] as Value[]);
  }

  /** Element `index` of the last axis, which goes. */
  column(a: Value, index: number): Value {
    return this.node('Gather', [a, this.constant('int64', [index], [])], { attributes: { axis: -1 } });
  }

  /** Elements of the last axis in another order. */
  reordered(a: Value, order: readonly number[], name: string): Value {
    return this.node('Gather', [a, this.constant('int64', order, [order.length], name)], {
      attributes: { axis: -1 },
    });
  }

  /** The rows of a table that whole numbers name. */
  lookUp(table: Value, index: Value): Value {
    return this.node('Gather', [table, this.cast(index, 'int64')], { attributes: { axis: 0 } });
  }

  concat(values: readonly Value[], axis = -1): Value {
    const [only] = values;
    if (only !== undefined && values.length === 1) return only;
    return this.node('Concat', values, { attributes: { axis } });
  }

  unsqueeze(a: Value, axis: number): Value {
    return this.node('Unsqueeze', [a, this.constant('int64', [axis])]);
  }

  /** Another shape, in which 0 keeps an extent and one −1 takes the rest. */
  reshape(a: Value, shape: readonly number[] | Value): Value {
    return this.node('Reshape', [a, 'name' in shape ? shape : this.constant('int64', shape)]);
  }

  expand(a: Value, shape: Value): Value {
    return this.node('Expand', [a, shape]);
  }

  /** The first `count` extents of a value, int64. */
  extents(a: Value, count: number): Value {
    return this.columns(this.node('Shape', [a], { element: 'int64' }), 0, count);
  }

  #pair(op: string, a: Operand, b: Operand, element?: Element): Value {
    const [first, second] = this.#both(a, b);
    return this.node(op, [first, second], { ...(element && { element }) });
  }

  #both(a: Operand, b: Operand): [Value, Value] {
    if (typeof a === 'number') {
      if (typeof b === 'number') return [this.#scalar('float', a), this.#scalar('float', b)];
      return [this.#scalar(b.element, a), b];
    }
    return [a, typeof b === 'number' ? this.#scalar(a.element, b) : b];
  }

  #scalar(element: Element, value: number): Value {
    if (element === 'bool') throw new RangeError('a number next to a truth value');
    return this.constant(element, [value], []);
  }

  /** The name, or with a number behind it if it was taken. */
  #unique(name: string): string {
    const count = this.#names.get(name) ?? 0;
    this.#names.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  }
}
