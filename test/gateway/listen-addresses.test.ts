/** Where gateways find the embedded broker. */
import { expect, test } from 'vitest';
import { reachOf } from '../../src/gateway/mqtt/listen-addresses.ts';

const own = (address: string, family: 'IPv4' | 'IPv6' = 'IPv4', internal = false) => {
  const base = { address, netmask: '', mac: '', cidr: null, internal };
  return family === 'IPv4' ? { ...base, family } : { ...base, family, scopeid: 0 };
};
const INTERFACES = {
  lo: [own('127.0.0.1', 'IPv4', true)],
  eth0: [own('192.168.1.20'), own('fe80::1', 'IPv6')],
  wlan0: [own('10.0.0.7')],
};

test('P11: the addresses named are those of the network, never the loopback', () => {
  for (const host of ['0.0.0.0', '::'])
    expect(reachOf(host, 1883, INTERFACES)).toEqual({
      port: 1883,
      scope: 'network',
      addresses: ['10.0.0.7', '192.168.1.20'],
    });
  expect(reachOf('192.168.1.20', 1884, INTERFACES)).toEqual({
    port: 1884,
    scope: 'address',
    addresses: ['192.168.1.20'],
  });
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
    expect(reachOf(host, 1883, INTERFACES)).toEqual({ port: 1883, scope: 'machine', addresses: [] });
});
