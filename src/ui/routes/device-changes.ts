/** Several devices changed at once, with a look at what would change before; and a device put in the place of another. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Hono } from 'hono';
import * as z from 'zod/mini';
import type { Device, DeviceState } from '../../model/device.ts';
import { didYouMean } from '../../model/suggest.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { invalidBody, jsonBody, query } from '../http/input.ts';
import { oneOfCodecs } from '../http/input-error.ts';
import { operation } from '../http/operation.ts';
import { type ChangesInput, changesPost, replacementPost } from '../shapes/device-input.ts';
import type { DeviceChangesView, DeviceView } from '../shapes/devices.ts';
import { yesOrNo } from '../shapes/inputs.ts';
import {
  activation,
  exists,
  find,
  location,
  meanwhile,
  ownedElsewhere,
  refuseChanged,
  unknownDevice,
  view,
} from './devices.ts';
import type { Services } from './services.ts';

/** Then others have their turn. */
const DEVICES_A_TURN = 25;
/** Of the devices whose place one took, the newest are kept. */
const MAX_FORMER = 10;

export function deviceChangeRoutes(services: Services) {
  return new Hono<Env>()
    .post(
      '/devices/change',
      operation({
        name: 'changeDevices',
        summary: 'Sets area, profile or codec of several devices, or removes them',
        access: allow.technician('write'),
        responses: { 200: { description: 'What changed, or would', shape: 'DeviceChanges' } },
      }),
      query(z.object({ dryRun: yesOrNo('true: only say what would change') })),
      jsonBody(changesPost),
      async (c) => {
        const dryRun = c.req.valid('query').dryRun === 'true';
        return c.json(await change(services, c.req.valid('json'), dryRun));
      },
    )
    .post(
      '/devices/:devEui/replace',
      operation({
        name: 'replaceDevice',
        summary:
          'Puts another device in the place of one: name, area, profile, notes and past are its own from now on',
        access: allow.technician('write'),
        responses: {
          201: { description: 'The device in its place', shape: 'Device' },
          404: { description: 'Not known' },
          409: { description: "Exists already, or is not the API's to change" },
          ...meanwhile,
        },
      }),
      jsonBody(replacementPost),
      async (c) => {
        const former = find(services, c.req.param('devEui'));
        if (!former) throw unknownDevice();
        refuseChanged(services, c.req.header('if-match'), former);
        const device = await replace(services, former, c.req.valid('json'));
        return c.json(device, 201, location(device.devEui));
      },
    );
}

type Known = Device & DeviceState;
type Skipped = DeviceChangesView['skipped'][number];

async function change(services: Services, input: ChangesInput, dryRun: boolean): Promise<DeviceChangesView> {
  refuseUnknownNames(services, input);
  const { devices } = services.store;
  const done: DeviceChangesView = { dryRun, changed: [], removed: [], skipped: [] };
  const wanted: Device[] = [];
  const leaving: string[] = [];
  for (const [n, { devEui, revision }] of input.devices.entries()) {
    if (n % DEVICES_A_TURN === DEVICES_A_TURN - 1) await nextTurn();
    const known = devices.get(devEui);
    const name = known?.name ?? devEui;
    const next = known && changedBy(known, input);
    const isChanged = known !== undefined && revision !== undefined && revision !== devices.revisionOf(known);
    const why = isChanged ? 'changed' : reasonToSkip(known, input, next);
    if (why !== undefined || !known || !next) done.skipped.push({ devEui, name, why: why ?? 'unknown' });
    else if (input.remove) {
      leaving.push(devEui);
      done.removed.push({ devEui, name });
    } else {
      wanted.push(next);
      done.changed.push({ devEui, name, ...difference(known, next) });
    }
  }
  if (dryRun) return done;
  devices.putAll(wanted);
  for (const [n, devEui] of leaving.entries()) {
    if (n % DEVICES_A_TURN === DEVICES_A_TURN - 1) await nextTurn();
    devices.remove(devEui);
  }
  return done;
}

function refuseUnknownNames({ store, codecs }: Services, { profile, codec }: ChangesInput): void {
  if (typeof profile === 'string' && !store.profiles.get(profile)) {
    const names = store.profiles.list().map((one) => one.name);
    const detail = `there is no such profile${didYouMean(profile, names)}`;
    throw invalidBody([{ pointer: '/profile', detail, code: 'profile' }]);
  }
  if (codec !== undefined && !codecs().includes(codec))
    throw invalidBody([{ pointer: '/codec', ...oneOfCodecs(codecs()) }]);
}

function reasonToSkip(
  known: Known | undefined,
  { remove, profile, codec }: ChangesInput,
  next: Device | undefined,
): Skipped['why'] | undefined {
  if (!known || !next) return 'unknown';
  // Where it is may be said of any device.
  const isOwners = remove === true ? known.origin === 'config' : profile !== undefined || codec !== undefined;
  if (isOwners && known.origin !== 'api' && !(remove && known.origin === 'chirpstack')) return known.origin;
  const isSame = Object.keys(difference(known, next).to).length === 0;
  return isSame && !remove ? 'same' : undefined;
}

/** The device as it would be. */
function changedBy(known: Known, { area, profile, codec }: ChangesInput): Device {
  const { nextFCntUp: _, lastSeq: __, lastSeenMs: ___, ...device } = known;
  const { area: ownArea, profile: ownProfile, ...rest } = device;
  const [nextArea, nextProfile] = [
    area === undefined ? ownArea : area,
    profile === undefined ? ownProfile : profile,
  ];
  return {
    ...rest,
    codec: codec ?? device.codec,
    ...(nextProfile ? { profile: nextProfile } : {}),
    ...(nextArea ? { area: nextArea } : {}),
  };
}

type Difference = Pick<DeviceChangesView['changed'][number], 'from' | 'to'>;

function difference(known: Device, next: Device): Difference {
  const parts = (device: Device) => ({
    area: device.area ?? null,
    profile: device.profile ?? null,
    codec: device.codec,
  });
  const [before, after] = [parts(known), parts(next)];
  const names = (['area', 'profile', 'codec'] as const).filter((name) => before[name] !== after[name]);
  const only = (all: typeof before) => Object.fromEntries(names.map((name) => [name, all[name]]));
  return { from: only(before), to: only(after) };
}

async function replace(
  services: Services,
  former: Known,
  { devEui, ...input }: z.output<typeof replacementPost>,
): Promise<DeviceView> {
  if (former.origin !== 'api') throw ownedElsewhere(former);
  const { devices } = services.store;
  const waiting = devices.get(devEui);
  // One whose identity was captured and that has no past of its own may be the one.
  if (waiting && !waiting.keyless) throw exists(devEui);
  const keys = activation(input, waiting);
  if ('errors' in keys) throw invalidBody(keys.errors);
  const { name, codec, profile, link, area, notes, formerly = [] } = former;
  devices.put({
    ...{ devEui, name, codec, origin: 'api', ...keys },
    ...(profile === undefined ? {} : { profile }),
    ...(link === undefined ? {} : { link }),
    ...(area === undefined ? {} : { area }),
    ...(notes === undefined ? {} : { notes }),
    formerly: [former.devEui, ...formerly].slice(0, MAX_FORMER),
  });
  // Between the two it is there twice, which can be said again; the other way round it would be lost.
  await services.downlinks.cancel(former.devEui);
  devices.remove(former.devEui);
  await movePhoto(services, former.devEui, devEui);
  const { world, nowMs = world.clock.nowMs } = services;
  const body = { event: 'device_replaced', name, former: former.devEui };
  await services.store.commit({ records: [{ kind: 'system', device: devEui, timeMs: nowMs(), body }] });
  const device = devices.get(devEui);
  if (!device) throw unknownDevice();
  return view(services, device);
}

/** It hangs where the other one hung. A photo that cannot be moved is no reason to refuse the device. */
async function movePhoto({ pictures }: Services, from: string, to: string): Promise<void> {
  const photo = await pictures.get('device', from).catch(() => undefined);
  if (!photo) return;
  const refused = await pictures.put('device', to, photo.body).catch(() => 'disk_full' as const);
  if (refused === undefined) await pictures.remove('device', from).catch(() => false);
}
