/**
 * Makes the table of shape.ts out of the schema. Runs while the program is built: the one import of it is a macro, whose
 * result stands in the program in place of the call. What the table cannot say ends the build instead of being left out.
 */
import { z } from "zod";
import { configSchema } from "./schema.ts";
import type { Field, FieldShape } from "./shape.ts";

/** The largest there is, as JSON cannot say infinity. */
const NO_MAX = Number.MAX_VALUE;

export function configShape(): FieldShape {
  return shapeOf(configSchema);
}

function shapeOf(schema: z.core.$ZodType): FieldShape {
  if (schema instanceof z.ZodString) return { kind: "text", ...lengthsOf(schema) };
  if (schema instanceof z.ZodNumber) return numberOf(schema);
  if (schema instanceof z.ZodBoolean) return { kind: "boolean" };
  if (schema instanceof z.ZodEnum) return { kind: "word", words: schema.options.map(wordOf) };
  if (schema instanceof z.ZodLiteral) return { kind: "word", words: [...schema.values].map(wordOf) };
  if (schema instanceof z.ZodArray) return { kind: "list", of: shapeOf(schema.element), ...lengthsOf(schema) };
  if (schema instanceof z.ZodRecord) return { kind: "map", of: shapeOf(schema.valueType) };
  if (schema instanceof z.ZodUnion) return { kind: "either", of: schema.options.map((option) => shapeOf(option)) };
  if (schema instanceof z.ZodObject && schema.def.catchall instanceof z.ZodNever) return objectOf(schema);
  throw new Error(`the table of shapes cannot say ${schema._zod.def.type}`);
}

function objectOf(schema: z.ZodObject): FieldShape {
  const fields = Object.entries<z.core.$ZodType>(schema.shape).map(([key, field]): [string, Field] => [
    key,
    { shape: shapeOf(withoutAbsence(field)), optional: field instanceof z.ZodOptional },
  ]);
  return { kind: "object", fields: Object.fromEntries(fields) };
}

/** `nullish` and `optional` differ in nothing here: a key without a value counts as left out. */
function withoutAbsence(schema: z.core.$ZodType): z.core.$ZodType {
  if (!(schema instanceof z.ZodOptional)) return schema;
  const inner = schema.unwrap();
  return inner instanceof z.ZodNullable ? inner.unwrap() : inner;
}

function lengthsOf(schema: z.ZodString | z.ZodArray): { min: number; max: number } {
  const bounds = { min: 0, max: NO_MAX };
  for (const check of schema._zod.def.checks ?? []) {
    if (check instanceof z.core.$ZodCheckMinLength) bounds.min = Math.max(bounds.min, check._zod.def.minimum);
    else if (check instanceof z.core.$ZodCheckMaxLength) bounds.max = Math.min(bounds.max, check._zod.def.maximum);
    else throw new Error(`the table of shapes cannot say ${check._zod.def.check}`);
  }
  return bounds;
}

function numberOf(schema: z.ZodNumber): FieldShape {
  let min = -NO_MAX;
  let max = NO_MAX;
  for (const check of schema._zod.def.checks ?? []) {
    const { def } = check._zod;
    const inclusive = "inclusive" in def && def.inclusive === true && "value" in def ? Number(def.value) : Number.NaN;
    if (check instanceof z.core.$ZodCheckGreaterThan && !Number.isNaN(inclusive)) min = Math.max(min, inclusive);
    else if (check instanceof z.core.$ZodCheckLessThan && !Number.isNaN(inclusive)) max = Math.min(max, inclusive);
    else throw new Error(`the table of shapes cannot say ${def.check}`);
  }
  const { format = null } = schema;
  if (format !== null && format !== "safeint") throw new Error(`the table of shapes cannot say ${format}`);
  return { kind: "number", whole: format !== null, min, max };
}

function wordOf(word: unknown): string {
  if (typeof word !== "string") throw new Error("the table of shapes cannot say a choice that is no word");
  return word;
}
