// A worker that serves nobody: it speaks the messages of a real one and does what STUB_MODE says, so that the supervisor
// can be tested for what it does about it. What happens to it is told as records, whose id is a line for the test.
import { type FromWorker, isToWorker, type Plan, type ToWorker } from "../../src/process/messages.ts";

const mode = process.env["STUB_MODE"] ?? "";
/** Of a port nobody opens. */
const PORT = 40_000;

process.on("disconnect", () => process.exit(0));
process.on("message", (message: unknown) => {
  if (isToWorker(message)) take(message);
});
if (mode === "dies") process.exit(7);
send({ kind: "ready" });

function take(message: ToWorker): void {
  switch (message.kind) {
    case "deploy":
      if (mode === "taken") send({ kind: "failed-to-listen", code: "EADDRINUSE" });
      else deploy(message.plan);
      break;
    case "ask": {
      const metrics = { counters: {}, gauges: {}, histograms: {} };
      send({ kind: "figures", id: message.id, figures: { stats: { pid: process.pid }, metrics } });
      break;
    }
    case "told":
      tell(`told id=${message.id} figures=${message.figures.length}`);
      break;
    case "drain":
      tell(`drain delay=${message.delayMs} grace=${message.graceMs}`);
      if (mode !== "hangs" && mode !== "stubborn") end();
      break;
    case "stop":
      tell("stop");
      if (mode !== "stubborn") end();
  }
}

function deploy({ port, workers, deployment }: Plan): void {
  const slots = Object.values(deployment.lanes).map((lane) => lane.slots.max);
  tell(`deployed ${process.pid} port=${port} workers=${workers} slots=${slots.join()}`);
  tell(`fetches=${process.env["BUN_CONFIG_MAX_HTTP_REQUESTS"]} verbose=${process.env["BUN_CONFIG_VERBOSE_FETCH"]}`);
  send({ kind: "listening", port: port === 0 ? PORT : port });
  if (mode === "asks") send({ kind: "ask", id: 5 });
  if (mode === "retires") send({ kind: "retiring", because: "told to" });
}

function tell(id: string): void {
  // The supervisor passes records on unread.
  process.send?.({ kind: "observed", records: [{ id }], transitions: [] });
}

function send(message: FromWorker): void {
  process.send?.(message);
}

/** After what was told is on its way. */
function end(): void {
  process.disconnect?.();
}
