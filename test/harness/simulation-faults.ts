/** Faults planted into the core, each against an invariant of the simulation: a run that finds none of them proves nothing. */
import type { World } from "../../src/exchange/contract.ts";
import type { Deployment, Lane, Target } from "../../src/ir/deployment.ts";
import { failure, ruleOf } from "../../src/ir/failure.ts";
import type { Frame, Protocol, StreamWriter } from "../../src/protocols/protocol.ts";
import type { Guard } from "../../src/routing/guard.ts";
import { createHealth, type Health } from "../../src/routing/health.ts";
import { Secret } from "../../src/std/secret.ts";
import type { Sent } from "../../src/upstream/contract.ts";
import type { CoreInput } from "./core.ts";

export interface PlantedFault {
  readonly name: string;
  /** Made anew for each run, because some count. */
  readonly tamper: () => NonNullable<CoreInput["tamper"]>;
  readonly found: RegExp;
}

type Tamper = NonNullable<CoreInput["tamper"]>;

export const FAULTS: readonly PlantedFault[] = [
  { name: "slots that are not given back", tamper: leakingSlots, found: /slots are still held/ },
  { name: "a lane's limit that nobody keeps", tamper: limitless, found: /its limit is/ },
  {
    name: "an exchange that is never told how it ended",
    tamper: everyTenth(deadSend),
    found: /never ended|came to \d+ records/,
  },
  {
    name: "a send that does not hear that the client left",
    tamper: deafSend,
    found: /went on after its client had left/,
  },
  {
    name: "a vendor's answer that is never let go of",
    tamper: clingingBodies,
    found: /answers of vendors are still open/,
  },
  { name: "timers that cannot be cancelled", tamper: stickyTimers, found: /timers are still armed|timers are armed/ },
  {
    name: "one id for all",
    tamper: () => withWorld((world) => ({ effects: { ...world.effects, randomId: () => "x" } })),
    found: /one id/,
  },
  {
    name: "answers without their id",
    tamper: () => withDeployment({ responseHeaders: "off" }),
    found: /names no record/,
  },
  { name: "a writer with two endings", tamper: () => withProtocol(doubleEnding), found: /endings|no JSON/ },
  {
    name: "a tap that calls a handshake meaningful",
    tamper: () => withProtocol(eagerTap),
    found: /committed before it had begun|whole/,
  },
  { name: "a reader that throws", tamper: () => withProtocol(throwingReader), found: /a bug was reported/ },
  { name: "two answers in one", tamper: mixing, found: /heard \d lanes|its record says p/ },
  { name: "another lane's credential", tamper: crossedKeys, found: /without its own credential/ },
  { name: "a credential that a vendor quotes back", tamper: unmasked, found: /was shown a credential/ },
  { name: "a client's fault that counts against the lane", tamper: blamingHealth, found: /a client's fault/ },
  {
    name: "a lane that is asked although its breaker is open",
    tamper: boldHealth,
    found: /was admitted although|two tests/,
  },
  { name: "a last lane that is refused for its breaker", tamper: timidHealth, found: /was never asked/ },
  {
    name: "a queue without bounds",
    tamper: () => withLanes((lane) => ({ ...lane, queue: { max: 1_000, maxWaitMs: 60_000 } })),
    found: /its queue takes/,
  },
  { name: "a wait that is not given up", tamper: throwingQueue, found: /still counted as waiting/ },
  {
    name: "a promise that is not kept",
    tamper: () => withTargets((target) => failover(target, { keep: [] })),
    found: /which breaks/,
  },
  {
    name: "an excluded model",
    tamper: () => withTargets((target) => failover(target, { exclusions: [] })),
    found: /is excluded and was asked/,
  },
  {
    name: "a cap that is not kept",
    tamper: () => withTargets((target) => failover(target, { cap: 100 })),
    found: /attempts where \d+ are allowed/,
  },
  {
    name: "a deadline that is not kept",
    tamper: () => withTargets((target) => failover(target, { deadlineMs: 9_000_000 })),
    found: /after the deadline/,
  },
  {
    name: "another model while an account of the same one is well",
    tamper: () => withTargets((target) => failover(target, { prefer: "any" })),
    found: /which is the same model as one that failed/,
  },
  {
    name: "an ordered pool in another order",
    tamper: () => withTargets((target) => (target.select === "ordered" ? { ...target, select: "least_busy" } : target)),
    found: /of an earlier member could serve/,
  },
  {
    name: "a time to come back that is none",
    tamper: () => withHealth((health) => ({ ...health, recoversAtMs: () => Number.NaN })),
    found: /told to come back/,
  },
];

// ---------------------------------------------------------------- where they are put

function withWorld(change: (world: World) => Partial<World>): Tamper {
  return { world: (world) => ({ ...world, ...change(world) }) };
}

function withDeployment(change: Partial<Deployment>): Tamper {
  return withWorld(({ deployment }) => ({ deployment: { ...deployment, ...change } }));
}

function withLanes(change: (lane: Lane) => Lane): Tamper {
  return withWorld(({ deployment }) => ({ deployment: { ...deployment, lanes: mapped(deployment.lanes, change) } }));
}

function withTargets(change: (target: Target) => Target): Tamper {
  return withWorld(({ deployment }) => ({
    deployment: { ...deployment, targets: mapped(deployment.targets, change) },
  }));
}

function failover(target: Target, change: Partial<Target["failover"]>): Target {
  return { ...target, failover: { ...target.failover, ...change } };
}

function mapped<T>(values: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}

function withHealth(change: (health: Health) => Health): Tamper {
  return { health: change };
}

function withGuard(change: (guard: Guard) => Guard): Tamper {
  return withHealth((health) => ({
    ...health,
    admit(...given) {
      const guard = health.admit(...given);
      return guard === null ? null : change(guard);
    },
  }));
}

function withProtocol(change: (protocol: Protocol) => Protocol): Tamper {
  return withWorld((world) => ({ protocolOf: (id) => change(world.protocolOf(id)) }));
}

function withSent(change: (sent: Sent) => Sent): Tamper {
  return withWorld((world) => ({ send: async (input) => change(await world.send(input)) }));
}

// ---------------------------------------------------------------- what they are

function leakingSlots(): Tamper {
  let releases = 0;
  return withGuard((guard) => ({
    ...guard,
    release(nowMs) {
      releases++;
      if (releases % 10 !== 0) guard.release(nowMs);
    },
  }));
}

function limitless(): Tamper {
  return {
    health: (_health, deployment) =>
      createHealth(
        {
          ...deployment,
          lanes: mapped(deployment.lanes, (lane) => ({ ...lane, slots: { ...lane.slots, max: 1_000 } })),
        },
        () => 0.5,
      ),
  };
}

function everyTenth(make: (isDue: () => boolean) => Tamper): () => Tamper {
  return () => {
    let count = 0;
    return make(() => {
      count++;
      return count % 10 === 0;
    });
  };
}

function deadSend(isDue: () => boolean): Tamper {
  return withWorld((world) => ({
    send: (input) => (isDue() ? new Promise<Sent>(() => undefined) : world.send(input)),
  }));
}

function deafSend(): Tamper {
  return withWorld((world) => ({ send: (input) => world.send({ ...input, signal: new AbortController().signal }) }));
}

function clingingBodies(): Tamper {
  return withSent((sent) =>
    sent.kind === "response" ? { ...sent, body: { ...sent.body, cancel: () => undefined } } : sent,
  );
}

function stickyTimers(): Tamper {
  let made = 0;
  return withWorld(({ effects }) => ({
    effects: {
      ...effects,
      setTimer(ms, fire) {
        const cancel = effects.setTimer(ms, fire);
        made++;
        return made % 10 === 0 ? () => undefined : cancel;
      },
    },
  }));
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

/** Another vendor's words in the middle of an answer. */
function mixing(): Tamper {
  return withSent((sent) => {
    if (sent.kind !== "response") return sent;
    const { body } = sent;
    return {
      ...sent,
      body: {
        ...body,
        async next() {
          const chunk = await body.next();
          if (chunk.kind !== "bytes") return chunk;
          const text = Buffer.from(chunk.bytes).toString("latin1").replaceAll("word ", "<p9>");
          return { ...chunk, bytes: Buffer.from(text, "latin1") };
        },
      },
    };
  });
}

function crossedKeys(): Tamper {
  return withWorld((world) => ({
    send: (input) => world.send({ ...input, url: input.url.replace("//p1.", "//p0.") }),
  }));
}

class PlainSecret extends Secret {
  override maskedIn(bytes: Uint8Array): Uint8Array {
    return bytes;
  }
}

function unmasked(): Tamper {
  return withWorld(() => ({
    secretOf: ({ credential }) => (credential?.kind === "env" ? new PlainSecret(credential.name) : null),
  }));
}

function blamingHealth(): Tamper {
  return withGuard((guard) => ({
    ...guard,
    failed: (failed, nowMs) =>
      guard.failed(ruleOf(failed).blame === "client" ? failure("server-error", "planted") : failed, nowMs),
  }));
}

function boldHealth(): Tamper {
  return withHealth((health) => ({
    ...health,
    condition(target, lane, nowMs) {
      const condition = health.condition(target, lane, nowMs);
      const isStatistical = condition.because === "breaker-open" || condition.because === "half-open";
      return isStatistical ? { ...condition, eligible: true, because: null } : condition;
    },
    admit: (target, lane, nowMs) => health.admit(target, lane, nowMs, true),
  }));
}

function timidHealth(): Tamper {
  return withHealth((health) => ({
    ...health,
    admit: (target, lane, nowMs, ignoreBreaker) => (ignoreBreaker === true ? null : health.admit(target, lane, nowMs)),
  }));
}

function throwingQueue(): Tamper {
  return withHealth((health) => ({
    ...health,
    onFree() {
      throw new Error("planted");
    },
  }));
}
