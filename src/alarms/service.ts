/** The alarms of a site: the engine behind the log, and all that can be asked of it. The one door for API, command line and centre. */
import type { Alarm, AreaSuppression } from '../model/alarm.ts';
import type { AlarmsService, Done } from '../model/alarm-service.ts';
import { tell } from '../model/said.ts';
import type { ApplianceStatus } from '../model/status.ts';
import type { World } from '../model/world.ts';
import type { Store } from '../store/contract.ts';
import { createBoxFacts } from './box-facts.ts';
import type { SiteDevice, SiteView } from './core/site.ts';
import type { Told } from './core/told.ts';
import { createFollower, type Follower } from './follower.ts';
import { readJournal, readStatistics } from './journal.ts';
import { mistaken, noSuch, notStarted, refuse } from './refusals.ts';
import { ruling } from './rules-service.ts';
import { alarmOf, groupsOf, listAlarms, pageOf, summaryOf, type Viewed } from './view.ts';

const MAX_AT_ONCE = 5_000;
const MAX_SUPPRESSIONS = 200;
/** What the box says of itself is asked so often, where a rule is about it. */
const LOOK_MS = 10_000;
const GATHER_MS = 100;

export interface AlarmsOptions {
  readonly store: Pick<Store, 'log' | 'commit' | 'kept' | 'closed' | 'devices' | 'profiles' | 'documents'>;
  readonly world: World;
  readonly nowMs: () => number;
  readonly status: () => ApplianceStatus;
  /** How often a device was refused since it was let in last. */
  readonly refusedJoins: (devEui: string) => number;
  /** Of the pages, epoch milliseconds. */
  readonly certificateEndsMs?: () => number | undefined;
}

interface ServiceContext extends AlarmsOptions {
  readonly follower: Follower;
  /** As it is now. */
  readonly site: () => SiteView;
  revision: number;
  readonly listeners: Set<() => void>;
}

/** See AlarmsService. */
export function createAlarms(options: AlarmsOptions): AlarmsService {
  const { store, world, nowMs } = options;
  const facts = createBoxFacts();
  const follower = createFollower({
    ...{ store, world, nowMs },
    site: () => siteNow(),
  });
  let known: SiteView | undefined;
  const siteNow = (): SiteView => {
    known ??= siteOf(store);
    return known;
  };
  const siteChanged = (): void => {
    known = undefined;
    follower.siteChanged();
  };
  const context: ServiceContext = {
    ...{ ...options, follower, site: siteNow, revision: 1, listeners: new Set() },
  };
  const ends: (() => void)[] = [];
  let cancelLook = (): void => {};
  const look = (): void => {
    cancelLook = world.clock.after(LOOK_MS, look);
    observe(context, facts);
  };
  return {
    ...reading(context),
    ...acting(context),
    ...ruling(context),
    async start() {
      ends.push(
        store.devices.onChange(siteChanged),
        store.profiles.onChange(siteChanged),
        follower.onDecided(gathered(context)),
      );
      await follower.start();
      look();
    },
    async stop() {
      cancelLook();
      for (const end of ends.splice(0)) end();
      await follower.stop();
    },
  };
}

/** Calls the listeners once for what comes within a moment. */
function gathered(context: ServiceContext): () => void {
  let isWaiting = false;
  return () => {
    context.revision += 1;
    if (isWaiting) return;
    isWaiting = true;
    context.world.clock.after(GATHER_MS, () => {
      isWaiting = false;
      for (const listener of context.listeners) listener();
    });
  };
}

function siteOf({ devices, profiles, documents }: AlarmsOptions['store']): SiteView {
  const known = new Map<string, SiteDevice>();
  for (const { devEui, name, area, profile, lastSeenMs } of devices.list()) {
    const { expectedIntervalMs, fields } = (profile === undefined ? undefined : profiles.get(profile)) ?? {};
    const wasHeard = lastSeenMs > 0;
    known.set(devEui, { devEui, name, area, profile, wasHeard, expectedMs: expectedIntervalMs, fields });
  }
  return {
    devices: known,
    profiles: new Set(profiles.list().map(({ name }) => name)),
    gatewayName: (gatewayId) => documents.all('gateway').get(gatewayId)?.name ?? gatewayId,
  };
}

/** Looks at what is no record of the log, as far as a rule is about it. */
function observe(
  { follower, status, nowMs, ...context }: ServiceContext,
  facts: ReturnType<typeof createBoxFacts>,
) {
  if (!follower.isStarted()) return;
  const { byFact } = follower.engine().subjects();
  if (byFact.size === 0) return;
  const found = facts.of(status(), nowMs(), context.certificateEndsMs?.());
  const tell = (told: Told) => void follower.tell(() => told).catch(() => {});
  for (const { fact, value } of found)
    if (byFact.has(fact)) tell({ do: 'observe', fact, subject: 'site', value });
  for (const key of byFact.keys()) {
    if (!key.startsWith('join-refused:')) continue;
    const subject = key.slice('join-refused:'.length);
    tell({ do: 'observe', fact: 'join-refused', subject, value: context.refusedJoins(subject) });
  }
}

function viewed({ follower, site, nowMs }: ServiceContext): Viewed {
  return { engine: follower.engine(), site: site(), nowMs: nowMs() };
}

type Reading = Pick<
  AlarmsService,
  'list' | 'page' | 'get' | 'summary' | 'groups' | 'journal' | 'statistics' | 'suppressions' | 'onChange'
>;

function reading(context: ServiceContext): Reading {
  const { store, listeners, follower } = context;
  return {
    list: (filter) => listAlarms(viewed(context), filter),
    page: (filter, limit, after) => pageOf(listAlarms(viewed(context), filter), limit, after),
    get: (id) => alarmOf(viewed(context), id),
    summary: () => summaryOf(viewed(context), context.revision),
    groups: () => groupsOf(viewed(context)),
    journal: (query) => readJournal(store.log, query),
    statistics: (fromMs, toMs) => readStatistics(store.log, fromMs, toMs),
    suppressions: () => [...follower.engine().state.areas.values()],
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

type Acting = Pick<
  AlarmsService,
  | 'acknowledge'
  | 'shelve'
  | 'unshelve'
  | 'setOutOfService'
  | 'returnToService'
  | 'suppressArea'
  | 'unsuppressArea'
>;

function acting(context: ServiceContext): Acting {
  const { follower } = context;
  return {
    async acknowledge(ids, by, comment) {
      if (ids.length > MAX_AT_ONCE) return refuse('too-many', `at most ${MAX_AT_ONCE} at once`);
      if (!follower.isStarted()) return notStarted();
      const unknown = ids.find((id) => !follower.engine().subjects().byId.has(id));
      if (unknown !== undefined && ids.length === 1) return noSuch(unknown);
      const told: Told = { do: 'acknowledge', ids, by, comment };
      const acknowledged = await follower.tell(() => told);
      if (acknowledged === 0)
        return refuse('state', 'there is nothing to acknowledge: it is normal, or acknowledged already');
      return { acknowledged };
    },
    shelve(id, { untilMs, reason }, by) {
      const sinceMs = context.nowMs();
      if (untilMs <= sinceMs) return Promise.resolve(mistaken(tell('alarm.over')));
      return act(context, id, { do: 'shelve', id, shelf: { by, reason, sinceMs, untilMs }, by });
    },
    unshelve: (id, by) =>
      act(context, id, { do: 'shelve', id, shelf: undefined, by }, ({ shelved }) => shelved !== undefined),
    setOutOfService: (id, reason, by) => act(context, id, { do: 'service', id, reason, by }),
    returnToService: (id, by) =>
      act(
        context,
        id,
        { do: 'service', id, reason: undefined, by },
        ({ outOfService }) => outOfService !== undefined,
      ),
    async suppressArea(area, { untilMs, reason }, by) {
      const sinceMs = context.nowMs();
      if (untilMs <= sinceMs) return mistaken(tell('alarm.over'));
      if (![...context.site().devices.values()].some((device) => device.area === area))
        return refuse('unknown', `no device is in the area ${area}`);
      if (!follower.isStarted()) return notStarted();
      if (follower.engine().state.areas.size >= MAX_SUPPRESSIONS)
        return refuse('too-many', `at most ${MAX_SUPPRESSIONS} areas at once`);
      const suppression: AreaSuppression = { area, by, reason, sinceMs, untilMs };
      await follower.tell(() => ({ do: 'area', area, suppression, by }));
      return { done: true };
    },
    async unsuppressArea(area, by) {
      if (!follower.isStarted()) return notStarted();
      const count = await follower.tell(() => ({ do: 'area', area, suppression: undefined, by }));
      return count > 0 ? { done: true } : refuse('unknown', `the area ${area} is not under maintenance`);
    },
  };
}

/** `fits`: whether there is something to be done, in its turn. */
async function act(
  context: ServiceContext,
  id: string,
  told: Told,
  fits: (alarm: Alarm) => boolean = () => true,
): Promise<Done> {
  const { follower } = context;
  if (!follower.isStarted()) return notStarted();
  const alarm = alarmOf(viewed(context), id);
  if (!alarm) return noSuch(id);
  if (!fits(alarm)) return refuse('state', 'it is not: there is nothing to undo');
  const count = await follower.tell(() => told);
  return count > 0 ? { done: true } : noSuch(id);
}
