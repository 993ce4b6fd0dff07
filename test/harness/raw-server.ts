/** Servers that speak no HTTP, or not for long: what stands behind them is the test's to say, byte by byte. */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

export interface RawServer {
  readonly port: number;
  /** Connections since the start. */
  connections(): number;
  close(): Promise<void>;
}

export function startRawServer(behave: (socket: Socket) => void): Promise<RawServer> {
  return listening((onSocket) => createServer(onSocket), behave);
}

/** Says 200 to whoever trusts its certificate. */
export function startTlsServer(pem: { readonly key: string; readonly cert: string }): Promise<RawServer> {
  const answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
  return listening(
    (onSocket) => createTlsServer(pem, onSocket),
    (socket) => void socket.once("data", () => socket.end(answer)),
  );
}

/** A port that was open a moment ago and is not any more. */
export async function closedPort(): Promise<number> {
  const server = await startRawServer(() => undefined);
  await server.close();
  return server.port;
}

/** Made by the system's own tool, for one test run; null: there is none. `names`: what it vouches for, as openssl spells it. */
export function selfSigned(
  folder: string,
  names = "DNS:localhost",
): { readonly key: string; readonly cert: string } | null {
  const [key, cert] = [`${folder}/key.pem`, `${folder}/cert.pem`];
  const made = Bun.spawnSync(
    [
      "openssl",
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "1",
      "-subj",
      "/CN=localhost",
      "-addext",
      `subjectAltName=${names}`,
      "-keyout",
      key,
      "-out",
      cert,
    ],
    { stdout: "ignore", stderr: "ignore" },
  );
  return made.success ? { key, cert } : null;
}

async function listening(
  create: (onSocket: (socket: Socket) => void) => Server,
  behave: (socket: Socket) => void,
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = create((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    behave(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    port: address.port,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
