/**
 * A family is a vendor as its users meet it: a dialect of a protocol and what this vendor refuses beside it. Each rule names
 * the page or public thread that says so. Nothing is refused here that no source shows.
 */
import type { Asked, Dialect } from "../dialect.ts";

export interface Rule {
  readonly name: string;
  /** A page or `owner/repository#number`, read on 2026-11-30. */
  readonly source: string;
  /** What the request does against it, each as a sentence. */
  broken(asked: Asked): readonly string[];
}

/** Upstream models of a family, as its provider names them. */
export interface Family {
  readonly id: string;
  readonly doors: readonly [RuledDialect, ...RuledDialect[]];
  readonly models: readonly [string, ...string[]];
  /** The provider in config.yaml, but for its address: what stands in the catalog under this name is used. */
  readonly provider: string;
  /** Members of the provider's entry. */
  readonly entry: Readonly<Record<string, string>>;
}

export interface RuledDialect extends Dialect {
  readonly rules: readonly Rule[];
}

export function ruled(dialect: Dialect, rules: readonly Rule[]): RuledDialect {
  return {
    ...dialect,
    rules,
    problems: (asked) => [
      ...dialect.problems(asked),
      ...rules.flatMap((rule) => rule.broken(asked).map((problem) => `${rule.name}: ${problem}`)),
    ],
  };
}

export const when = (isBroken: boolean, problem: string): readonly string[] => (isBroken ? [problem] : []);
