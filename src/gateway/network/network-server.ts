/** Puts the network server together: sessions, joins, the queue and the way out, around the way of an uplink. */
import type { LinkSettings } from '../../model/device.ts';
import type { DownlinkService } from '../../model/downlink.ts';
import type { NewRecord } from '../../model/record.ts';
import type { Uplink } from '../../model/uplink.ts';
import type { World } from '../../model/world.ts';
import type { Change, Store } from '../../store/contract.ts';
import type { DownlinkFrame, DownlinkTxAck } from '../bridge/message.ts';
import type { DeviceOrder } from '../device-order.ts';
import type { UnknownDevices } from '../unknown-devices.ts';
import {
  createCounterResetAllowed,
  createLinkSettingsOf,
  NETWORK_DEFAULTS,
  type NetworkSettings,
} from './device-link.ts';
import { createDownlinkService } from './downlink-service.ts';
import { createDownlinks } from './downlinks.ts';
import { createJoins } from './join.ts';
import { takeForStorage } from './mac-state.ts';
import { createQueue } from './queue.ts';
import type { Reception } from './reception.ts';
import { createSessions } from './sessions.ts';
import { createTransmitter } from './transmitter.ts';
import { createNetworkServer, type StoredAnswer } from './uplink.ts';

export interface NetworkOptions {
  readonly world: World;
  readonly store: Pick<Store, 'devices' | 'profiles' | 'network' | 'epoch' | 'seen'>;
  readonly settings: Partial<NetworkSettings>;
  readonly profileOf: ((name: string) => LinkSettings | undefined) | undefined;
  readonly timeKnown: (() => boolean) | undefined;
  readonly dedupWindowMs: number;
  /** How many gateways would hear a frame at most, once that is known. */
  readonly gatewayCount: () => number | undefined;
  readonly strangers: UnknownDevices;
  /** Publishes to a gateway; rejects when there is no connection. */
  readonly publish: (frame: DownlinkFrame) => Promise<void>;
  readonly toRecord: (uplink: Uplink) => NewRecord | Promise<NewRecord>;
  readonly order: DeviceOrder;
  /** Stores the change, tells `then` whether it is stored, and acknowledges the copies' messages. */
  readonly settle: (change: Change, copies: readonly Reception[], then?: (stored: boolean) => void) => void;
  readonly refuse: (reason: string, copies: readonly Reception[]) => void;
  /** Counts what could not be sent. */
  readonly unsent: (reason: string) => void;
}

export interface Network {
  receive(copy: Reception): void;
  /** A gateway's word about a downlink. */
  answered(ack: DownlinkTxAck): void;
  readonly desk: DownlinkService;
  /** Ends all waiting; what is gathered is let go. */
  stop(): void;
}

/** See the head of the file. */
export function createNetwork(options: NetworkOptions): Network {
  const { world, store, strangers, order, toRecord, settle, refuse, unsent } = options;
  const { clock } = world;
  const settings = { ...NETWORK_DEFAULTS, ...options.settings };
  const profileOf = options.profileOf ?? (() => undefined);
  const radioOf = createLinkSettingsOf(settings, profileOf);
  const counterResetAllowed = createCounterResetAllowed(profileOf);
  const { epoch } = store;
  const sessions = createSessions(store.network.sessions(), { radioOf, counterResetAllowed, epoch });
  const transmitter = createTransmitter({ world, publish: options.publish });
  const queue = createQueue(clock, store.network.downlinks());
  const commit = (change: Change) =>
    new Promise<boolean>((resolve) => settle(change, [], (stored) => resolve(stored)));
  const { deviceStatusMs, netId } = settings;
  const downlinks = createDownlinks({ world, sessions, queue, transmitter, deviceStatusMs, commit, unsent });
  const desk = createDownlinkService({ world, store, sessions, queue, downlinks, radioOf, commit });
  const joins = createJoins({ world, store, sessions, radioOf, transmitter, netId, settle, refuse, unsent });

  /** Stores a change and sends what hangs on it. */
  function commitAnswer(
    change: Change,
    { prepared }: Partial<StoredAnswer>,
    copies: readonly Reception[],
  ): void {
    if (!prepared) return settle(change, copies);
    settle({ ...change, urgent: true }, copies, (stored) => (stored ? prepared.send() : prepared.abandon()));
  }

  const server = createNetworkServer({
    clock,
    dedupWindowMs: options.dedupWindowMs,
    gatewayCount: options.gatewayCount,
    sessions,
    strangers,
    joins,
    queue,
    downlinks,
    timeKnown: options.timeKnown ?? (() => true),
    seen: store.seen,
    deliver({ uplink, nextFCntUp, key, answer }, copies) {
      const counters = [{ devEui: uplink.device, nextFCntUp }];
      const seen = key === undefined ? {} : { seen: [key] };
      const { records = [], network } = answer ?? {};
      const more = { counters, ...seen, ...(network ? { network } : {}) };
      order.run(uplink.device, toRecord(uplink), (record) =>
        commitAnswer({ records: [record, ...records], ...more }, answer ?? {}, copies),
      );
    },
    settle(devEui, answer, copies) {
      const { records, network } = answer;
      order.run(devEui, undefined, () => commitAnswer({ records, network }, answer, copies));
    },
    refuse,
    unsent,
  });

  let recovered = false;
  sessions.load(store.devices.list());
  function devicesChanged(): void {
    sessions.load(store.devices.list());
    desk.devicesChanged();
  }
  store.devices.onChange(devicesChanged);
  store.profiles.onChange(devicesChanged);

  return {
    receive(copy) {
      if (!recovered) {
        recovered = true;
        desk.recover();
      }
      server.receive(copy);
    },
    answered: transmitter.answered,
    desk,
    stop() {
      server.flush();
      const grown = sessions.grown();
      if (grown.length > 0) settle({ network: { sessions: grown.map(takeForStorage) } }, []);
      transmitter.stop();
      downlinks.stop();
      desk.stop();
    },
  };
}
