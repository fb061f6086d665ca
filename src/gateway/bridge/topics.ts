/**
 * The topics of Gateway Bridge and ChirpStack: what to subscribe to, what a received topic says, where a command goes.
 * A bridge may be set up with segments in front (`eu868/gateway/…`); they are kept for the commands.
 */

/** The second and fourth are for bridges with a prefix of one segment. */
const SUBSCRIPTIONS: readonly string[] = [
  'gateway/+/event/+',
  '+/gateway/+/event/+',
  'gateway/+/state/+',
  '+/gateway/+/state/+',
  'application/+/device/+/event/+',
];

/** Segments in front of `gateway/`. */
const MAX_SEGMENTS = 8;

/**
 * All that the appliance listens to at a broker. No filter stands for any number of segments in front, so that prefixes of
 * several have to be known.
 */
export function subscriptionsFor(prefixes: readonly string[]): readonly string[] {
  const long = prefixes.filter((prefix) => prefix.includes('/'));
  const theirs = long.flatMap((prefix) => [`${prefix}/gateway/+/event/+`, `${prefix}/gateway/+/state/+`]);
  return [...SUBSCRIPTIONS, ...theirs];
}

/** What bridges tell and nobody here needs. */
export type UnusedEventName = 'exec' | 'raw' | 'mesh' | 'mesh-heartbeat';
export type GatewayEventName = 'up' | 'stats' | 'ack' | 'conn' | UnusedEventName;
export type GatewayCommandName = 'down' | 'config' | 'exec' | 'raw';

export type Topic =
  | {
      readonly kind: 'gateway';
      /** '' or segments, without the slash behind them. */
      readonly prefix: string;
      /** 16 lower-case hex digits, however the topic spells them. */
      readonly gatewayId: string;
      /** 'conn' from `state/conn`, the others from `event/…`. */
      readonly event: GatewayEventName;
    }
  | {
      readonly kind: 'application';
      readonly applicationId: string;
      /** 16 lower-case hex digits. */
      readonly devEui: string;
      /** 'up', 'join', … */
      readonly event: string;
    };

const EUI64 = /^[0-9a-f]{16}$/i;
const UNUSED: ReadonlySet<string> = new Set<UnusedEventName>(['exec', 'raw', 'mesh', 'mesh-heartbeat']);
const EVENTS: ReadonlySet<string> = new Set<string>(['up', 'stats', 'ack', ...UNUSED]);

export function isUnused(event: GatewayEventName): event is UnusedEventName {
  return UNUSED.has(event);
}

/** More than a site has gateways with their events. */
const MAX_KNOWN = 500;

/** `parseTopic` that remembers: a site's frames come on a handful of topics. */
export function createTopicReader(): (topic: string) => Topic | undefined {
  const known = new Map<string, Topic>();
  return (name) => {
    const before = known.get(name);
    if (before) return before;
    const topic = parseTopic(name);
    // Whoever makes up topics shall not fill the memory.
    if (known.size >= MAX_KNOWN) known.clear();
    if (topic?.kind === 'gateway') known.set(name, topic);
    return topic;
  };
}

/** undefined for a topic that is none of the subscribed ones, or whose id is no EUI. */
export function parseTopic(topic: string): Topic | undefined {
  if (topic.length > 512) return undefined;
  const parts = topic.split('/');
  if (parts.at(-4) === 'gateway' && parts.length <= 4 + MAX_SEGMENTS)
    return gatewayTopic(parts.slice(0, -4).join('/'), parts.slice(-4));
  const [application, applicationId = '', device, devEui = '', group, event = ''] = parts;
  if (application !== 'application' || device !== 'device' || group !== 'event' || parts.length !== 6) {
    return undefined;
  }
  if (!EUI64.test(devEui)) return undefined;
  return { kind: 'application', applicationId, devEui: devEui.toLowerCase(), event };
}

/** `{prefix}/gateway/{id}/command/{command}`. */
export function commandTopic(prefix: string, gatewayId: string, command: GatewayCommandName): string {
  return `${prefix === '' ? '' : `${prefix}/`}gateway/${gatewayId}/command/${command}`;
}

/** Where a bridge publishes an event; the simulator's side of `parseTopic`. */
export function eventTopic(prefix: string, gatewayId: string, event: GatewayEventName): string {
  const rest = event === 'conn' ? 'state/conn' : `event/${event}`;
  return `${prefix === '' ? '' : `${prefix}/`}gateway/${gatewayId}/${rest}`;
}

function gatewayTopic(prefix: string, parts: readonly string[]): Topic | undefined {
  const [, gatewayId = '', group = '', name = ''] = parts;
  const known = group === 'event' ? EVENTS.has(name) : group === 'state' && name === 'conn';
  if (!known || !EUI64.test(gatewayId)) return undefined;
  return { kind: 'gateway', prefix, gatewayId: gatewayId.toLowerCase(), event: name as GatewayEventName };
}
