/**
 * The table of the pages: their names, and which page each is part of. An address is the part behind '#': '#/devices/stale',
 * '#/device/<DevEUI>', '#/codecs'. Pure.
 */

export interface OpenPage {
  readonly name:
    | 'site'
    | 'devices'
    | 'device'
    | 'setup'
    | 'add'
    | 'gateways'
    | 'gateway'
    | 'frames'
    | 'frame'
    | 'survey'
    | 'readings'
    | 'unknown'
    | 'parts'
    | 'codecs'
    | 'catalogue'
    | 'quarantine'
    | 'logs'
    | 'backup'
    | 'support'
    | 'update'
    | 'start'
    | 'handover'
    | 'about'
    | 'api'
    | 'mimic'
    | 'users'
    | 'audit'
    | 'settings'
    | 'more'
    | 'alarms'
    | 'rule'
    | 'notify'
    | 'person'
    | 'group'
    | 'route'
    | 'wall';
  /** What the page is of; '' for none. */
  readonly of: string;
}

export type PageName = OpenPage['name'];

/** The page each one is part of: where Back leads, and which entry of the bar is marked. */
export const PARENTS: Readonly<Record<PageName, PageName | undefined>> = {
  site: undefined,
  devices: undefined,
  device: 'devices',
  setup: 'device',
  add: 'devices',
  gateways: 'more',
  gateway: 'gateways',
  frames: 'more',
  frame: 'frames',
  survey: 'more',
  readings: 'more',
  unknown: 'more',
  parts: 'more',
  codecs: 'more',
  catalogue: 'more',
  quarantine: 'parts',
  logs: 'more',
  backup: 'more',
  support: 'more',
  update: 'more',
  start: 'more',
  handover: 'more',
  about: 'more',
  api: 'about',
  mimic: 'more',
  users: 'more',
  audit: 'more',
  settings: 'more',
  more: undefined,
  alarms: undefined,
  rule: 'alarms',
  notify: 'alarms',
  person: 'notify',
  group: 'notify',
  route: 'notify',
  wall: 'site',
};

/** The address of a page. */
export function hrefOf(name: PageName, of = ''): string {
  return name === 'site' ? '#/' : `#/${name}${of === '' ? '' : `/${encodeURIComponent(of)}`}`;
}

/** Whether `inner` is `outer` or part of it. */
export function isWithin(inner: PageName, outer: PageName): boolean {
  if (inner === outer) return true;
  const parent = PARENTS[inner];
  return parent !== undefined && isWithin(parent, outer);
}

/** The page of an address; the first one where there is none of that name. `hash` begins with '#', or is empty. */
export function pageOf(hash: string): OpenPage {
  const [, name = '', of = ''] = /^#\/([a-z]+)(?:\/(.*))?$/.exec(hash) ?? [];
  if (!isPageName(name)) return { name: 'site', of: '' };
  try {
    return { name, of: decodeURIComponent(of) };
  } catch {
    return { name: 'site', of: '' };
  }
}

function isPageName(name: string): name is PageName {
  return Object.hasOwn(PARENTS, name);
}
