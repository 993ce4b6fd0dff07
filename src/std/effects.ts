/**
 * Everything the core may ask of the world outside it: time, chance and the network, as arguments. The composition
 * passes the real ones; tests pass a virtual clock, seeded chance and scripted upstreams.
 */

/** Calling it more than once, or after the fact, does nothing. */
export type Cancel = () => void;

export interface Effects {
  /** Monotonic milliseconds, for deadlines and durations. Its zero means nothing. */
  nowMs(): number;
  /** Milliseconds since 1970, for windows and logs. May jump in either direction. */
  wallMs(): number;
  /** In [0, 1). */
  random(): number;
  /** `length` characters of 0-9A-Za-z; unguessable in production. */
  randomId(length: number): string;
  setTimer(ms: number, fire: () => void): Cancel;
  /** Rejects on a transport error and when the signal aborts; any HTTP status is an answer. */
  fetch(url: string, init: FetchInit): Promise<Response>;
  /**
   * Opens a connection and tells the events of its life. Cancelled before it stands it is closed as soon as it can be: the
   * runtime takes back a handshake, and waits for what the system is still trying.
   */
  connect(place: ConnectPlace, events: SocketEvents): Cancel;
}

export interface ConnectPlace {
  /** A name, of whose addresses several are tried at a time until one stands; or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** null: in the clear. */
  readonly tls: ConnectTls | null;
}

interface ConnectTls {
  /** The name that is asked for and must stand in the certificate; null: the host is an address, and that must. */
  readonly serverName: string | null;
  /** PEM text of the authorities to trust instead of the built-in ones; null: those. */
  readonly ca: string | null;
}

/** `stood`, then the others in any number, then `closed`; or `failed` alone. Never before `connect` has returned. */
export interface SocketEvents {
  /** Over TLS: and the certificate has been verified. */
  stood(socket: PlainSocket): void;
  /** It never stood; the system's code, or the one of the certificate's fault. */
  failed(code: string): void;
  /** The bytes are the receiver's own. */
  received(bytes: Uint8Array): void;
  /** A write that was not taken whole may go on. */
  drained(): void;
  /** By either side. `code`: what broke it; null: the other side ended it properly, or this one did. */
  closed(code: string | null): void;
}

export interface PlainSocket {
  /** How many of the bytes were taken; the others wait for `drained`. Below zero: it is closed. The bytes are not kept. */
  write(bytes: Uint8Array): number;
  /** Stops `received`; what is under way stays with the system and slows the other side. */
  pause(): void;
  resume(): void;
  /** At once, whatever was not sent. */
  terminate(): void;
}

/** The part of a fetch we use. There is no default for what could send a credential astray: redirects and signals. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | null;
  readonly signal: AbortSignal;
  /** Never followed: another host would receive our key. */
  readonly redirect: "manual";
  /** False hands on the compressed bytes with their header. Bun's own option. */
  readonly decompress?: boolean;
  /** Switches off Bun's coarse default timeout; our own timers abort through the signal. */
  readonly timeout?: false;
  /** False ignores the proxy variables of the environment. Bun's own option. */
  readonly proxy?: string | false;
  readonly tls?: FetchTls;
  readonly keepalive?: boolean;
}

interface FetchTls {
  /** PEM text of the authorities to trust instead of the built-in ones. */
  readonly ca?: string;
  /** The name the certificate must carry when the URL holds an address. */
  readonly serverName?: string;
}
