// A process with a link to the broker named as its argument, to be killed.
import { createMqttLink } from "../../../src/displays/mqtt-link.ts";
import { fastEffects, NOBODY } from "./builders.ts";

createMqttLink({
  url: process.argv[2] ?? "",
  login: NOBODY,
  effects: fastEffects(1),
  name: "dying",
  statusTopic: "ringmain/dying/status",
  subscriptions: [],
  packetBytesMax: null,
  onUp: () => undefined,
  onMessage: () => undefined,
});
