/** Topics of an MQTT broker, as an operator may write them. */
import type { DisplayReport } from "./kind-schema.ts";

const TOPIC = /^[^\s+#/]+(?:\/[^\s+#/]+){0,15}$/;

/** Undefined: the operator wrote none. */
export function checkTopic(key: string, topic: string | undefined, report: DisplayReport): void {
  if (topic === undefined || TOPIC.test(topic)) return;
  report.error([key], "must be a topic without +, #, white space and a slash at either end");
}
