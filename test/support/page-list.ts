/** Every page there is, with a site behind them that has something of everything, amiss things too. */
import type { Services } from '../../src/ui/routes/services.ts';
import { furnishAudit, furnishSettings } from './admin-views.ts';
import { furnishCare } from './care-views.ts';
import { createShownAlarms } from './shown-alarms.ts';
import { createShownCatalogue } from './shown-catalogue.ts';
import { createShownFrames, SHOWN_GATEWAY } from './shown-frames.ts';
import { createShownNotify } from './shown-notify.ts';
import { createCodecShelf, createDownlinkLine } from './ui-desks.ts';
import type { UiSite } from './ui-site.ts';

const DEV_EUI = '70b3d57ed0000000';
const { frames } = createShownFrames(DEV_EUI);
/** An uplink with MAC commands. */
const FRAME = `${frames.run}-2`;

export const PAGES = [
  '#/',
  '#/devices',
  '#/devices/stale',
  `#/device/${DEV_EUI}`,
  `#/setup/${DEV_EUI}`,
  '#/gateways',
  `#/gateway/${SHOWN_GATEWAY}`,
  '#/frames',
  '#/frames/refused',
  `#/frame/${FRAME}`,
  '#/survey',
  `#/survey/${DEV_EUI}`,
  '#/readings',
  '#/unknown',
  '#/parts',
  '#/codecs',
  '#/codecs/cayenne',
  '#/catalogue',
  '#/catalogue/ttn%2Facme%2Fvalve',
  '#/alarms',
  '#/alarms/journal',
  '#/alarms/figures',
  '#/alarms/areas',
  '#/alarms/rules',
  '#/rule',
  '#/rule/too-full',
  '#/notify',
  '#/notify/people',
  '#/notify/groups',
  '#/notify/channels',
  '#/notify/log',
  '#/person',
  '#/person/ada',
  '#/group',
  '#/group/night',
  '#/route',
  '#/route/urgent',
  '#/quarantine',
  '#/add',
  '#/more',
  '#/wall',
  '#/logs',
  '#/backup',
  '#/support',
  '#/update',
  '#/start',
  '#/handover',
  '#/about',
  '#/api',
  '#/mimic',
  '#/users',
  '#/audit',
  '#/settings',
] as const;

/** A site with something of everything that can be amiss. */
export function furnishAmiss(site: UiSite): Partial<Services> {
  const down = { state: 'down', detail: 'no answer', hint: 'Is it running?' } as const;
  site.status.influx = { ...site.status.influx, ...down, pending: 12, quarantined: 2 };
  const admin = { settings: furnishSettings(), audit: furnishAudit() };
  return {
    frames,
    alarms: createShownAlarms(),
    notify: createShownNotify(),
    ...furnishCare(),
    catalogue: createShownCatalogue(site),
    ...admin,
    scripts: createCodecShelf(site).desk,
    downlinks: createDownlinkLine(site).desk,
  };
}
