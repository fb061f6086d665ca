/** Who is at the other end of a connection, looking through the reverse proxies the operator trusts, and through no other. */
import { BlockList, isIP, isIPv6 } from 'node:net';

export interface Client {
  /** IP address; '' where there is none. */
  readonly address: string;
  /** Whether the way from the browser to here, or to the trusted proxy, is TLS. */
  readonly secure: boolean;
}

/** What proxies say. */
export interface Forwarded {
  /** X-Forwarded-For */
  readonly for?: string | undefined;
  /** X-Forwarded-Proto */
  readonly proto?: string | undefined;
}

/** Tells the proxies that are trusted, by the address of the connection. `proxies` are addresses or networks, '10.42.0.0/16'. */
export function createProxyTrust(proxies: readonly string[]): (peer: string) => boolean {
  const trusted = new BlockList();
  for (const proxy of proxies) {
    const [address = '', bits] = proxy.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  return (peer) => {
    const address = plainAddress(peer);
    return isIP(address) !== 0 && trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  };
}

/** What reads the client off a connection, through the proxies that are trusted. */
export function createClientReader(
  isTrusted: (peer: string) => boolean,
): (peer: string, tls: boolean, forwarded: Forwarded) => Client {
  return (peer, tls, forwarded) => {
    let address = plainAddress(peer);
    if (!isTrusted(address)) return { address, secure: tls };
    // Each proxy adds the one it heard from at the end: go back to the first that none of ours vouches for.
    const hops = (forwarded.for ?? '').split(',').map(plainAddress);
    while (isTrusted(address) && isIP(hops.at(-1) ?? '') !== 0) address = hops.pop() ?? address;
    const secure = tls || /^https$/i.test((forwarded.proto ?? '').trim());
    return { address, secure };
  };
}

/** What limits are counted by: an IPv6 host has a whole /64 to itself. */
export function limitKey(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = address.includes('::')
    ? Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
    : [];
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}

/** '::ffff:10.1.2.3' -> '10.1.2.3' */
function plainAddress(text: string): string {
  return text.trim().replace(/^::ffff:(?=\d+\.)/i, '');
}
