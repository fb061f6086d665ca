/** The measure of `bench.ts`: MQTT.js receiving N messages at QoS 1 and doing nothing. Arguments: URL, client id, N. */
import { connect } from 'mqtt';

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
  console.log(JSON.stringify({ seconds, cpuS: (user + system) / 1e6, peakBytes, writtenBytes: 0 }));
  client.end();
});
