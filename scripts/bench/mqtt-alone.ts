/**
 * What the others are measured against: MQTT.js receiving messages at QoS 1 and doing nothing, as a process of its own.
 * Arguments: URL, client id, N. Connects to the session of that id, says when the first of N messages has come and what the
 * N have cost, one JSON object a line, and ends.
 */
import { connect } from 'mqtt';

/** What receiving the messages has cost, from the first to the last. */
export interface MqttAlone {
  readonly seconds: number;
  readonly cpuS: number;
  readonly peakBytes: number;
}

const [url = '', clientId = '', count = '0'] = process.argv.slice(2);
let received = 0;
let startedMs = 0;
let cpu = process.cpuUsage();
const client = connect(url, {
  clientId,
  clean: false,
  protocolVersion: 5,
  properties: { sessionExpiryInterval: 3_600, receiveMaximum: 2_000 },
});
client.on('message', () => {
  if (received++ === 0) {
    startedMs = performance.now();
    cpu = process.cpuUsage();
  }
  if (received !== Number(count)) return;
  const seconds = (performance.now() - startedMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const peakBytes = process.resourceUsage().maxRSS * 1_024;
  console.log(JSON.stringify({ seconds, cpuS: (user + system) / 1e6, peakBytes } satisfies MqttAlone));
  client.end();
});
