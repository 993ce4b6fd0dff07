/**
 * References to the environment inside a text: `${NAME}`, `${NAME:-default}`, and `$${` for a literal `${`. One pass: what was put
 * in is never read again, and a value with control characters is refused, so no variable can add lines to anything.
 * Imports nothing, because every process that resolves a secret runs it.
 */

type Interpolated =
  | { readonly kind: "text"; readonly text: string; readonly changed: boolean }
  /** `reason` is a sentence part about the reference; it never holds a value. */
  | { readonly kind: "bad"; readonly reason: string };

export type ReadEnv = (name: string) => string | undefined;

/** References one text may hold; more is no configuration anybody wrote. */
const REFERENCES_MAX = 100;

/** An empty variable counts as set, except where a default is given: `:-` replaces an empty one too, as in a shell. */
export function interpolate(text: string, readEnv: ReadEnv): Interpolated {
  let done = "";
  let here = 0;
  for (let count = 0; count <= REFERENCES_MAX; count += 1) {
    const open = text.indexOf(OPEN, here);
    if (open < 0) return { kind: "text", text: done + text.slice(here), changed: count > 0 };
    if (text[open - 1] === "$" && open > here) {
      done += text.slice(here, open - 1) + OPEN;
      here = open + OPEN.length;
      continue;
    }
    const close = text.indexOf("}", open);
    if (close < 0) return bad("has a reference without its closing brace; write $${ for a literal ${");
    const value = lookUp(text.slice(open + OPEN.length, close), readEnv);
    if (value.kind === "bad") return value;
    done += text.slice(here, open) + value.text;
    here = close + 1;
  }
  return bad(`holds more than ${REFERENCES_MAX} references`);
}

function lookUp(reference: string, readEnv: ReadEnv): Interpolated {
  const at = reference.indexOf(":-");
  const name = at < 0 ? reference : reference.slice(0, at);
  const fallback = at < 0 ? null : reference.slice(at + 2);
  if (name === "") return bad("has a reference without a name");
  if (!ENV_NAME.test(name))
    return bad(`refers to ${JSON.stringify(name.slice(0, 60))}, which is no name of a variable`);
  const value = readEnv(name);
  if (value === undefined || (value === "" && fallback !== null)) {
    if (fallback === null)
      return bad(`needs the environment variable ${name}, which is not set; set it, or write \${${name}:-default}`);
    return { kind: "text", text: fallback, changed: true };
  }
  if (hasControl(value)) return bad(`needs the environment variable ${name}, whose value holds a control character`);
  return { kind: "text", text: value, changed: true };
}

/** C0, DEL, C1 (next line included) and the two separators that some readers take for line ends. */
export function hasControl(text: string): boolean {
  return CONTROL.test(text);
}

function bad(reason: string): Interpolated {
  return { kind: "bad", reason };
}

const OPEN = "${";
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,255}$/;
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
