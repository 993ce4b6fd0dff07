// The reference of the benchmark: nginx with one worker in front of the same vendor, with a configuration of its own in a
// folder of its own. Connections to the vendor are kept alive, nothing is logged, streams are not buffered.
import { join } from "node:path";
import { accepted, freePort } from "./ports.ts";
import type { Child, Stage } from "./processes.ts";

export interface Reference {
  readonly child: Child;
  /** Answers are buffered, as nginx does it unless told. */
  readonly port: number;
  /** Every piece is passed on as it comes. */
  readonly unbufferedPort: number;
}

/** Null: there is no nginx on this machine. */
export async function startNginx(
  stage: Stage,
  { folder, vendorPort }: { folder: string; vendorPort: number },
): Promise<Reference | null> {
  const nginx = Bun.which("nginx", { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin` });
  if (nginx === null) return null;
  const [port, unbufferedPort] = [freePort(), freePort()];
  const path = join(folder, "nginx.conf");
  await Bun.write(path, configText({ folder, port, unbufferedPort, vendorPort }));
  const child = stage.start([nginx, "-c", path, "-p", folder, "-e", join(folder, "nginx-error.log")], { quiet: true });
  await accepted(unbufferedPort);
  return { child, port, unbufferedPort };
}

interface Places {
  readonly folder: string;
  readonly port: number;
  readonly unbufferedPort: number;
  readonly vendorPort: number;
}

function configText({ folder, port, unbufferedPort, vendorPort }: Places): string {
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
    "  client_body_buffer_size 64k;",
    "  keepalive_requests 1000000;",
    "  upstream vendor {",
    `    server 127.0.0.1:${vendorPort};`,
    "    keepalive 256;",
    "    keepalive_requests 1000000;",
    "  }",
    ...serverText(port, "on"),
    ...serverText(unbufferedPort, "off"),
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
