/**
 * Server: HTTP in and out. It matches routes that arrive as data, takes the credential before the body, reads the body
 * under a bound, and sends answers at the client's pace. It never knows what a body means, and no type of the web
 * framework leaves this room.
 */
export type { Gateway } from "./gateway.ts";
export {
  type AdminPorts,
  type Observe,
  type RunningServer,
  type ServerOptions,
  type Started,
  startServer,
} from "./serve.ts";
