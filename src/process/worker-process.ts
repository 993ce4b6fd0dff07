/** One worker as the supervisor holds it: a child process that speaks our messages. */
import { type FromWorker, isFromWorker, type ToWorker } from "./messages.ts";

export interface WorkerProcess {
  readonly pid: number;
  /** False: it is gone, and its end will be or has been told. */
  send(message: ToWorker): boolean;
  kill(signal: NodeJS.Signals): void;
}

export interface WorkerOptions {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onMessage: (worker: WorkerProcess, message: FromWorker) => void;
  /** Once. `how`: `exit code 1`, `signal SIGKILL`. */
  readonly onExit: (worker: WorkerProcess, how: string) => void;
}

/** Its output goes where ours goes; its input is closed. */
export function startWorker(options: WorkerOptions): WorkerProcess {
  const child = Bun.spawn([...options.command], {
    env: { ...options.env },
    stdio: ["ignore", "inherit", "inherit"],
    serialization: "json",
    ipc(message) {
      if (isFromWorker(message)) options.onMessage(worker, message);
    },
    onExit(_child, code, signal) {
      options.onExit(worker, signal === null ? `exit code ${code}` : `signal ${signalName(signal)}`);
    },
  });
  const worker: WorkerProcess = {
    pid: child.pid,
    send(message) {
      try {
        child.send(message);
        return true;
      } catch {
        // The pipe is closed: the child is gone or about to be.
        return false;
      }
    },
    kill: (signal) => child.kill(signal),
  };
  return worker;
}

function signalName(signal: number | string): string {
  return typeof signal === "string" ? signal : (SIGNALS.get(signal) ?? String(signal));
}

const SIGNALS: ReadonlyMap<number, string> = new Map([
  [6, "SIGABRT"],
  [9, "SIGKILL"],
  [11, "SIGSEGV"],
  [15, "SIGTERM"],
]);

/** How this very program is started as a worker: compiled it is one file, from source the runtime and the main file. */
export function workerCommand(program: { readonly execPath: string; readonly main: string }): readonly string[] {
  const isCompiled = /^(?:\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/.test(program.main);
  return isCompiled ? [program.execPath, WORKER] : [program.execPath, "--no-env-file", program.main, WORKER];
}

/** The hidden command. */
const WORKER = "worker";
