/** One worker as the supervisor holds it: a child process that speaks our messages. */
import { deliver, type FromWorker, type MessageHandlers, type SendMessage, type ToWorker } from "./messages.ts";

export interface WorkerProcess {
  /** One that no other process of this or another start has. */
  readonly name: string;
  /** False: it is gone, and its end will be or has been told. */
  readonly send: SendMessage<ToWorker>;
  kill(signal: NodeJS.Signals): void;
}

export interface WorkerOptions {
  readonly name: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly handlers: (worker: WorkerProcess) => MessageHandlers<FromWorker>;
  /** Once. `how`: `exit code 1`, `signal SIGKILL`. */
  readonly onExit: (worker: WorkerProcess, how: string) => void;
}

/** `command`: program and arguments. Its output goes where ours goes; its input is closed. */
export function startWorker(command: readonly string[], options: WorkerOptions): WorkerProcess {
  const child = Bun.spawn([...command], {
    env: { ...options.env },
    stdio: ["ignore", "inherit", "inherit"],
    serialization: "json",
    ipc(message) {
      deliver(handlers, message);
    },
    onExit(_child, code, signal) {
      options.onExit(worker, signal === null ? `exit code ${code}` : `signal ${signalName(signal)}`);
    },
  });
  const worker: WorkerProcess = {
    name: options.name,
    send(kind, body) {
      try {
        child.send({ kind, body });
        return true;
      } catch {
        // The pipe is closed: the child is gone or about to be.
        return false;
      }
    },
    kill: (signal) => child.kill(signal),
  };
  const handlers = options.handlers(worker);
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
