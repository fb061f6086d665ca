/** Why devices are silent: what the site has seen of them, gathered and judged. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Hono } from 'hono';
import * as z from 'zod/mini';
import type { Device, DeviceState } from '../../model/device.ts';
import { staleAfterMs, usualIntervalMs } from '../../model/interval.ts';
import { marginDb } from '../../model/link-margin.ts';
import { type LogRecord, uplinkBody } from '../../model/record.ts';
import {
  type GatewayEvidence,
  type RefusedFrames,
  resemblance,
  type SilenceEvidence,
  whySilent,
} from '../../model/silence.ts';
import { AS_WRITTEN } from '../../model/time.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { notOurCursor, query } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { paging } from '../shapes/inputs.ts';
import { iso, isoOrNull } from '../shapes/part-views.ts';
import { decodeCursor, encodeCursor } from '../shapes/position.ts';
import type { SilenceView } from '../shapes/silence.ts';
import { HISTORY } from './device-history.ts';
import { unknownDevice } from './devices.ts';
import type { Services } from './services.ts';

/** Newest records looked at for what gateways heard lately, and of one device. */
const LATELY = 250;
const OF_DEVICE = 32;
/** Devices looked at for one page; a page may be short of `limit`, its cursor goes on. */
const MAX_DEVICES = 1_000;
const DEVICES_A_TURN = 25;

export function silenceRoutes(services: Services) {
  return new Hono<Env>()
    .get(
      '/devices/silent',
      operation({
        name: 'listSilentDevices',
        summary: 'Devices that are not heard as they should be or not let in, by DevEUI, each with the cause',
        access: allow.viewer('read'),
        responses: { 200: { description: 'A page of verdicts', pageOf: 'Silence' } },
      }),
      query(z.object(paging)),
      async (c) => c.json(await listSilent(services, c.req.valid('query'))),
    )
    .get(
      '/devices/:devEui/silence',
      operation({
        name: 'getDeviceSilence',
        summary: 'Why a device is silent, or that it is not',
        access: allow.viewer('read'),
        responses: {
          200: { description: 'The verdict', shape: 'Silence' },
          404: { description: 'Not known' },
        },
      }),
      (c) => {
        const device = services.store.devices.get(c.req.param('devEui').toLowerCase());
        if (!device) throw unknownDevice();
        return c.json(verdictOn(services, device, surroundings(services)));
      },
    );
}

interface SilentPage {
  readonly items: readonly SilenceView[];
  readonly nextCursor?: string;
}

async function listSilent(
  services: Services,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<SilentPage> {
  const after = cursor === undefined ? '' : decodeCursor(cursor);
  if (after === undefined) throw notOurCursor();
  const devices = services.store.devices
    .list()
    .filter(({ devEui }) => devEui > after)
    .sort((a, b) => (a.devEui < b.devEui ? -1 : 1));
  const around = surroundings(services);
  const items: SilenceView[] = [];
  let looked = 0;
  for (const device of devices.slice(0, MAX_DEVICES)) {
    if (looked % DEVICES_A_TURN === 0 && looked > 0) await nextTurn();
    looked += 1;
    const verdict = verdictOn(services, device, around);
    if (verdict.silent) items.push(verdict);
    if (items.length >= limit) break;
  }
  const last = devices[looked - 1];
  return last && looked < devices.length ? { items, nextCursor: encodeCursor(last.devEui) } : { items };
}

/** What is the same for all devices. */
interface Surroundings {
  readonly nowMs: number;
  readonly gateways: (devEui: string) => GatewayEvidence[];
  readonly brokerTrouble: string | undefined;
  readonly startedMs: number;
}

function surroundings({ world, nowMs = world.clock.nowMs, ...services }: Services): Surroundings {
  const { broker, startedMs } = services.status();
  const heard = newestHeard(services);
  return {
    nowMs: nowMs(),
    startedMs,
    brokerTrouble: broker.state === 'down' ? broker.detail : undefined,
    gateways: (devEui) =>
      services.gateways().map(({ gatewayId, state, lastSeenMs }) => {
        const others = heard.get(gatewayId)?.find(({ device }) => device !== devEui);
        return {
          ...{ gatewayId, isOnline: state === 'online', lastSeenMs },
          ...(others ? { heardOthersMs: others.timeMs } : {}),
        };
      }),
  };
}

/** By gateway the newest readings of the last two devices it heard. */
function newestHeard({
  store,
  timeOf = AS_WRITTEN.timeOf,
}: Pick<Services, 'store' | 'timeOf'>): Map<string, { readonly device: string; readonly timeMs: number }[]> {
  const byGateway = new Map<string, { device: string; timeMs: number }[]>();
  for (const record of store.log.readBefore(Number.MAX_SAFE_INTEGER, LATELY)) {
    if (record.kind !== 'uplink' || record.device === null) continue;
    const { device } = record;
    for (const { gw } of uplinkBody(record).rx) {
      const known = byGateway.get(gw) ?? [];
      if (known.length >= 2 || known.some((one) => one.device === device)) continue;
      byGateway.set(gw, [...known, { device, timeMs: timeOf(record).timeMs }]);
    }
  }
  return byGateway;
}

function verdictOn(services: Services, device: Device & DeviceState, around: Surroundings): SilenceView {
  const evidence = evidenceOf(services, device, around);
  const { isSilent, cause, reason, said, text, advice, todo } = whySilent(evidence);
  const { lastMs, intervalMs, marginsDb, refused, batteryPercent, heardBy } = evidence;
  const isLater = refused !== undefined && refused.lastMs > (lastMs ?? 0);
  return {
    ...{ devEui: device.devEui, name: device.name, silent: isSilent, cause, text },
    ...(reason === undefined ? {} : { reason }),
    ...(advice === undefined ? {} : { advice }),
    said: said.map(({ key, values }) => ({ key, values: { ...values } })),
    ...(todo === undefined ? {} : { todo }),
    checked: iso(evidence.nowMs),
    evidence: {
      lastSeen: isoOrNull(lastMs ?? 0),
      ...(intervalMs === undefined ? {} : { intervalSeconds: intervalMs / 1_000 }),
      marginsDb: [...marginsDb],
      ...(isLater
        ? { refused: { reason: refused.reason, count: refused.count, last: iso(refused.lastMs) } }
        : {}),
      ...(batteryPercent === undefined ? {} : { batteryPercent }),
      heardBy: [...heardBy],
    },
  };
}

function evidenceOf(
  services: Services,
  device: Device & DeviceState,
  { gateways, ...around }: Surroundings,
): SilenceEvidence {
  const { store, downlinks, timeOf = AS_WRITTEN.timeOf } = services;
  const records = store.log.ofDevice(device.devEui, Number.MAX_SAFE_INTEGER, OF_DEVICE);
  const readings = records.filter(({ kind }) => kind === 'uplink').slice(0, HISTORY);
  const sinceReading = records.slice(0, readings[0] ? records.indexOf(readings[0]) : records.length);
  const joins = sinceReading.filter(({ kind }) => kind === 'join');
  const newest = joins[0] ?? readings[0];
  const lastMs = newest ? timeOf(newest).timeMs : device.lastSeenMs;
  const usualMs = usualIntervalMs(readings.map((reading) => timeOf(reading).timeMs));
  const expectedMs = store.profiles.get(device.profile ?? '')?.expectedIntervalMs;
  const intervalMs = expectedMs ?? usualMs;
  const network = downlinks.status(device.devEui);
  const refused = refusedOf(services, device, network?.devAddr ?? device.abp?.devAddr);
  const lookalike = lookalikeOf(services, device.devEui);
  const { percent } = network?.battery ?? {};
  return {
    ...around,
    devEui: device.devEui,
    activation: activationOf(device),
    ...(lastMs > 0 ? { lastMs } : {}),
    joinsSinceReading: joins.length,
    ...(intervalMs === undefined ? {} : { intervalMs }),
    isExpected: expectedMs !== undefined,
    staleAfterMs: staleAfterMs(intervalMs),
    marginsDb: readings.map(marginOf).filter((margin) => margin !== undefined),
    ...(refused ? { refused } : {}),
    ...(percent === undefined ? {} : { batteryPercent: percent }),
    gateways: gateways(device.devEui),
    heardBy: [...new Set(readings.flatMap((reading) => uplinkBody(reading).rx.map(({ gw }) => gw)))],
    ...(lookalike ? { lookalike } : {}),
  };
}

function activationOf({ origin, otaa, abp }: Device): SilenceEvidence['activation'] {
  if (otaa) return 'otaa';
  if (abp) return 'abp';
  return origin === 'chirpstack' ? 'chirpstack' : 'no_key';
}

/** Of the best reception. */
function marginOf(reading: LogRecord): number | undefined {
  const { rx, dr } = uplinkBody(reading);
  return rx.length === 0 ? undefined : marginDb(Math.max(...rx.map(({ snr }) => snr)), dr);
}

/** Its own frames, or such that come under its address with another key: whichever were newer. */
function refusedOf(
  { refusedOf: ofDevice, unknownDevices }: Services,
  { devEui }: Device,
  devAddr: string | undefined,
): RefusedFrames | undefined {
  const own = ofDevice(devEui);
  const under = unknownDevices().find(
    (one) => devAddr !== undefined && one.devAddr === devAddr && one.reason === 'wrong_mic',
  );
  if (!under || (own && own.lastMs >= under.lastSeenMs)) return own;
  return { reason: under.reason, count: under.frames, lastMs: under.lastSeenMs };
}

function lookalikeOf({ unknownDevices, store }: Services, devEui: string): SilenceEvidence['lookalike'] {
  for (const other of unknownDevices()) {
    if (other.devEui === undefined || store.devices.get(other.devEui)) continue;
    const how = resemblance(devEui, other.devEui);
    if (how) return { devEui: other.devEui, how };
  }
  return undefined;
}
