/** The parts of the box that have a state of their own. Pure. */
import type { StatusView } from '../shapes/status.ts';

export type PartName = 'broker' | 'influx' | 'centre' | 'commands' | 'store' | 'time' | 'backup';
const PARTS: readonly PartName[] = ['broker', 'influx', 'centre', 'commands', 'store', 'time', 'backup'];

export type PartView = Pick<StatusView['broker'], 'state' | 'detail' | 'hint' | 'said' | 'since'>;

/** The parts there are, by name. */
export function partsOf(now: StatusView): (readonly [PartName, PartView])[] {
  return PARTS.flatMap((name) => {
    const part = now[name];
    // A box that lets its centre ask for nothing needs no card to say so.
    const isLeftOut = name === 'commands' && part?.state === 'not_configured';
    return part && !isLeftOut ? [[name, part] as const] : [];
  });
}

/** Where gateways find the embedded broker; undefined where none of the network does. `hostname`: how this screen found the box. */
export function brokerUrl(broker: StatusView['broker'], hostname: string): string | undefined {
  const { reach } = broker;
  if (!reach || reach.scope === 'machine') return undefined;
  const [own] = reach.addresses;
  // A container does not know the address of its machine; the screen came by it.
  const isTold = reach.scope === 'network' && !/^(localhost|127\..*|\[::1\]|)$/.test(hostname);
  const host = isTold ? hostname : own;
  if (host === undefined) return undefined;
  return `mqtt://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${reach.port}`;
}
