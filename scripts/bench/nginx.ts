// The reference of the benchmark: nginx with one worker in front of the same vendor, with a configuration of its own in a
// folder of its own. Connections to the vendor are kept alive, nothing is logged, streams are not buffered.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Contender, Place } from "./contender.ts";
import { KEY } from "./gateway.ts";
import { accepted, freePort } from "./ports.ts";

/** Null: there is no nginx on this machine. */
export function findNginx(): string | null {
  return Bun.which("nginx", { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin` });
}

/** Answers are buffered on its port, as nginx does it unless told, and passed on as they come on its other one. */
export async function startNginx(place: Place, program: string): Promise<Contender> {
  const { child, port, streamPort } = await launchNginx(place, program);
  await accepted(streamPort);
  return { name: "nginx", pid: child.pid, port, streamPort, key: KEY, share: 3 };
}

/** The process alone, which may not listen yet. */
export async function launchNginx({ stage, folder, vendorPort }: Place, program: string) {
  const [port, streamPort] = [freePort(), freePort()];
  const own = join(folder, `nginx-${port}`);
  await mkdir(own);
  const path = join(own, "nginx.conf");
  await Bun.write(path, configText({ folder: own, port, streamPort, vendorPort }));
  const child = stage.start([program, "-c", path, "-p", own, "-e", join(own, "nginx-error.log")], { output: "hidden" });
  return { child, port, streamPort };
}

interface Places {
  readonly folder: string;
  readonly port: number;
  readonly streamPort: number;
  readonly vendorPort: number;
}

function configText({ folder, port, streamPort, vendorPort }: Places): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `  ${name}_temp_path ${join(folder, name)};`,
  );
  return [
    ...(process.getuid?.() === 0 ? ["user root;"] : []),
    "daemon off;",
    "worker_processes 1;",
    `pid ${join(folder, "nginx.pid")};`,
    "events { worker_connections 8192; }",
    "http {",
    "  access_log off;",
    ...temporary,
    "  client_body_buffer_size 2m;",
    "  client_max_body_size 4m;",
    "  keepalive_requests 1000000;",
    "  upstream vendor {",
    `    server 127.0.0.1:${vendorPort};`,
    "    keepalive 256;",
    "    keepalive_requests 1000000;",
    "  }",
    ...serverText(port, "on"),
    ...serverText(streamPort, "off"),
    "}",
    "",
  ].join("\n");
}

function serverText(port: number, buffering: "on" | "off"): string[] {
  return [
    "  server {",
    `    listen 127.0.0.1:${port};`,
    "    location / {",
    "      proxy_pass http://vendor;",
    "      proxy_http_version 1.1;",
    '      proxy_set_header Connection "";',
    `      proxy_buffering ${buffering};`,
    "    }",
    "  }",
  ];
}
