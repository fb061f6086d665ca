/** An address in words that may be shown, and the chain it is sent by: what waits behind a server that is away holds up no other. */
import type { NotifyAddress } from '../model/notify.ts';

/** 'email', 'webhook:night-shift', 'mqtt', 'downlink' */
export function chainOf(address: NotifyAddress): string {
  return address.channel === 'webhook' ? `webhook:${address.webhook}` : address.channel;
}

export function addressText(address: NotifyAddress): string {
  switch (address.channel) {
    case 'email':
      return address.to;
    case 'webhook':
      return address.to === undefined ? address.webhook : `${address.webhook}: ${address.to}`;
    case 'mqtt':
      return address.topic;
    case 'downlink':
      return address.device;
  }
}
