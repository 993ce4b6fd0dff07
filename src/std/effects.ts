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
