/** Where records and transitions go. A sink that throws is counted and left out of that one fold; no client notices. */
import type { ExchangeRecord } from "../ir/record.ts";
import type { Transition } from "./transition.ts";

export interface Sink {
  readonly name: string;
  record(record: ExchangeRecord): void;
  transition(transition: Transition): void;
}

export interface Sinks extends Omit<Sink, "name"> {
  /** Folds that threw, by sink name. */
  readonly failures: ReadonlyMap<string, number>;
}

export function createSinks(sinks: readonly Sink[]): Sinks {
  const failures = new Map<string, number>();
  const each = (fold: (sink: Sink) => void): void => {
    for (const sink of sinks) {
      try {
        fold(sink);
      } catch {
        failures.set(sink.name, (failures.get(sink.name) ?? 0) + 1);
      }
    }
  };
  return {
    failures,
    record: (record) => each((sink) => sink.record(record)),
    transition: (transition) => each((sink) => sink.transition(transition)),
  };
}
