/**
 * Names of tools as a vendor takes them, from which the client's own name can be restored. Clients of other protocols
 * and MCP servers do not know a vendor's alphabet.
 */

interface NameRules {
  /** One character the vendor takes, as the inside of a character class: `a-zA-Z0-9_`. Must hold letters, digits and `_`. */
  readonly alphabet: string;
  /** Characters that may not stand first, as the inside of a character class; "": all may. */
  readonly notFirst: string;
  readonly charsMax: number;
  /** Marks an escaped name; legal itself. A client's own name that begins so is escaped too, and comes back whole. */
  readonly prefix: string;
}

export interface ToolNames {
  /** A name the vendor takes, from which `restore` makes the original again; null: it is empty or too long for that. */
  legal(name: string): string | null;
  /** For calls in the history, whose names need not come back: shortened where it must be, always the same way. */
  legalPast(name: string): string;
  /** Undoes `legal`; a name it did not make is returned as it is. */
  restore(name: string): string;
}

export function createToolNames({ alphabet, notFirst, charsMax, prefix }: NameRules): ToolNames {
  const head = notFirst === "" ? "" : `(?![${notFirst}])`;
  const allowed = new RegExp(`^${head}[${alphabet}]{1,${charsMax}}$`);
  const illegal = new RegExp(`[^${alphabet}]`, "g");
  /** Every code unit the vendor refuses, and an underscore that would look like one of our escapes. */
  const toEscape = new RegExp(`[^${alphabet}]|_(?=u[0-9a-f]{4})`, "g");
  const legal = (name: string): string | null => {
    if (allowed.test(name) && !name.startsWith(prefix)) return name;
    const escaped = prefix + name.replace(toEscape, escapeUnit);
    return name === "" || escaped.length > charsMax ? null : escaped;
  };
  return {
    legal,
    legalPast(name) {
      return legal(name) ?? `${name.replace(illegal, "_").slice(0, charsMax - HASH_CHARS - 1)}_${shortHash(name)}`;
    },
    restore(name) {
      if (!name.startsWith(prefix)) return name;
      return name
        .slice(prefix.length)
        .replace(ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    },
  };
}

/** 22 characters of base 32 from four passes of FNV-1a, for telling a conversation's ids apart; no secret depends on it. */
export function shortHash(text: string): string {
  let hash = "";
  for (const seed of HASH_SEEDS) {
    let state = seed;
    for (let index = 0; index < text.length; index += 1) {
      state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
      state ^= state >>> 15;
    }
    hash += (state >>> 0).toString(32).padStart(7, "0");
  }
  return hash.slice(0, HASH_CHARS);
}

function escapeUnit(unit: string): string {
  return `_u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

const HASH_CHARS = 22;
const HASH_SEEDS = [0x811c9dc5, 0x2f4a7c15, 0x6b8e90d3, 0x1f83d9ab];
const ESCAPE = /_u([0-9a-f]{4})/g;
