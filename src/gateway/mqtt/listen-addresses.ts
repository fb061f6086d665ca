/** Under which addresses gateways find what listens on a host: the loopback's is of no use to one in the network. */
import { networkInterfaces } from 'node:os';
import type { BrokerReach } from '../../model/status.ts';

export function reachOf(host: string, port: number, interfaces = networkInterfaces()): BrokerReach {
  if (isLoopback(host)) return { port, scope: 'machine', addresses: [] };
  if (host !== '0.0.0.0' && host !== '::') return { port, scope: 'address', addresses: [host] };
  const addresses = Object.values(interfaces)
    .flatMap((own) => own ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address)
    .sort();
  return { port, scope: 'network', addresses };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
