// Seeded simulation of the whole core. A failing seed is printed; it becomes a test of its own in test/regress. Each
// invariant has a planted fault that the same run must find, so that a run that finds nothing means something.
import { describe, expect, test } from "bun:test";
import type { Frame, Protocol, StreamWriter } from "../../src/protocols/protocol.ts";
import { createHealth } from "../../src/routing/index.ts";
import type { CoreInput } from "../harness/core.ts";
import { simulate } from "../harness/simulation.ts";

const SEEDS = 50;
const EXCHANGES_PER_SEED = 50;
/** Seeds within which a planted fault must be found. */
const FAULT_SEEDS = 30;

test(`${SEEDS * EXCHANGES_PER_SEED} exchanges break no invariant`, async () => {
  const broken: string[] = [];
  for (let seed = 1; seed <= SEEDS && broken.length < 20; seed++) {
    broken.push(...(await simulate({ seed, exchanges: EXCHANGES_PER_SEED })));
  }
  expect(broken).toEqual([]);
}, 120_000);

test("the same seed gives the same run", async () => {
  const run = () => simulate({ seed: 3, exchanges: 40, tamper: leakingSlots() });
  const runs = [await run(), await run()];
  expect(runs[0]).not.toEqual([]);
  expect(runs[0]).toEqual(runs[1] ?? []);
});

describe("a planted fault is found", () => {
  const faults: readonly {
    readonly name: string;
    readonly tamper: NonNullable<CoreInput["tamper"]>;
    readonly found: RegExp;
  }[] = [
    { name: "slots that are not given back", tamper: leakingSlots(), found: /slots are still held/ },
    {
      name: "a send that does not hear that the client left",
      tamper: deafSend(),
      found: /went on after its client had left/,
    },
    { name: "a writer with two endings", tamper: withProtocol(doubleEnding), found: /endings|no JSON/ },
    {
      name: "a tap that calls a handshake meaningful",
      tamper: withProtocol(eagerTap),
      found: /committed before it had begun|whole/,
    },
    { name: "a lane's limit that nobody keeps", tamper: limitless(), found: /its limit is/ },
    { name: "a reader that throws", tamper: withProtocol(throwingReader), found: /a bug was reported/ },
  ];
  for (const { name, tamper, found } of faults) {
    test(name, async () => {
      const broken: string[] = [];
      for (let seed = 1; seed <= FAULT_SEEDS && !broken.some((each) => found.test(each)); seed++) {
        broken.push(...(await simulate({ seed, exchanges: EXCHANGES_PER_SEED, tamper })));
      }
      expect(broken.filter((each) => found.test(each)).length).toBeGreaterThan(0);
    }, 60_000);
  }
});

// ---------------------------------------------------------------- faults

function leakingSlots(): NonNullable<CoreInput["tamper"]> {
  let releases = 0;
  return {
    health: (health) => ({
      ...health,
      admit(...given) {
        const guard = health.admit(...given);
        if (guard === null) return null;
        return {
          ...guard,
          release(nowMs) {
            releases++;
            if (releases % 10 !== 0) guard.release(nowMs);
          },
        };
      },
    }),
  };
}

function limitless(): NonNullable<CoreInput["tamper"]> {
  return {
    health(_health, deployment) {
      const lanes = Object.values(deployment.lanes).map((lane) => [
        lane.id,
        { ...lane, slots: { ...lane.slots, max: 1_000 } },
      ]);
      return createHealth({ ...deployment, lanes: Object.fromEntries(lanes) }, () => 0.5);
    },
  };
}

function deafSend(): NonNullable<CoreInput["tamper"]> {
  return {
    world: (world) => ({ ...world, send: (input) => world.send({ ...input, signal: new AbortController().signal }) }),
  };
}

function withProtocol(change: (protocol: Protocol) => Protocol): NonNullable<CoreInput["tamper"]> {
  return { world: (world) => ({ ...world, protocolOf: (id) => change(world.protocolOf(id)) }) };
}

function doubleEnding(protocol: Protocol): Protocol {
  const createStreamWriter = (...given: Parameters<Protocol["payload"]["createStreamWriter"]>): StreamWriter => {
    const writer = protocol.payload.createStreamWriter(...given);
    return {
      get losses() {
        return writer.losses;
      },
      push(event) {
        const frames = writer.push(event);
        const last = frames.at(-1);
        const again: Frame[] = event.type === "failed" && last !== undefined ? [last] : [];
        return [...frames, ...again];
      },
    };
  };
  return { ...protocol, payload: { ...protocol.payload, createStreamWriter } };
}

function eagerTap(protocol: Protocol): Protocol {
  const createTap = () => {
    const tap = protocol.payload.createTap();
    return { frame: (frame: Frame) => ({ ...tap.frame(frame), meaningful: true }), body: tap.body };
  };
  return { ...protocol, payload: { ...protocol.payload, createTap } };
}

function throwingReader(protocol: Protocol): Protocol {
  const readResponse: Protocol["payload"]["readResponse"] = () => {
    throw new TypeError("planted");
  };
  return { ...protocol, payload: { ...protocol.payload, readResponse } };
}
