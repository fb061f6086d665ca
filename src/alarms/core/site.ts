/** The site as the engine sees it: devices with what their profile says of them. Given anew when something of it changes. */
import type { FieldDisplay } from '../../model/profile.ts';

export interface SiteDevice {
  readonly devEui: string;
  readonly name: string;
  readonly area?: string | undefined;
  readonly profile?: string | undefined;
  /** Ever: one that is declared and was never heard is not missed. */
  readonly wasHeard?: boolean | undefined;
  readonly expectedMs?: number | undefined;
  readonly fields?: Readonly<Record<string, FieldDisplay>> | undefined;
}

export interface SiteView {
  readonly devices: ReadonlyMap<string, SiteDevice>;
  readonly profiles: ReadonlySet<string>;
  gatewayName(gatewayId: string): string;
}

export const EMPTY_SITE: SiteView = {
  devices: new Map(),
  profiles: new Set(),
  gatewayName: (gatewayId) => gatewayId,
};
