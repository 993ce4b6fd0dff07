/**
 * Limits for one simulated run: two workers of one ledger, a key with a budget and slots, and a watch over both. It knows what
 * is spent and reserved as the requests themselves do, and claims that whoever is refused did not fit.
 */
import { type Admission, createAdmission } from "../../src/governance/admission.ts";
import type { Caller } from "../../src/governance/identify.ts";
import { NO_LIMITS, type VirtualKey } from "../../src/governance/keys.ts";
import {
  createLedgerClient,
  type LedgerClient,
  type ReservationRequest,
  type Reserved,
} from "../../src/governance/ledger-client.ts";
import type { LedgerReply } from "../../src/governance/ledger-messages.ts";
import { type LedgerWriter, openLedgerWriter } from "../../src/governance/ledger-writer.ts";
import type { Governance } from "../../src/ir/deployment.ts";
import type { Effects } from "../../src/std/effects.ts";
import { ANONYMOUS } from "./core.ts";
import { createLateLedgerStore } from "./late-ledger-store.ts";
import type { Claim } from "./simulation-audit.ts";
import { pick, type Random } from "./simulation-world.ts";

/** null: the message never arrives. */
export type TamperReply = (reply: LedgerReply) => LedgerReply | null;

export interface SimulatedLimits {
  readonly admission: Admission;
  readonly caller: Caller;
}

type Clock = Pick<Effects, "nowMs" | "wallMs" | "setTimer" | "randomId">;

const CENT = 10_000_000;

export function makeLimits(
  random: Random,
  clock: () => Clock,
  claim: Claim,
  tamper: TamperReply | null,
): SimulatedLimits {
  const governance: Governance = {
    dbPath: "",
    budget: pick(random, ["expected", "expected", "strict"]),
    unpriced: "allow",
    keepMs: 1,
    groups: {
      team: {
        name: "team",
        parent: null,
        allowedTargets: null,
        limits: {
          ...NO_LIMITS,
          maxConcurrent: pick(random, [null, 1, 2, 3]),
          budgets: [{ window: "total", limitNanos: pick(random, [1, 8, 20, 100]) * CENT, mode: "hard", warnAt: null }],
        },
      },
    },
    gates: [],
    caps: [],
  };
  const watch = createWatch(claim, governance);
  let opening: Promise<readonly Admission[]> | null = null;
  return {
    caller: { ...ANONYMOUS, key: KEY },
    admission: {
      async admit(input) {
        opening ??= open(governance, clock(), watch, tamper);
        return await pick(random, await opening).admit(input);
      },
    },
  };
}

const KEY: VirtualKey = {
  id: "vk_1",
  name: "k",
  hash: "",
  previous: null,
  enabled: true,
  createdMs: 0,
  expiresMs: null,
  revokedMs: null,
  allowedTargets: null,
  group: "team",
  project: null,
  labels: {},
  limits: NO_LIMITS,
};

/** Messages travel as JSON and arrive a moment later, as between processes. */
async function open(
  governance: Governance,
  clock: Clock,
  watch: Watch,
  tamper: TamperReply | null,
): Promise<readonly Admission[]> {
  const writer: LedgerWriter = await openLedgerWriter({
    ...clock,
    store: createLateLedgerStore(() => Promise.resolve()),
    governance,
    say: () => undefined,
  });
  return ["a", "b"].map((name) => {
    const client = createLedgerClient({
      ...clock,
      send(message) {
        const text = JSON.stringify(message);
        clock.setTimer(0, () => writer.receive(name, JSON.parse(text)));
        return true;
      },
      spool: () => undefined,
      onKeys: () => undefined,
      onCapped: () => undefined,
    });
    writer.attach(name, (reply) => {
      const told = tamper === null ? reply : tamper(reply);
      const text = JSON.stringify(told);
      if (told !== null) clock.setTimer(0, () => client.receive(JSON.parse(text)));
    });
    return createAdmission({ governance, ledger: watch(client), revision: "r", nowMs: clock.nowMs });
  });
}

type Ledger = Pick<LedgerClient, "reserve" | "holdAccount" | "releaseAccount" | "book">;
type Watch = (client: LedgerClient) => Ledger;

/** A question that is not answered yet. */
interface Open {
  readonly requests: readonly ReservationRequest[];
  /** By limit: the most that was spent and reserved, and might have been, since it was asked. */
  readonly peak: Map<string, number>;
}

function createWatch(claim: Claim, { groups }: Governance): Watch {
  /** By limit: spent and reserved. */
  const used = new Map<string, number>();
  const open = new Set<Open>();
  const maxOf = (kind: string): number | null => {
    const limits = groups["team"]?.limits;
    return kind === "usd" ? (limits?.budgets[0]?.limitNanos ?? null) : (limits?.maxConcurrent ?? null);
  };
  /** Others that wait may have been given theirs already. */
  const notePeaks = (): void => {
    for (const mine of open) {
      for (const { limit } of mine.requests) {
        const others = [...open].filter((each) => each !== mine).flatMap(({ requests }) => requests);
        const asked = others.filter((each) => each.limit.id === limit.id).reduce((sum, each) => sum + each.amount, 0);
        mine.peak.set(limit.id, Math.max(mine.peak.get(limit.id) ?? 0, (used.get(limit.id) ?? 0) + asked));
      }
    }
  };
  const add = (id: string, by: number): void => {
    used.set(id, (used.get(id) ?? 0) + by);
    notePeaks();
  };
  const decided = (mine: Open, reserved: Reserved): Reserved => {
    if (reserved.kind === "short") {
      const { shortage } = reserved;
      if (shortage.kind === "exceeded") {
        const { limit } = shortage;
        const max = maxOf(limit.kind) ?? 0;
        const asked = mine.requests.find((each) => each.limit.id === limit.id);
        const need = asked?.least ?? asked?.amount ?? 0;
        const most = mine.peak.get(limit.id) ?? 0;
        claim(most + need > max, `a request was refused that fitted: ${most} and ${need} of ${max} ${limit.kind}`);
      }
      open.delete(mine);
      return reserved;
    }
    open.delete(mine);
    return {
      kind: "reserved",
      reservations: reserved.reservations.map((reservation) => {
        const { id, kind } = reservation.lease.limit;
        let isOver = false;
        add(id, reservation.amount);
        return {
          ...reservation,
          release(cost: number) {
            if (!isOver) add(id, (kind === "usd" ? cost : 0) - reservation.amount);
            isOver = true;
            reservation.release(cost);
          },
        };
      }),
    };
  };
  return (client) => ({
    ...client,
    reserve(requests) {
      const mine: Open = { requests, peak: new Map() };
      open.add(mine);
      notePeaks();
      const reserving = client.reserve(requests);
      return reserving instanceof Promise ? reserving.then((each) => decided(mine, each)) : decided(mine, reserving);
    },
  });
}
