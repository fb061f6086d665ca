/** What we use of MQTT.js, for loading on demand: a CommonJS library has no names of its own behind `import()` in a bundle. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type IClientOptions, MqttClient } from 'mqtt';
import { type BoundedStreamOptions, boundedStream } from './bounded-stream.ts';
import { createMessageIntake, type Receive } from './message-intake.ts';

interface Watch extends Omit<BoundedStreamOptions, 'intake'> {
  /** Takes all messages, which the library does not get to see. */
  readonly receive?: Receive;
  /** The network part of the connection is there. */
  readonly onOpen?: () => void;
}

/**
 * Connects to `url` (mqtt:// or mqtts://). The stream is our own because the library takes packets of any length. Throws a
 * TypeError for what is no URL.
 */
export function connectTo(url: string, options: IClientOptions, watch: Watch = {}): MqttClient {
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === 'mqtts:';
  const host = hostname.replace(/^\[|\]$/g, '');
  const { ca, cert, key } = options;
  const open = (): Socket =>
    secure
      ? connectTls({
          host,
          port: Number(port || 8883),
          ...(isIP(host) === 0 ? { servername: host } : {}),
          ...(ca === undefined ? {} : { ca }),
          ...(cert === undefined ? {} : { cert }),
          ...(key === undefined ? {} : { key }),
        })
      : connectTcp({ host, port: Number(port || 1883) });
  const version = options.protocolVersion === 5 ? 5 : 4;
  const intake = watch.receive && createMessageIntake(watch.receive, version);
  const build = () => {
    const socket = open();
    // An acknowledgement, or a command, does not wait until the broker has confirmed the segment before.
    socket.setNoDelay(true);
    if (watch.onOpen) socket.once(secure ? 'secureConnect' : 'connect', watch.onOpen);
    return boundedStream(socket, { ...watch, intake });
  };
  const client = new MqttClient(build, {
    ...options,
    // See packet-cache.ts; here because the library would switch the cache on again.
    writeCache: false,
    // Its debug output costs a call for each step of each message even when nobody listens.
    log: () => {},
    protocolId: 'MQTT',
  });
  if (intake) {
    // After all who listen to this: they have to know of a session before its messages come.
    client.once('connect', () => queueMicrotask(() => intake.open(client.stream)));
    client.on('message', (topic, payload, { retain: retained, dup }) =>
      intake.takeOther({ topic, payload, qos: 2, retained, dup }),
    );
  }
  return client;
}
