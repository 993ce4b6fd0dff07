/** A clock behind a broker. Nothing is answered, so what the clock publishes by itself says that it is there. */
import type { DisplayEffects, Login } from "../display.ts";
import { createMqttLink, type MqttMessage } from "../mqtt-link.ts";
import {
  type AwtrixLink,
  type AwtrixMessage,
  type Device,
  hasRestarted,
  PACKET_BYTES_MAX,
  REMOVE,
  readDevice,
} from "./link.ts";

interface AwtrixMqttOptions {
  readonly name: string;
  readonly url: string;
  readonly prefix: string;
  readonly login: Login;
  readonly effects: DisplayEffects;
}

export function createAwtrixMqtt(options: AwtrixMqttOptions): AwtrixLink {
  const { prefix } = options;
  let epoch = 0;
  let device: Device | null = null;
  const link = createMqttLink({
    url: options.url,
    login: options.login,
    effects: options.effects,
    name: options.name,
    statusTopic: `ringmain/${options.name}/status`,
    subscriptions: [`${prefix}/stats`],
    packetBytesMax: PACKET_BYTES_MAX,
    onUp() {
      epoch += 1; // a broker that was gone kept nothing for the clock
    },
    onMessage(topic, payload) {
      if (topic !== `${prefix}/stats`) return;
      const now = readDevice(payload);
      if (now === null) return;
      if (hasRestarted(device, now)) epoch += 1;
      device = now;
    },
  });
  return {
    ready: async () => link.isUp(),
    epoch: () => epoch,
    trouble: () => link.trouble(),
    device: () => device,
    send: (message) => link.publish(toMqtt(prefix, message)),
    close: (last) => link.close(last.map((message) => toMqtt(prefix, message))),
  };
}

/** Never retained: a clock that comes back would show figures of another day. */
function toMqtt(prefix: string, message: AwtrixMessage): MqttMessage {
  const topic = message.kind === "custom" ? `${prefix}/custom/${message.app}` : `${prefix}/${message.kind}`;
  const payload = message.body === null ? REMOVE : JSON.stringify(message.body);
  // A picture that is lost is followed by the next one; a call, and the end of an app, are told once.
  const qos = message.kind === "custom" && message.body !== null ? 0 : 1;
  return { topic, payload, qos, retain: false };
}
