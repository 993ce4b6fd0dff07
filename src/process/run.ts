/** The supervisor in the real world: this process's own signals, clock and program, and the displays it feeds. */
import { readFileOrNull } from "../config/files.ts";
import { createSecretResolver, systemSecretSources } from "../config/secret-refs.ts";
import type { Deployment } from "../ir/deployment.ts";
import type { Sink } from "../observability/sinks.ts";
import type { Displays } from "./displays.ts";
import { realEffects } from "./real-effects.ts";
import { type Listening, type Signal, type SupervisorOptions, supervise } from "./supervisor.ts";
import type { VendorAsk } from "./supervisor-options.ts";
import { startWorker, workerCommand } from "./worker-process.ts";

export interface GatewayOptions {
  /** Called once, while a worker boots already. Null: the reason was told to the operator. Must not reject. */
  readonly load: () => Promise<Deployment | null>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Once: the gateway serves. */
  readonly onListening: (listening: Listening) => void;
  /** A line for the operator, without a line end. */
  readonly say: SupervisorOptions["say"];
  /** Shown every record and transition, a moment later; absent: there are none. */
  readonly sinks?: (deployment: Deployment) => readonly Sink[];
  /** Of this program, as displays are told it. */
  readonly version: string;
}

/** Serves until a signal ends it; resolves to the exit code. */
export async function runGateway(options: GatewayOptions): Promise<number> {
  let displays: Displays | null = null;
  const effects = realEffects("own");
  const command = workerCommand({ execPath: process.execPath, main: Bun.main });
  const exitCode = await supervise({
    load: options.load,
    startWorker: (worker) => startWorker(command, worker),
    env: options.env,
    async sinks(deployment, onStates, allowances) {
      const { env, version, say } = options;
      if (displays !== null) displays.reconfigure(deployment);
      else if (deployment.displays.length > 0) {
        // Loaded only for a deployment that has some.
        const { startDisplays } = await import("./displays.ts");
        displays = startDisplays({ deployment, env, version, say, onStates, effects, allowances });
      }
      return [...(options.sinks?.(deployment) ?? []), ...(displays === null ? [] : [displays.sink])];
    },
    onListening: options.onListening,
    say: options.say,
    vendorOf: (deployment) => vendorOf(deployment, options.env),
    listenToSignals,
    platform: process.platform,
    // Elsewhere than on Linux workers cannot share an address.
    cores: process.platform === "linux" ? navigator.hardwareConcurrency : 1,
    effects,
    openLedger: async (deployment) => {
      if (deployment.governance === null && deployment.idempotency === null) return null;
      // With it comes the database, which most gateways do without.
      const { openLedgerService } = await import("./ledger-service.ts");
      // What it still has to do at the end it does when it is closed.
      return openLedgerService(deployment, { effects: realEffects("quiet"), say: options.say });
    },
  });
  // Last of all: until the last answer is out there is something to show.
  await closed(displays);
  return exitCode;
}

/** Assigned inside a callback, which the compiler does not follow. */
async function closed(displays: Displays | null): Promise<void> {
  await displays?.close();
}

const SIGNALS: readonly Signal[] = ["SIGTERM", "SIGINT", "SIGHUP"];

function listenToSignals(onSignal: (signal: Signal) => void): () => void {
  const listeners = SIGNALS.map((signal) => ({ signal, listener: () => onSignal(signal) }));
  for (const { signal, listener } of listeners) process.on(signal, listener);
  return () => {
    for (const { signal, listener } of listeners) process.off(signal, listener);
  };
}

/** Loaded only for a deployment that watches a vendor's list. */
function vendorOf(deployment: Deployment, env: GatewayOptions["env"]): VendorAsk {
  const effects = realEffects("own");
  const sources = systemSecretSources({ readEnv: (name) => env[name], nowMs: effects.nowMs });
  const { resolve } = createSecretResolver(sources);
  return {
    async ask(lane) {
      const { createVendorAsk } = await import("../compose.ts");
      const ask = createVendorAsk({ deployment, effects, secrets: resolve, readText: readFileOrNull });
      return (await ask(lane)).list;
    },
    digest: ({ credential }, salt) => (credential === null ? null : (resolve(credential)?.digest(salt) ?? null)),
  };
}
