/** What people note down about the site, and the store keeps for them: by kind and name, a few of each. */

import type { NotifyGroup, NotifyPerson, NotifyRoute } from './notify.ts';

/** Where something is, degrees (WGS 84). */
export interface GeoPosition {
  readonly latitude: number;
  readonly longitude: number;
  /** Metres around it, as the phone says. */
  readonly accuracyM?: number | undefined;
}

/** Of a gateway, by its EUI. */
export interface GatewayNote {
  readonly name?: string | undefined;
  /** 'Mast on the water tower, 14 m' */
  readonly place?: string | undefined;
  /** '8 dBi fibreglass, 10 m LMR-400' */
  readonly antenna?: string | undefined;
  readonly position?: GeoPosition | undefined;
}

/** One reading of the device that was carried there. */
export interface SurveySample {
  /** Epoch milliseconds. */
  readonly timeMs: number;
  /** Of the best reception: dB above what the spreading factor needs. */
  readonly marginDb: number;
  readonly gatewayId: string;
  /** dBm. */
  readonly rssi: number;
  /** dB. */
  readonly snr: number;
  readonly dataRate: string;
  /** How many gateways heard it. */
  readonly gateways: number;
}

/** A place where somebody stood with a device and looked how well it is heard. */
export interface SurveySpot {
  /** When it was marked, epoch milliseconds. */
  readonly timeMs: number;
  readonly label: string;
  readonly device: string;
  readonly deviceName: string;
  /** Oldest first. */
  readonly samples: readonly SurveySample[];
  /** Readings the device has sent there that nobody heard, by its counter. */
  readonly missed: number;
  readonly note?: string | undefined;
  /** On the picture of a floor plan, by its name: shares of its width and height from the upper left. */
  readonly plan?: { readonly name: string; readonly x: number; readonly y: number } | undefined;
  readonly position?: GeoPosition | undefined;
}

export interface DocumentKinds {
  readonly gateway: GatewayNote;
  readonly 'survey-spot': SurveySpot;
  readonly 'notify-person': NotifyPerson;
  readonly 'notify-group': NotifyGroup;
  readonly 'notify-route': NotifyRoute;
}
export type DocumentKind = keyof DocumentKinds;
