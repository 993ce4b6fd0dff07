// What the supervisor keeps of how lanes stand: merged over workers, believed for a day at most, with the operator's orders on top.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failure } from "../../src/ir/failure.ts";
import type { KeptRow, StandingOrder } from "../../src/ir/standing.ts";
import type { FromWorker } from "../../src/process/messages.ts";
import { createStandingLink } from "../../src/process/standing-link.ts";
import { createStandingService } from "../../src/process/standing-service.ts";
import { Secret } from "../../src/std/secret.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";
import { deploymentOf } from "./deployments.ts";
import { recordedSend } from "./recorded-send.ts";

const folder = mkdtempSync(join(tmpdir(), "ringmain-standing-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LANE = "local/default/model-0";
const ACCOUNT = "local/default";
const DAY_MS = 86_400_000;

function row(untilWallMs: number, over: Partial<KeptRow> = {}): KeptRow {
  const out = { how: "wait", failure: failure("rate-limited", "No.", 1), untilWallMs, lengthMs: 1, times: 1 } as const;
  return { id: LANE, out, quotas: [], cells: {}, credential: null, ...over };
}

async function service(name: string | null) {
  const time = createVirtualEffects();
  const said: string[] = [];
  const kept = createStandingService({ say: (_level, line) => said.push(line), effects: time });
  const path = name === null ? null : join(folder, name);
  const deployment = { ...deploymentOf({ slots: [1, 1] }), stateStore: path === null ? null : { path } };
  await kept.open(deployment);
  return { kept, deployment, said, nowMs: time.wallMs() };
}

const untilOf = ({ rows }: { rows: readonly KeptRow[] }) => rows.map(({ out }) => out?.untilWallMs);

test("of two workers the longest wait counts, and a worker that recovered takes back its own word alone", async () => {
  const { kept } = await service(null);
  kept.take("one", { changed: [row(5_000)], gone: [] });
  kept.take("two", { changed: [row(9_000)], gone: [] });
  expect(untilOf(kept.standing())).toEqual([9_000]);
  kept.take("two", { changed: [], gone: [LANE] });
  expect(untilOf(kept.standing())).toEqual([5_000]);
  kept.gone("one");
  expect(untilOf(kept.standing())).toEqual([5_000]);
  kept.take("three", { changed: [], gone: [LANE] });
  expect(kept.standing().rows).toEqual([]);
});

test("a later start reads what was kept, with its salt, and believes no moment beyond a day", async () => {
  const first = await service("a.db");
  first.kept.take("one", { changed: [row(first.nowMs + 400 * DAY_MS)], gone: [] });
  first.kept.order({ kind: "lanes", id: LANE, action: "park", value: null });
  const { salt } = first.kept.standing();
  await first.kept.close();
  const second = await service("a.db");
  expect(second.kept.standing().salt).toBe(salt);
  expect(untilOf(second.kept.standing())).toEqual([second.nowMs + DAY_MS]);
  expect(second.kept.ordered(second.deployment).lanes[LANE]?.routing).toBe(false);
  const third = await service("a.db");
  expect(third.said).toEqual([expect.stringContaining("cannot be kept in")]);
  await second.kept.close();
});

test("orders hold for an account's lanes, and a lane's own win", async () => {
  const { kept, deployment } = await service(null);
  const order = (
    kind: StandingOrder["kind"],
    id: string,
    action: StandingOrder["action"],
    value: StandingOrder["value"] = null,
  ) => kept.order({ kind, id, action, value }).kind;
  expect(order("accounts", ACCOUNT, "order", 7)).toBe("done");
  expect(order("lanes", LANE, "order", 3)).toBe("done");
  expect(order("lanes", LANE, "pin", true)).toBe("done");
  const lanes = () =>
    Object.values(kept.ordered(deployment).lanes).map((lane) => [lane.sortKey, lane.pinned, lane.routing]);
  expect(lanes()).toEqual([
    [3, true, true],
    [7, false, true],
  ]);
  expect(order("accounts", ACCOUNT, "park")).toBe("done");
  expect(lanes()).toEqual([
    [3, true, false],
    [7, false, false],
  ]);
  expect(order("lanes", LANE, "unpark")).toBe("conflict");
  expect(order("accounts", ACCOUNT, "unpark")).toBe("done");
  expect(order("lanes", LANE, "order")).toBe("done");
  expect(lanes()).toEqual([
    [7, true, true],
    [7, false, true],
  ]);
  expect(order("lanes", "no/such/lane", "park")).toBe("unknown");
  expect(order("lanes", LANE, "order", 0.5)).toBe("invalid");
  kept.take("one", { changed: [row(5_000)], gone: [] });
  expect(order("accounts", ACCOUNT, "reset")).toBe("done");
  expect(kept.standing().rows).toEqual([]);
  const unrouted = Object.fromEntries(
    Object.entries(deployment.lanes).map(([id, lane]) => [id, { ...lane, routing: false }]),
  );
  kept.reconfigure({ ...deployment, lanes: unrouted });
  expect(order("lanes", LANE, "unpark")).toBe("conflict");
});

test("a worker takes over what was said to its credential, and takes back what was said to another", async () => {
  const time = createVirtualEffects();
  let secret = new Secret("one-secret");
  const { send, sent } = recordedSend<FromWorker>();
  const plain = deploymentOf({ slots: [1] });
  const lanes = Object.fromEntries(
    Object.entries(plain.lanes).map(([id, lane]) => [
      id,
      { ...lane, credential: { kind: "file", path: "k" } as const },
    ]),
  );
  const mine = row(9, { credential: secret.digest("salt") });
  const foreign = row(9, { id: ACCOUNT, credential: new Secret("another").digest("salt") });
  const link = createStandingLink({
    standing: { salt: "salt", rows: [mine, foreign] },
    send,
    resolve: () => secret,
    setTimer: time.setTimer,
  });
  const restored: string[] = [];
  const reset: string[] = [];
  link.serve(
    {
      standing: () => [row(9)],
      restoreStanding: (rows) => restored.push(...rows.map(({ id }) => id)),
      resetStanding: (id) => reset.push(id),
    },
    { ...plain, lanes },
  );
  await time.run(100);
  expect(restored).toEqual([LANE]);
  expect(sent).toEqual([{ kind: "standing", body: { changed: [], gone: [ACCOUNT] } }]);
  await time.run(2_000);
  expect(reset).toEqual([]);
  secret = new Secret("second-secret");
  await time.run(2_000);
  expect(reset).toEqual([ACCOUNT]);
});
