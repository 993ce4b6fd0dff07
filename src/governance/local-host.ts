/**
 * Whether a Host header names this machine itself. A gateway that is open to everybody on this machine must ask: a web
 * page can make a name of its own point here (DNS rebinding), and then only the header tells.
 */

/** True too without a header: programs leave it out, browsers never do. */
export function isLocalHost(host: string | undefined): boolean {
  if (host === undefined) return true;
  const name = host.trim().toLowerCase().replace(/:\d+$/, "");
  return LOCAL.test(name);
}

const LOCAL = /^(localhost|([a-z0-9-]+\.)+localhost|127(\.\d{1,3}){3}|\[::1\])\.?$/;
