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
  const failed = ({ name }: Sink): void => void failures.set(name, (failures.get(name) ?? 0) + 1);
  return {
    failures,
    record(record) {
      for (const sink of sinks) {
        try {
          sink.record(record);
        } catch {
          failed(sink);
        }
      }
    },
    transition(transition) {
      for (const sink of sinks) {
        try {
          sink.transition(transition);
        } catch {
          failed(sink);
        }
      }
    },
  };
}
