/**
 * `ringmain demo`, and what `npm start` runs: the real gateway, supervisor and worker as under `serve`, on simulated
 * vendors that listen on loopback in this process. Nothing is read from disk and nothing leaves the machine.
 */
import { buildInfo } from "../build-info.ts";
import { formatProblem, hasErrors } from "../config/problem.ts";
import { createChance } from "../demo/chance.ts";
import { DEMO_CLIENT_KEY, demoConfig } from "../demo/config-text.ts";
import { createVendors } from "../demo/vendor.ts";
import { welcome } from "../demo/welcome.ts";
import type { Deployment } from "../ir/deployment.ts";
import type { Listening } from "../process/supervisor-options.ts";
import { serveVendors } from "./demo-vendors.ts";
import type { CliIo } from "./io.ts";
import { EXIT, readOptions } from "./text.ts";

export const DEMO_USAGE = `Usage: ringmain demo [--port N] [--seed N] [--slowness X] [--for SECONDS] [--quiet] [--selfcheck]

Runs the gateway on simulated vendors, some of which misbehave on purpose. Ctrl-C stops it.
--port N       where to listen; 8080 or the next free port unless told, 0 is any
--seed N       the vendors' chance; the same number makes the same faults
--slowness X   1 is the pace of real vendors, 0 answers at once
--for SECONDS  stops by itself
--quiet        prints the address and nothing else
--selfcheck    calls the gateway in both protocols, prints what came of it and ends: 0 all is well, 1 it is not
`;

/** What was asked for on the command line. */
export interface DemoOptions {
  /** null: the usual one or the next free one. */
  readonly port: number | null;
  readonly seed: number;
  readonly slowness: number;
  /** null: until it is stopped. */
  readonly forMs: number | null;
  readonly quiet: boolean;
  readonly selfcheck: boolean;
}

export async function demo(args: readonly string[], io: CliIo): Promise<number> {
  const read = readDemoOptions(args);
  if (read.kind === "help") {
    io.out(DEMO_USAGE);
    return EXIT.fine;
  }
  if (read.kind === "usage") {
    io.err(`${read.message}\n\n${DEMO_USAGE}`);
    return EXIT.usage;
  }
  return run(read.options, io);
}

export type ReadDemoOptions =
  | { readonly kind: "options"; readonly options: DemoOptions }
  | { readonly kind: "help" }
  | { readonly kind: "usage"; readonly message: string };

const SEED_DEFAULT = 1;
const PORT_MAX = 65_535;
const SECONDS_MAX = 86_400;
const SLOWNESS_MAX = 100;

export function readDemoOptions(args: readonly string[]): ReadDemoOptions {
  const options = readOptions(args, {
    flags: ["--quiet", "--selfcheck", "--help", "-h"],
    values: ["--port", "--seed", "--slowness", "--for"],
  });
  if (options.kind === "usage") return options;
  if (options.flags.has("--help") || options.flags.has("-h")) return { kind: "help" };
  const wrong: string[] = [];
  const number = (name: string, range: { readonly max: number; readonly whole: boolean }): number | null => {
    const text = options.values.get(name);
    if (text === undefined) return null;
    const value = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && value <= range.max && (!range.whole || Number.isInteger(value))) return value;
    wrong.push(`${name} must be a ${range.whole ? "whole " : ""}number from 0 to ${range.max}.`);
    return null;
  };
  const port = number("--port", { max: PORT_MAX, whole: true });
  const seed = number("--seed", { max: 2 ** 32 - 1, whole: true });
  const slowness = number("--slowness", { max: SLOWNESS_MAX, whole: false });
  const seconds = number("--for", { max: SECONDS_MAX, whole: false });
  const [first] = wrong;
  if (first !== undefined) return { kind: "usage", message: first };
  const selfcheck = options.flags.has("--selfcheck");
  return {
    kind: "options",
    options: {
      port: port ?? (selfcheck ? 0 : null),
      seed: seed ?? SEED_DEFAULT,
      slowness: slowness ?? (selfcheck ? 0 : 1),
      forMs: seconds === null ? null : seconds * 1000,
      quiet: options.flags.has("--quiet"),
      selfcheck,
    },
  };
}

// ---------------------------------------------------------------- the run

/** Resolves once the gateway has ended: 0 after Ctrl-C or a good self-check. */
async function run(options: DemoOptions, io: CliIo): Promise<number> {
  const isTty = process.stdout.isTTY === true;
  const isShown = isTty && !options.quiet && !options.selfcheck;
  const vendors = await serveVendors(
    createVendors({ chance: createChance(options.seed), slowness: options.slowness }),
    Date.now,
  );
  let isWell = true;
  const show = isShown ? await createShow() : null;
  const { runGateway } = await import("../process/run.ts");
  try {
    const code = await runGateway({
      load: () =>
        loadDemo({ options, vendorsUrl: vendors.url, isSilent: isShown || options.quiet || options.selfcheck, io }),
      env: io.env,
      version: buildInfo.version,
      sinks: (deployment) => show?.sinks(deployment) ?? [],
      say: (level, line) => {
        if (level !== "info") io.err(`${line}\n`);
      },
      onListening: (listening) => {
        if (options.selfcheck) {
          void check(listening, io).then((ok) => {
            isWell = ok;
            stop();
          });
        } else greet(listening, options, io);
        show?.start();
        if (options.forMs !== null) setTimeout(stop, options.forMs).unref();
      },
    });
    return isWell ? code : EXIT.failed;
  } finally {
    await show?.close();
    await vendors.close();
  }
}

/** The same end as Ctrl-C: the supervisor listens for it and drains its worker. */
function stop(): void {
  process.kill(process.pid, "SIGINT");
}

async function check(listening: Listening, io: CliIo): Promise<boolean> {
  const { selfcheck } = await import("./demo-selfcheck.ts");
  const result = await selfcheck({ url: listening.url, key: DEMO_CLIENT_KEY });
  io.out(result.table);
  return result.ok;
}

function greet({ url, port }: Listening, options: DemoOptions, io: CliIo): void {
  if (options.quiet) {
    io.out(`${url}\n`);
    return;
  }
  if (options.port === null && port !== PORT_DEFAULT) io.out(`Port ${PORT_DEFAULT} is taken; using ${port}.\n\n`);
  io.out(`${welcome({ url, key: DEMO_CLIENT_KEY })}\n`);
}

interface LoadDemoInput {
  readonly options: DemoOptions;
  readonly vendorsUrl: string;
  /** Log lines would stand between other output. */
  readonly isSilent: boolean;
  readonly io: CliIo;
}

/** Null, and said: our own configuration does not load, which is a bug. */
async function loadDemo({ options, vendorsUrl, isSilent, io }: LoadDemoInput): Promise<Deployment | null> {
  const { loadFromText } = await import("../config/load.ts");
  const config = demoConfig({
    vendorsUrl,
    port: options.port ?? freePort(),
    logLevel: isSilent ? "error" : "info",
  });
  const { deployment, problems } = loadFromText({ config, configFile: "the demo's configuration", env: {} });
  if (hasErrors(problems)) io.err(problems.map((problem) => `${formatProblem(problem)}\n`).join(""));
  return deployment === null ? null : { ...deployment, stateStore: null };
}

const PORT_DEFAULT = 8080;
const PORTS_TRIED_MAX = 20;

/** The usual port or one of those behind it; 0, which is any, when all are taken. */
function freePort(): number {
  for (let port = PORT_DEFAULT; port < PORT_DEFAULT + PORTS_TRIED_MAX; port += 1) if (isFree(port)) return port;
  return 0;
}

function isFree(port: number): boolean {
  try {
    Bun.listen({ hostname: "127.0.0.1", port, socket: { data: () => undefined } }).stop(true);
    return true;
  } catch {
    return false; // another program listens there, or this user may not
  }
}

// ---------------------------------------------------------------- the display

const SHOW_EVERY_MS = 1_000;

/** The live table, for a terminal. */
async function createShow() {
  const { createSnapshot } = await import("../displays/snapshot.ts");
  const { createTerminalDisplay } = await import("../displays/terminal/index.ts");
  const display = createTerminalDisplay({
    write: (text) => process.stdout.write(text),
    columns: () => process.stdout.columns,
    rows: () => process.stdout.rows,
    isTty: true,
    color: process.env["NO_COLOR"] === undefined,
    setTimer(ms, fire) {
      const timer = setTimeout(fire, ms);
      return () => clearTimeout(timer);
    },
    onFailure: (message) => console.error(message),
  });
  let draw = (): void => undefined;
  let timer: ReturnType<typeof setInterval> | null = null;
  return {
    sinks(deployment: Deployment) {
      const fold = createSnapshot(deployment);
      draw = () => display.show(fold.snapshot(Date.now()));
      return [fold.sink];
    },
    /** Only now: nothing may be drawn before the welcome. */
    start() {
      draw();
      timer = setInterval(draw, SHOW_EVERY_MS);
    },
    async close() {
      if (timer !== null) clearInterval(timer);
      await display.close();
    },
  };
}
