/**
 * The network server: sessions, joins, the queue of downlinks and the way out. Frames go in and outcomes come out; what to
 * store, send and acknowledge is the caller's to carry out.
 */

import type { GatewayConfig } from '../../config/schema.ts';
import type { LinkSettings } from '../../model/device.ts';
import type { DownlinkService } from '../../model/downlink.ts';
import type { OwnTime } from '../../model/foreign-time.ts';
import type { World } from '../../model/world.ts';
import type { Change, Store } from '../../store/contract.ts';
import type { DownlinkFrame, DownlinkTxAck } from '../bridge/message.ts';
import type { Commits } from '../commits.ts';
import type { DataFrame, JoinRequest } from '../lorawan/frame.ts';
import type { Refusals } from '../refusals.ts';
import type { UnknownDevices } from '../unknown-devices.ts';
import { createCounterResetAllowed, createLinkSettingsOf } from './device-link.ts';
import { createDownlinkService } from './downlink-service.ts';
import { createDownlinks } from './downlinks.ts';
import { createFrameOpener, type FrameOpener } from './frame-opener.ts';
import { type JoinContext, processJoin } from './join.ts';
import { takeForStorage } from './mac-state.ts';
import type { FrameOutcome } from './outcome.ts';
import { createQueue } from './queue.ts';
import type { Reception } from './reception.ts';
import { createSessions } from './sessions.ts';
import { createTransmitter, type Transmitter } from './transmitter.ts';
import { processUplink, type UplinkContext } from './uplink.ts';

export interface NetworkServerOptions {
  readonly world: World;
  readonly store: Pick<Store, 'devices' | 'profiles' | 'network' | 'epoch' | 'seen'>;
  readonly config: GatewayConfig;
  readonly profileOf: ((name: string) => LinkSettings | undefined) | undefined;
  readonly ownTime: () => OwnTime;
  readonly unknownDevices: UnknownDevices;
  /** Publishes to a gateway; rejects when there is no connection. */
  readonly publish: (frame: DownlinkFrame) => Promise<void>;
  /** For what no message brings: downlinks that people ask for, and what becomes of them. */
  readonly commits: Commits;
  readonly refusals: Refusals;
}

export interface NetworkServer {
  /** Of a data frame in the uplink direction. */
  uplink(frame: DataFrame, receptions: readonly Reception[]): FrameOutcome;
  join(request: JoinRequest, receptions: readonly Reception[]): FrameOutcome;
  /** A gateway's word about a downlink. */
  answered(ack: DownlinkTxAck): void;
  readonly downlinks: DownlinkService;
  readonly duty: Transmitter['duty'];
  /** For who looks at frames. */
  readonly opener: FrameOpener;
  /** Once, before the first message: what was under way at the last stop. */
  recover(): void;
  /** Ends all timers; what is still to be stored, if there is something. */
  stop(): Change | undefined;
}

/** See the head of the file. */
export function createNetworkServer(options: NetworkServerOptions): NetworkServer {
  const { world, store, unknownDevices, commits, refusals } = options;
  const { clock } = world;
  const { deviceStatusHours, netId } = options.config;
  const profileOf = options.profileOf ?? (() => undefined);
  const linkSettingsOf = createLinkSettingsOf(options.config, profileOf);
  const sessions = createSessions(store.network.sessions(), {
    linkSettingsOf,
    counterResetAllowed: createCounterResetAllowed(profileOf),
    epoch: store.epoch,
  });
  const transmitter = createTransmitter({ world, publish: options.publish });
  const queue = createQueue(clock, store.network.downlinks());
  const common = { world, store, sessions, queue, transmitter, linkSettingsOf, commits, refusals };
  const downlinks = createDownlinks({ ...common, deviceStatusHours });
  const service = createDownlinkService({ ...common, downlinks });
  const joins: JoinContext = { ...common, netId, unknownDevices, joining: new Set(), admitted: new Map() };
  const uplinks: UplinkContext = {
    ...{ clock, sessions, unknownDevices, queue, downlinks, refusals, ownTime: options.ownTime },
    seen: store.seen,
    taken: new Map(),
  };

  sessions.load(store.devices.list());
  function devicesChanged(): void {
    sessions.load(store.devices.list());
    service.devicesChanged();
  }
  store.devices.onChange(devicesChanged);
  store.profiles.onChange(devicesChanged);

  return {
    uplink: (frame, receptions) => processUplink(uplinks, frame, receptions),
    join: (request, receptions) => processJoin(joins, request, receptions),
    answered: transmitter.answered,
    downlinks: service,
    duty: transmitter.duty,
    opener: createFrameOpener(sessions, store.devices.get),
    recover: service.recover,
    stop() {
      transmitter.stop();
      downlinks.stop();
      service.stop();
      const dirty = sessions.dirty();
      return dirty.length > 0 ? { network: { sessions: dirty.map(takeForStorage) } } : undefined;
    },
  };
}
