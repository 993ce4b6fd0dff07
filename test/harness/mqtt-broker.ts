/** An MQTT broker in this process on a free port of loopback: it can be killed and come back, ask for a password, and says what it saw. */
import { createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";

export interface Seen {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: boolean;
  /** Client that published it; "" for a last will. */
  readonly client: string;
}

export interface Broker {
  readonly port: number;
  readonly url: string;
  /** Everything published since the start, the broker's own statistics left out. */
  readonly seen: readonly Seen[];
  /** Resolves with the first message, seen from `since` on, that fits. */
  saw(fits: (message: Seen) => boolean, since?: number): Promise<Seen>;
  /** Names of clients that were refused or let in, in their order. */
  readonly logins: readonly { readonly client: string; readonly username: string | null; readonly isIn: boolean }[];
  /** What stands retained on a topic; null: nothing. */
  retained(topic: string): string | null;
  publish(topic: string, payload: string, retain?: boolean): Promise<void>;
  /** Every connection is cut, nobody says goodbye, and nothing listens any more. What was retained is lost. */
  kill(): Promise<void>;
  /** On the port of before. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface BrokerOptions {
  /** null: anybody may come in. */
  readonly login?: { readonly username: string; readonly password: string };
  readonly port?: number;
}

const WAIT_MS_MAX = 20_000;

export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const seen: Seen[] = [];
  const logins: { client: string; username: string | null; isIn: boolean }[] = [];
  const retained = new Map<string, string>();
  const waiting = new Set<() => void>();
  const sockets = new Set<Socket>();
  let core: Aedes | null = null;
  let server: Server | null = null;
  let port = options.port ?? 0;

  /** In the order of arrival; the broker itself tells of messages in the order in which it has stored them. */
  const note = (message: Seen): void => {
    if (message.retain && message.payload === "") retained.delete(message.topic);
    else if (message.retain) retained.set(message.topic, message.payload);
    seen.push(message);
    for (const look of waiting) look();
  };
  const open = async (): Promise<void> => {
    const { login } = options;
    const opened = await Aedes.createBroker({
      authorizePublish(client, { topic, payload, qos, retain }, done) {
        note({ topic, payload: payload.toString(), qos, retain, client: client?.id ?? "" });
        done(null);
      },
      authenticate(client, username, password, done) {
        const isIn =
          login === undefined || (username === login.username && password?.toString("utf8") === login.password);
        logins.push({ client: client.id, username: username ?? null, isIn });
        for (const look of waiting) look();
        done(isIn ? null : Object.assign(new Error("bad login"), { returnCode: 4 }), isIn);
      },
    });
    core = opened;
    const listener = createServer((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => socket.destroy());
      opened.handle(socket);
    });
    await new Promise<void>((resolve) => listener.listen(port, "127.0.0.1", resolve));
    const address = listener.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
    server = listener;
  };
  const kill = async (): Promise<void> => {
    const [closing, was] = [server, core];
    server = null;
    core = null;
    retained.clear();
    if (closing === null) return;
    const closed = new Promise<void>((resolve) => closing.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
    await new Promise<void>((resolve) => was?.close(resolve) ?? resolve());
  };
  await open();
  return {
    get port() {
      return port;
    },
    get url() {
      return `mqtt://127.0.0.1:${port}`;
    },
    seen,
    logins,
    saw(fits, since = 0) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = seen.slice(since).find(fits);
          if (found === undefined) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(found);
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          const topics = seen.slice(since).map((each) => each.topic);
          reject(new Error(`nothing that fits was published; seen: ${topics.join(", ")}`));
        }, WAIT_MS_MAX);
        waiting.add(look);
        look();
      });
    },
    retained: (topic) => retained.get(topic) ?? null,
    publish: (topic, payload, retain = false) =>
      new Promise((resolve, reject) => {
        if (core === null) {
          reject(new Error("the broker is not running"));
          return;
        }
        note({ topic, payload, qos: 0, retain, client: "" });
        core.publish({ cmd: "publish", topic, payload, qos: 0, retain, dup: false }, (error) =>
          error ? reject(error) : resolve(),
        );
      }),
    kill,
    restart: open,
    close: kill,
  };
}
