/** Two connections that carry each other's bytes, each at the pace of the slower one. */

/** One end, as the other sees it. */
interface TunnelEnd {
  write(bytes: Uint8Array): number;
  pause(): void;
  resume(): void;
  /** Closes it, once what was taken is sent. */
  end(): void;
  terminate(): void;
}

export interface TunnelSide {
  received(bytes: Uint8Array): void;
  drained(): void;
  closed(): void;
}

interface Tunnel {
  /** Events of the end that stood first, and of the one that `join` brings. */
  readonly near: TunnelSide;
  readonly far: TunnelSide;
  /** The second end stands. */
  join(end: TunnelEnd): void;
}

/** `first` came on the near end before there was a tunnel. */
export function openTunnel(nearEnd: TunnelEnd, first: Uint8Array): Tunnel {
  let farEnd: TunnelEnd | null = null;
  let isOver = false;
  const toFar = createFlow(nearEnd);
  const toNear = createFlow(null);
  toFar.push(first);
  const close = (other: TunnelEnd | null, flow: Flow): void => {
    if (isOver) return;
    isOver = true;
    // What stands ready is for one who is gone, or its reader never came for it.
    if (flow.isEmpty()) other?.end();
    else other?.terminate();
  };
  return {
    near: {
      received: (bytes) => toFar.push(bytes),
      drained: () => toNear.drained(),
      closed: () => close(farEnd, toFar),
    },
    far: {
      received: (bytes) => toNear.push(bytes),
      drained: () => toFar.drained(),
      closed: () => close(nearEnd, toNear),
    },
    join(end) {
      if (isOver) return end.terminate();
      farEnd = end;
      toNear.open(nearEnd, end);
      toFar.open(end, nearEnd);
    },
  };
}

interface Flow {
  push(bytes: Uint8Array): void;
  drained(): void;
  open(to: TunnelEnd, from: TunnelEnd): void;
  isEmpty(): boolean;
}

/** One direction. Its reader stops as soon as something waits, so no more than one piece does. */
function createFlow(stopped: TunnelEnd | null): Flow {
  let target: TunnelEnd | null = null;
  let reader = stopped;
  let unsent: Uint8Array[] = [];
  stopped?.pause();
  const send = (): void => {
    while (target !== null && unsent.length > 0) {
      const [part, ...rest] = unsent;
      if (part === undefined) return;
      const taken = Math.max(0, target.write(part));
      if (taken < part.length) {
        unsent = [part.subarray(taken), ...rest];
        return;
      }
      unsent = rest;
    }
  };
  return {
    isEmpty: () => unsent.length === 0,
    push(bytes) {
      unsent.push(bytes);
      send();
      if (unsent.length > 0) reader?.pause();
    },
    drained() {
      if (unsent.length === 0) return;
      send();
      if (unsent.length === 0) reader?.resume();
    },
    open(to, from) {
      target = to;
      reader = from;
      send();
      if (unsent.length === 0) from.resume();
      else from.pause();
    },
  };
}
