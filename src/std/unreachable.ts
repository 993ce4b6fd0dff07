/**
 * The end of every switch over a union of our own: a compile error when a case is missing, a crash when a bug gets past
 * the compiler. The crash names only the tag, because the value itself may hold a body or a credential.
 */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${describeTag(value)}`);
}

/** Longest tag shown; a tag of ours is a short word, anything longer is data from outside. */
const TAG_CHARS_MAX = 40;

function describeTag(value: unknown): string {
  if (typeof value === "string") return value.slice(0, TAG_CHARS_MAX);
  if (typeof value !== "object" || value === null) return typeof value;
  for (const name of ["kind", "type"]) {
    const tag: unknown = Object.getOwnPropertyDescriptor(value, name)?.value;
    if (typeof tag === "string") return `${name} ${tag.slice(0, TAG_CHARS_MAX)}`;
  }
  return "an object without a tag";
}
