/** What we use of MQTT.js, for loading on demand: a CommonJS library has no names of its own behind `import()` in a bundle. */
import { connect, type IClientOptions, type MqttClient } from 'mqtt';

/**
 * Connects to `url` (mqtt:// or mqtts://). The library would take the URL apart with a deprecated function of Node that
 * complains on standard error, so it gets the parts. Throws a TypeError for what is no URL.
 */
export function connectTo(url: string, options: IClientOptions): MqttClient {
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === 'mqtts:';
  return connect({
    ...options,
    // See packet-cache.ts; here because the library would switch the cache on again.
    writeCache: false,
    // Its debug output costs a call for each step of each message even when nobody listens.
    log: () => {},
    protocol: secure ? 'mqtts' : 'mqtt',
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 8883 : 1883) : Number(port),
  });
}
