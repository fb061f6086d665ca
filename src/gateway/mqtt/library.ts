/** What we use of MQTT.js, for loading on demand: a CommonJS library has no names of its own behind `import()` in a bundle. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type IClientOptions, MqttClient } from 'mqtt';
import { type BoundedStreamOptions, boundedStream } from './bounded-stream.ts';

interface Watch extends BoundedStreamOptions {
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
  const build = () => {
    const socket = open();
    if (watch.onOpen) socket.once(secure ? 'secureConnect' : 'connect', watch.onOpen);
    return boundedStream(socket, watch);
  };
  return new MqttClient(build, {
    ...options,
    // See packet-cache.ts; here because the library would switch the cache on again.
    writeCache: false,
    // Its debug output costs a call for each step of each message even when nobody listens.
    log: () => {},
    protocolId: 'MQTT',
  });
}
