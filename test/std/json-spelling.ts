/** Spells a JSON value in one of its many ways: white space anywhere it may stand, characters as escapes or plain. */
import { createSeededRandom } from "../harness/virtual-effects.ts";

const SPACES = ["", "", "", " ", "\n", "\t", "\r\n", "   "];
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

export interface Speller {
  value(value: unknown): string;
  object(entries: readonly (readonly [string, unknown])[]): string;
}

export function createSpeller(seed: number): Speller {
  const random = createSeededRandom(seed);
  const space = () => SPACES[Math.floor(random() * SPACES.length)] ?? "";

  const character = (unit: string): string => {
    const code = unit.charCodeAt(0);
    const escaped = `\\u${code.toString(16).padStart(4, "0")}`;
    // Half a pair must be an escape, or encoding would replace it.
    if (random() < 0.2 || (code >= 0xd800 && code <= 0xdfff)) return random() < 0.5 ? escaped : escaped.toLowerCase();
    if (Object.hasOwn(SHORT_ESCAPES, unit)) return SHORT_ESCAPES[unit] ?? escaped;
    return code < 0x20 ? escaped : unit;
  };

  const text = (value: string): string => `"${value.split("").map(character).join("")}"`;

  const object = (entries: readonly (readonly [string, unknown])[]): string => {
    const members = entries.map(([name, item]) => `${space()}${text(name)}${space()}:${value(item)}`);
    return `{${members.length === 0 ? space() : members.join(",")}}`;
  };

  const value = (item: unknown): string => `${space()}${bare(item)}${space()}`;

  const bare = (item: unknown): string => {
    if (typeof item === "string") return text(item);
    if (Array.isArray(item)) return `[${item.length === 0 ? space() : item.map(value).join(",")}]`;
    if (typeof item === "object" && item !== null) return object(Object.entries(item));
    return JSON.stringify(item);
  };

  return { value, object: (entries) => `${space()}${object(entries)}${space()}` };
}
