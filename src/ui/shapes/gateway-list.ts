/** The gateways of a site: those heard since the start, and those that somebody has noted down, heard or not. */
import type { GatewayNote } from '../../model/site-document.ts';
import type { ApplianceStatus, GatewayStatus } from '../../model/status.ts';
import type { GatewayView } from './status.ts';
import { gatewayView } from './views.ts';

/** So long after its start the box may not have heard what is there. */
const STARTING_MS = 120_000;

interface Site {
  readonly gateways: () => readonly GatewayStatus[];
  readonly status: () => Pick<ApplianceStatus, 'startedMs' | 'nowMs'>;
  readonly store: {
    readonly documents: { all(kind: 'gateway'): ReadonlyMap<string, GatewayNote> };
  };
}

export function gatewayList({ gateways, status, store }: Site): GatewayView[] {
  const notes = store.documents.all('gateway');
  const heard = gateways();
  const items = heard.map((gateway) => gatewayView(gateway, notes.get(gateway.gatewayId)));
  if (notes.size === 0) return items;
  const ids = new Set(heard.map(({ gatewayId }) => gatewayId));
  const { startedMs, nowMs } = status();
  const state = nowMs - startedMs < STARTING_MS ? 'unheard' : 'offline';
  for (const [gatewayId, note] of notes) {
    if (!ids.has(gatewayId)) items.push(gatewayView({ gatewayId, state, lastSeenMs: 0, uplinks: 0 }, note));
  }
  return items;
}

/** One of them. */
export function gatewayOf(site: Site, gatewayId: string): GatewayView | undefined {
  const heard = site.gateways().find((one) => one.gatewayId === gatewayId);
  const note = site.store.documents.all('gateway').get(gatewayId);
  if (heard) return gatewayView(heard, note);
  return note && gatewayList(site).find((one) => one.gatewayId === gatewayId);
}
