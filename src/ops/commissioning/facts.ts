/** What the commissioning report takes of the running box, by its API: as far as it is shown, and nothing where it is not told. */
import type { FieldDisplay } from '../../model/profile.ts';
import type { Fields } from '../../model/record.ts';

export interface SiteStatus {
  readonly site: string;
  readonly version: string;
  readonly started: string;
  readonly now: string;
  readonly timeZone?: string;
  readonly store: { readonly epoch: number; readonly lastSeq: number; readonly sizeBytes: number };
  readonly broker: { readonly kind: string };
  readonly simulator: boolean;
  readonly refused: Readonly<Record<string, number>>;
}

export interface ReportedGateway {
  readonly gatewayId: string;
  readonly name?: string;
  readonly place?: string;
  readonly antenna?: string;
  readonly position?: { readonly latitude: number; readonly longitude: number };
  readonly state: string;
  readonly lastSeen: string | null;
  readonly uplinks: number;
  readonly noiseDbm?: number;
  readonly clock?: string;
  readonly qos?: number;
}

export interface ReportedDevice {
  readonly devEui: string;
  readonly name: string;
  readonly area?: string;
  readonly notes?: string;
  readonly activation?: string;
  readonly keyMissing?: boolean;
  readonly profile?: string;
  readonly decoder: string;
  readonly fields?: Readonly<Record<string, FieldDisplay>>;
  readonly last: {
    readonly time: string;
    readonly fields: Fields;
    readonly data: string;
    readonly fPort: number | null;
    readonly dataRate: string;
    readonly problem?: string;
    readonly receptions: readonly { readonly gatewayId: string; readonly snr: number }[];
  } | null;
}

/** Of `GET /devices`, so that no more is made than is shown. */
export const DEVICE_MEMBERS = 'name,area,notes,activation,keyMissing,profile,decoder,fields,last';

export interface SurveySpot {
  readonly time: string;
  readonly label: string;
  readonly device: string;
  readonly deviceName: string;
  readonly heard: number;
  readonly missed: number;
  readonly marginDb: number;
  readonly leastMarginDb: number;
  readonly gatewayId: string;
  readonly note?: string;
  readonly plan?: { readonly name: string };
  readonly position?: { readonly latitude: number; readonly longitude: number };
}

export interface SiteFacts {
  readonly status: SiteStatus;
  readonly gateways: readonly ReportedGateway[];
  readonly devices: readonly ReportedDevice[];
  readonly spots: readonly SurveySpot[];
}

/** How it is asked; a list comes whole, whatever pages it has. Rejects with why it cannot be had. */
export interface SiteQuestions {
  one(path: string): Promise<unknown>;
  all(path: string, query: Readonly<Record<string, string>>): Promise<readonly unknown[]>;
}

export async function siteFacts({ one, all }: SiteQuestions): Promise<SiteFacts> {
  return {
    status: (await one('/api/v1/status')) as SiteStatus,
    gateways: (await all('/api/v1/gateways', {})) as readonly ReportedGateway[],
    devices: (await all('/api/v1/devices', {
      ...{ fields: DEVICE_MEMBERS, limit: '1000' },
    })) as readonly ReportedDevice[],
    spots: (await all('/api/v1/survey/spots', {})) as readonly SurveySpot[],
  };
}
