/**
 * A worker's side of what outlives it: tells the supervisor how its lanes stand when that changed, and ends what stood
 * against a credential as soon as another one is in its place.
 */
import type { Deployment, Lane, SecretRef } from "../ir/deployment.ts";
import type { KeptRow, KeptStanding, StandingRow } from "../ir/standing.ts";
import type { Sink } from "../observability/sinks.ts";
import type { Effects } from "../std/effects.ts";
import type { Secret } from "../std/secret.ts";
import type { FromWorker, SendMessage } from "./messages.ts";

/** The part of a gateway it looks at. */
interface StandingGateway {
  standing(): readonly StandingRow[];
  restoreStanding(rows: readonly StandingRow[]): void;
  resetStanding(id: string): void;
}

export interface StandingLink {
  readonly sink: Sink;
  /** The gateway that serves from now on; the first one takes over what is known. */
  serve(gateway: StandingGateway, deployment: Deployment): void;
  reset(ids: readonly string[]): void;
  /** Tells what has changed at once. */
  flush(): void;
}

interface LinkOptions {
  readonly standing: KeptStanding;
  readonly send: SendMessage<FromWorker>;
  readonly resolve: (ref: SecretRef) => Secret | null;
  readonly setTimer: Effects["setTimer"];
}

const TELL_MS = 50;
/** Told limits change with every answer, and are worth less. */
const TELL_QUOTAS_MS = 5_000;
/** A key file is looked at no more often anyway. */
const CREDENTIALS_MS = 1_000;

export function createStandingLink({ standing, send, resolve, setTimer }: LinkOptions): StandingLink {
  let gateway: StandingGateway | null = null;
  let deployment: Deployment | null = null;
  /** What the supervisor has of this worker, as text. */
  const told = new Map<string, string>();
  /** By account. */
  let digests: ReadonlyMap<string, string | null> = new Map();
  let dueMs = Number.POSITIVE_INFINITY;
  let cancel = (): void => undefined;
  let watching: (() => void) | null = null;

  const tell = (): void => {
    cancel();
    dueMs = Number.POSITIVE_INFINITY;
    if (gateway === null || deployment === null) return;
    const rows = gateway.standing();
    const changed = rows.map((row): KeptRow => ({ ...row, credential: digests.get(accountOf(row.id)) ?? null }));
    const news = changed.filter((row) => told.get(row.id) !== JSON.stringify(row));
    const ids = new Set(rows.map(({ id }) => id));
    const gone = [...told.keys()].filter((id) => !ids.has(id));
    for (const row of news) told.set(row.id, JSON.stringify(row));
    for (const id of gone) told.delete(id);
    if (news.length + gone.length > 0) send("standing", { changed: news, gone });
  };
  const tellIn = (ms: number): void => {
    if (ms >= dueMs) return;
    cancel();
    dueMs = ms;
    cancel = setTimer(ms, tell);
  };
  const watch = (): void => {
    watching = setTimer(CREDENTIALS_MS, () => {
      look();
      watch();
    });
  };
  const look = (): void => {
    if (gateway === null || deployment === null) return;
    const now = digestsOf(deployment, standing.salt, resolve);
    for (const [account, digest] of now) {
      const before = digests.get(account);
      // A file that is not there for a moment is being written.
      if (before !== undefined && before !== null && digest !== null && before !== digest)
        gateway.resetStanding(account);
    }
    digests = new Map([...now].map(([account, digest]) => [account, digest ?? digests.get(account) ?? null]));
  };

  return {
    sink: {
      name: "standing",
      transition: () => tellIn(TELL_MS),
      record({ attempts }) {
        if (attempts.some(({ quotas }) => quotas.length > 0)) tellIn(TELL_QUOTAS_MS);
      },
    },
    serve(next, of) {
      const isFirst = gateway === null;
      gateway = next;
      deployment = of;
      look();
      if (isFirst) {
        const valid = standing.rows.filter((row) => row.credential === (digests.get(accountOf(row.id)) ?? null));
        next.restoreStanding(valid);
        // Of the others the supervisor hears that nothing stands against them.
        for (const row of standing.rows) told.set(row.id, JSON.stringify(row));
      }
      tellIn(TELL_MS);
      watching?.();
      watching = null;
      if (Object.values(of.lanes).some(isReadAgain)) watch();
    },
    reset(ids) {
      for (const id of ids) gateway?.resetStanding(id);
      tellIn(0);
    },
    flush: tell,
  };
}

/** Of a lane's id or an account's. */
function accountOf(id: string): string {
  return id.split("/", 2).join("/");
}

function isReadAgain({ credential }: Lane): boolean {
  return credential?.kind === "file" || credential?.kind === "aws";
}

function digestsOf(
  { lanes }: Deployment,
  salt: string,
  resolve: LinkOptions["resolve"],
): ReadonlyMap<string, string | null> {
  const digests = new Map<string, string | null>();
  for (const { provider, account, credential } of Object.values(lanes)) {
    const id = `${provider}/${account}`;
    if (digests.has(id)) continue;
    digests.set(id, credential === null ? null : (resolve(credential)?.digest(salt) ?? null));
  }
  return digests;
}
