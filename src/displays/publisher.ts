/**
 * The one place that looks at the snapshot and shows it: once a second, to every display by itself. One that is slow,
 * broken or absent keeps no other waiting, and has no way back to where the snapshot is made.
 */
import type { DisplayConfig } from "../ir/display.ts";
import { type DisplayEffects, type DisplayState, type Login, type RemoteDisplay, within } from "./display.ts";
import { createDisplay } from "./index.ts";
import type { Snapshot } from "./snapshot.ts";

interface PublisherOptions {
  readonly displays: readonly DisplayConfig[];
  readonly snapshot: (wallMs: number) => Snapshot;
  readonly loginOf: (display: DisplayConfig) => Login;
  readonly effects: DisplayEffects;
  readonly version: string;
  /** A line for the operator: a display went down, or is there again. */
  readonly say: (level: "warning" | "info", line: string) => void;
  /** At most once a second, when something in them has changed. */
  readonly onStates: (states: readonly DisplayState[]) => void;
}

interface Publisher {
  /** Takes our apps from the clocks and says that we are gone. Bounded by `CLOSE_MS`; never rejects. */
  close(): Promise<void>;
}

const LOOK_MS = 1_000;
const CLOSE_MS = 6_000;

export function createPublisher(options: PublisherOptions): Publisher {
  const { effects } = options;
  const displays = options.displays.map((config) =>
    createDisplay(config.type, { config, login: options.loginOf(config), effects, version: options.version }),
  );
  const said = new Map<RemoteDisplay, string>();
  let lastText = "";
  let cancel = (): void => undefined;

  const report = (): void => {
    const states = displays.map((display) => display.state());
    displays.forEach((display, at) => {
      const state = states[at];
      if (state !== undefined) tell(display, state);
    });
    const text = JSON.stringify(states);
    if (text === lastText) return;
    lastText = text;
    options.onStates(states);
  };
  /** Once for every change between down and not down, and for every new reason. */
  const tell = (display: RemoteDisplay, { name, state, detail }: DisplayState): void => {
    const word = state === "down" ? `down: ${detail ?? "for an unknown reason"}` : state === "connecting" ? "" : "up";
    const before = said.get(display) ?? "";
    if (word === "" || word === before) return;
    said.set(display, word);
    if (state === "down")
      options.say("warning", `Display ${name}: ${detail ?? "is down"}. It is tried again with growing pauses.`);
    else if (before !== "") options.say("info", `Display ${name} is there again.`);
  };
  let isBroken = false;
  const look = (): void => {
    cancel = effects.setTimer(LOOK_MS, look);
    try {
      const snapshot = options.snapshot(effects.wallMs());
      for (const display of displays) display.show(snapshot);
      report();
    } catch (error) {
      // A bug of ours, and no reason to end the process that keeps the gateway alive.
      if (!isBroken)
        options.say(
          "warning",
          `Displays: ${error instanceof Error ? error.name : "an unknown error"}, a bug in this program.`,
        );
      isBroken = true;
    }
  };
  look();
  return {
    async close() {
      cancel();
      await within(CLOSE_MS, Promise.allSettled(displays.map((display) => display.close())), effects);
    },
  };
}
