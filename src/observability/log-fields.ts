/**
 * Members of a JSON line as they are documented in docs/operations.md: names in snake case, lengths of time in whole
 * milliseconds, whatever the record calls them.
 */

/** Deeper than any record. */
const DEPTH_MAX = 8;

export function toLogFields(members: object): object {
  return fieldsOf(members, 0);
}

function fieldsOf(members: object, depth: number): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(members)) {
    const snake = snakeOf(name);
    fields[snake] = typeof value === "number" && snake.endsWith("_ms") ? Math.round(value) : fieldOf(value, depth + 1);
  }
  return fields;
}

function fieldOf(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEPTH_MAX) return null;
  return Array.isArray(value) ? value.map((each) => fieldOf(each, depth + 1)) : fieldsOf(value, depth);
}

/** Bounded by the names of our own types; beyond it, names are made anew each time. */
const NAMES_MAX = 1_000;
const names = new Map<string, string>();

function snakeOf(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  const snake = name.replaceAll(/[A-Z]|(?<=[a-z])\d+/g, (part) => `_${part.toLowerCase()}`);
  if (names.size < NAMES_MAX) names.set(name, snake);
  return snake;
}
