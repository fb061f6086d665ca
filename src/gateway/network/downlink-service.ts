/** What people ask of the network server: downlinks in and out of the queue, and how a device stands. */
import type {
  DeviceNetworkStatus,
  DownlinkInput,
  DownlinkRefusal,
  DownlinkService,
  QueuedDownlink,
} from '../../model/downlink.ts';
import { tell } from '../../model/said.ts';
import type { World } from '../../model/world.ts';
import type { Store } from '../../store/contract.ts';
import type { Commits } from '../commits.ts';
import type { LinkSettingsOf } from './device-link.ts';
import type { Downlinks } from './downlinks.ts';
import { linkOf } from './mac-state.ts';
import { type DownlinkQueue, joinSteps, type QueueStep } from './queue.ts';
import type { Sessions } from './sessions.ts';

export interface DownlinkServiceOptions {
  readonly world: World;
  readonly store: Pick<Store, 'devices'>;
  readonly sessions: Sessions;
  readonly queue: DownlinkQueue;
  readonly downlinks: Downlinks;
  readonly linkSettingsOf: LinkSettingsOf;
  readonly commits: Commits;
}

export interface QueuedDownlinkService extends DownlinkService {
  /** Once, before the first message: what was under way at the last stop, and what has expired since. */
  recover(): void;
  /** After devices have changed. */
  devicesChanged(): void;
  stop(): void;
}

/** The longest application payload of any region. */
const MAX_DATA_BYTES = 242;
/** The longest a timer may run. */
const MAX_TIMER_MS = 86_400_000;

interface ServiceContext extends DownlinkServiceOptions {
  /** The timer for the earliest end in the whole queue, and when that is. */
  cancelExpiry: (() => void) | undefined;
  expiryMs: number;
}

/** See the head of the file. */
export function createDownlinkService(options: DownlinkServiceOptions): QueuedDownlinkService {
  const { store, queue, commits } = options;
  const context: ServiceContext = {
    ...options,
    cancelExpiry: undefined,
    expiryMs: Number.POSITIVE_INFINITY,
  };
  return {
    list: (devEui) => queue.list(devEui),
    enqueue: (devEui, input) => enqueue(context, devEui, input),
    async cancel(devEui, id) {
      const { step, count } = queue.cancel(devEui, id);
      if (count > 0) await commits.commit({ ...step, urgent: true });
      return count;
    },
    status: (devEui) => statusOf(context, devEui),
    recover() {
      const items = store.devices.list().flatMap(({ devEui }) => queue.inFlight(devEui) ?? []);
      const lost = items
        .filter(({ confirmed }) => !confirmed)
        .map((item) => queue.missed(item, tell('downlink.restarted'), false));
      if (lost.length > 0) keep(context, joinSteps(lost));
      watchAll(context);
    },
    devicesChanged() {
      keep(
        context,
        queue.dropUnless((devEui) => store.devices.get(devEui) !== undefined),
      );
    },
    stop() {
      context.cancelExpiry?.();
    },
  };
}

async function enqueue(
  context: ServiceContext,
  devEui: string,
  input: DownlinkInput,
): Promise<QueuedDownlink | DownlinkRefusal> {
  const { queue, commits, downlinks, world } = context;
  const refused = refusal(context, devEui, input);
  if (refused) return refused;
  const added = queue.add(devEui, newId(world.random), input);
  if (!added) {
    return { refused: 'queue-full', ...tell('downlink.queueFull') };
  }
  watchExpiry(context, input);
  await commits.commit({ ...added.step, urgent: true });
  downlinks.push(devEui);
  return added.item;
}

function refusal(
  { store, linkSettingsOf }: ServiceContext,
  devEui: string,
  { data, fPort }: DownlinkInput,
): DownlinkRefusal | undefined {
  const device = store.devices.get(devEui);
  if (!device) return { refused: 'device-unknown', ...tell('downlink.noDevice', { devEui }) };
  if (!linkSettingsOf(device)) {
    return { refused: 'no-network-server', ...tell('downlink.notHere') };
  }
  if (!device.otaa && !device.abp) {
    return { refused: 'no-session', ...tell('downlink.noKeys') };
  }
  if (data.length / 2 > MAX_DATA_BYTES || !/^([0-9a-f]{2})*$/.test(data)) {
    return { refused: 'not-possible', ...tell('downlink.payload', { limit: MAX_DATA_BYTES }) };
  }
  if (!Number.isInteger(fPort) || fPort < 1 || fPort > 223) {
    return { refused: 'not-possible', ...tell('downlink.port') };
  }
  return undefined;
}

function newId(random: () => number): string {
  const half = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return half() + half();
}

function statusOf({ sessions }: ServiceContext, devEui: string): DeviceNetworkStatus | undefined {
  const session = sessions.of(devEui) ?? sessions.offeredTo(devEui);
  const radio = session?.radio;
  if (!session || !radio) return undefined;
  const { state, devAddr, activation, offer } = session;
  const link = offer?.link ?? linkOf(state, radio);
  const joined = offer ?? state.joined;
  return {
    devAddr,
    activation,
    region: radio.region.name,
    deviceClass: radio.deviceClass,
    ...(activation === 'otaa' && joined ? { joinedMs: joined.joinedMs } : {}),
    nextFCntDown: offer ? 0 : state.fCntDown,
    dataRate: radio.region.dataRates[link.dataRate]?.name ?? '',
    txPowerIndex: link.txPowerIndex,
    ...(state.battery ? { battery: state.battery } : {}),
  };
}

function keep({ commits }: ServiceContext, step: QueueStep | undefined): void {
  if (step) void commits.commit(step);
}

/** One timer for the whole queue, set to the earliest end. */
function watchExpiry(context: ServiceContext, { expiresMs }: Pick<DownlinkInput, 'expiresMs'>): void {
  const { world, queue } = context;
  if (expiresMs === undefined || expiresMs >= context.expiryMs) return;
  context.cancelExpiry?.();
  context.expiryMs = expiresMs;
  const delayMs = Math.min(MAX_TIMER_MS, Math.max(0, expiresMs - world.clock.nowMs()));
  context.cancelExpiry = world.clock.after(delayMs, () => {
    context.expiryMs = Number.POSITIVE_INFINITY;
    keep(context, queue.expire());
    watchAll(context);
  });
}

function watchAll(context: ServiceContext): void {
  const { store, queue } = context;
  for (const { devEui } of store.devices.list())
    for (const item of queue.list(devEui)) watchExpiry(context, item);
}
