/** Values that a schema accepts. */
import * as fc from 'fast-check';
import type * as v from 'valibot';

/**
 * The values to draw for a field of that name, whatever its schema accepts; they may depend on the schema.
 */
export type Fields = Readonly<
  Record<string, fc.Arbitrary<unknown> | ((schema: Schema) => fc.Arbitrary<unknown>)>
>;

/** The parts of valibot's schemas that specs use. */
export interface Schema {
  type: string;
  kind?: string;
  entries?: Record<string, Schema>;
  wrapped?: Schema;
  options?: readonly (Schema | string)[];
  literal?: unknown;
  item?: Schema;
  pipe?: readonly (Schema & { requirement?: number })[];
}

export function valuesOf(schema: v.GenericSchema | Schema, fields: Fields = {}): fc.Arbitrary<unknown> {
  const { type, entries, wrapped, options = [], literal, item, pipe = [] } = schema as Schema;
  const bound = (check: string): number | undefined => pipe.find((step) => step.type === check)?.requirement;
  switch (type) {
    case 'literal':
      return fc.constant(literal);
    case 'boolean':
      return fc.boolean();
    case 'picklist':
      return fc.constantFrom(...options);
    case 'number': {
      const [min = 0.01, max = 100] = [bound('min_value'), bound('max_value')];
      const isInteger = pipe.some((step) => step.type === 'safe_integer');
      return isInteger
        ? fc.integer({ min, max: Math.min(max, min + 4) })
        : fc.double({ min, max, noNaN: true });
    }
    case 'array':
      return fc.array(valuesOf(item!, fields), { minLength: bound('min_length') ?? 0, maxLength: 3 });
    case 'optional':
      return fc.option(valuesOf(wrapped!, fields), { nil: undefined });
    case 'variant':
      return fc.oneof(...options.map((option) => valuesOf(option as Schema, fields)));
    case 'strict_object': {
      const drawn = Object.entries(entries!).map(([name, entry]) => {
        const given = fields[name];
        return [
          name,
          typeof given === 'function' ? given(entry) : (given ?? valuesOf(entry, fields)),
        ] as const;
      });
      // An omitted field has no key.
      return fc
        .record(Object.fromEntries(drawn))
        .map((values) =>
          Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)),
        );
    }
    default:
      throw new RangeError(`no values of a schema of type ${type}`);
  }
}
