/**
 * Devices over the API: list, look, declare, change, remove. Keys only ever come in. What the config file declares, only
 * the config file changes.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Hono } from 'hono';
import * as z from 'zod/mini';
import type { Device, DeviceState, LinkSettings } from '../../model/device.ts';
import { MAC_VERSIONS, REGION_NAMES } from '../../model/lorawan.ts';
import { didYouMean } from '../../model/suggest.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { invalidBody, invalidQuery, jsonBody, query } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { type InputError, Problem } from '../http/problem.ts';
import { maybe } from '../shapes/describe.ts';
import type { DeviceView } from '../shapes/devices.ts';
import { hex, number, paging, raw, text, whole } from '../shapes/inputs.ts';
import { decodeCursor, encodeCursor } from '../shapes/position.ts';
import { deviceView } from '../shapes/views.ts';
import { HISTORY, newestReadings } from './device-history.ts';
import type { Services } from './services.ts';

/** Readings looked at for one page of devices; a page may be short of `limit`, its cursor goes on. */
const MAX_READINGS = 8_000;
/** Then others have their turn. */
const DEVICES_A_TURN = 25;

const key = z.optional(
  hex(32).check(z.meta({ writeOnly: true, description: 'Secret; may be left out to keep the one known' })),
);

const link = z.strictObject({
  region: z.optional(z.enum(REGION_NAMES)),
  macVersion: z.optional(z.enum(MAC_VERSIONS)),
  deviceClass: z.optional(z.enum(['A', 'C'])),
  adr: z.optional(z.boolean()),
  rx1DelayS: z.optional(whole(1, 15)),
  allowCounterReset: z.optional(z.boolean()),
});

const deviceFields = {
  name: text(100),
  codec: raw(64, "cayenne where left out; with a profile raw, which is the profile's"),
  devAddr: maybe(hex(8), 'Of a personalised device; most significant byte first'),
  nwkSKey: key,
  appSKey: key,
  joinEui: maybe(hex(16), 'Of a device that joins over the air (AppEUI before 1.0.4)'),
  appKey: key,
  profile: maybe(text(100), 'Name of its profile'),
  link: maybe(link, 'Where it differs from its profile'),
};

const ONE_WAY = 'say devAddr for a personalised device, or joinEui for one that joins';

const oneWay = z.refine<{ devAddr?: string | undefined; joinEui?: string | undefined }>(
  ({ devAddr, joinEui }) => (devAddr === undefined) !== (joinEui === undefined),
  {
    path: ['joinEui'],
    message: ONE_WAY,
  },
);

/** Whether `oneWay` is asked for depends on the device: one of ChirpStack's has no keys here. */
const devicePut = z.strictObject(deviceFields);
const devicePost = z.strictObject({ devEui: hex(16), ...deviceFields }).check(oneWay);

type DeviceInput = z.output<typeof devicePut>;

const recent = { recent: maybe(number(1, 100), 'Readings of each device to show, newest first') };
const listParams = z.object({ ...paging, ...recent });

const one = { 200: { description: 'The device', shape: 'Device' }, 404: { description: 'Not known' } };
const conflict = { 409: { description: "Exists already, or is not the API's to change" } };

export function deviceRoutes(services: Services) {
  return new Hono<Env>().route('/', readRoutes(services)).route('/', changeRoutes(services));
}

function readRoutes(services: Services) {
  return new Hono<Env>()
    .get(
      '/devices',
      operation({
        name: 'listDevices',
        summary: 'Devices by DevEUI, with their last reading',
        access: allow.viewer('read'),
        responses: { 200: { description: 'A page of devices', pageOf: 'Device' } },
      }),
      query(listParams),
      async (c) => {
        const params = c.req.valid('query');
        return c.json(await c.var.outbox.page(c.env.peer, (bytes) => listDevices(services, params, bytes)));
      },
    )
    .get(
      '/devices/:devEui',
      operation({
        name: 'getDevice',
        summary: 'One device',
        access: allow.viewer('read'),
        responses: one,
      }),
      query(z.object(recent)),
      (c) => {
        const device = find(services, c.req.param('devEui'));
        if (!device) throw unknownDevice();
        return c.json(view(services, device, c.req.valid('query').recent));
      },
    );
}

function changeRoutes(services: Services) {
  return new Hono<Env>()
    .post(
      '/devices',
      operation({
        name: 'createDevice',
        summary: 'Declares a device, personalised or to join',
        access: allow.admin('write'),
        responses: { 201: { description: 'Declared', shape: 'Device' }, ...conflict },
      }),
      jsonBody(devicePost),
      (c) => {
        const { devEui, ...input } = c.req.valid('json');
        if (services.store.devices.get(devEui)) throw exists(devEui);
        return c.json(save(services, devEui, input, undefined), 201, location(devEui));
      },
    )
    .put(
      '/devices/:devEui',
      operation({
        name: 'putDevice',
        summary:
          "Declares or changes a device; keys left out stay as they are. One of ChirpStack's can be given another name",
        access: allow.admin('write'),
        responses: { ...one, 201: { description: 'Declared', shape: 'Device' }, ...conflict },
      }),
      jsonBody(devicePut),
      (c) => {
        const devEui = c.req.param('devEui').toLowerCase();
        if (!/^[0-9a-f]{16}$/.test(devEui)) throw unknownDevice();
        const known = find(services, devEui);
        const input = c.req.valid('json');
        const saved =
          known?.origin === 'chirpstack'
            ? rename(services, known, input)
            : save(services, devEui, withOneWay(input), known);
        return known ? c.json(saved, 200) : c.json(saved, 201, location(devEui));
      },
    )
    .delete(
      '/devices/:devEui',
      operation({
        name: 'deleteDevice',
        summary: 'Forgets a device; its readings stay',
        access: allow.admin('write'),
        responses: { 204: { description: 'Forgotten' }, 404: one[404], ...conflict },
      }),
      (c) => {
        const device = find(services, c.req.param('devEui'));
        if (!device) throw unknownDevice();
        if (device.origin === 'config') throw ownedElsewhere(device);
        services.store.devices.remove(device.devEui);
        return c.body(null, 204);
      },
    );
}

const location = (devEui: string) => ({ location: `/api/v1/devices/${devEui}` });

interface DevicePage {
  readonly items: readonly DeviceView[];
  readonly nextCursor?: string;
}

async function listDevices(
  services: Services,
  params: z.output<typeof listParams>,
  maxBytes: number,
): Promise<DevicePage> {
  const after = params.cursor === undefined ? '' : decodeCursor(params.cursor);
  if (after === undefined) {
    const detail = 'is not one this API gave out; start again without it';
    throw invalidQuery([{ parameter: 'cursor', detail }]);
  }
  const devices = services.store.devices
    .list()
    .filter(({ devEui }) => devEui > after)
    .sort((a, b) => (a.devEui < b.devEui ? -1 : 1));
  const most = Math.max(1, Math.floor(MAX_READINGS / Math.max(HISTORY, params.recent ?? 0)));
  const items: DeviceView[] = [];
  let bytes = 0;
  for (const device of devices.slice(0, Math.min(params.limit, most))) {
    if (items.length % DEVICES_A_TURN === 0 && items.length > 0) await nextTurn();
    const item = view(services, device, params.recent);
    items.push(item);
    bytes += JSON.stringify(item).length;
    if (bytes >= maxBytes) break;
  }
  const last = items.at(-1);
  return last && items.length < devices.length ? { items, nextCursor: encodeCursor(last.devEui) } : { items };
}

/** Stores what was asked for, if it is ours to change and complete. `known` is the device as it is now. */
function save(services: Services, devEui: string, input: DeviceInput, known: Device | undefined): DeviceView {
  if (known && known.origin !== 'api') throw ownedElsewhere(known);
  const { name, profile } = input;
  const { profiles } = services.store;
  // One that came with an import may have a profile's name only; it is no mistake to leave it.
  if (profile !== undefined && profile !== known?.profile && !profiles.get(profile)) {
    const names = profiles.list().map((one) => one.name);
    const detail = `there is no such profile${didYouMean(profile, names)}`;
    throw invalidBody([{ pointer: '/profile', detail }]);
  }
  const codec = input.codec ?? (profile !== undefined && profiles.get(profile) ? 'raw' : 'cayenne');
  if (!services.codecs().includes(codec)) {
    throw invalidBody([{ pointer: '/codec', detail: `must be one of ${services.codecs().join(', ')}` }]);
  }
  const keys = activation(input, known);
  if ('errors' in keys) throw invalidBody(keys.errors);
  const link = input.link as LinkSettings | undefined;
  services.store.devices.put({
    ...{ devEui, name, codec, origin: 'api', ...keys },
    ...(profile === undefined ? {} : { profile }),
    ...(link === undefined ? {} : { link }),
  });
  const stored = services.store.devices.get(devEui);
  if (!stored) throw unknownDevice();
  return view(services, stored);
}

function withOneWay(input: DeviceInput): DeviceInput {
  if ((input.devAddr === undefined) !== (input.joinEui === undefined)) return input;
  throw invalidBody([{ pointer: '/joinEui', detail: ONE_WAY }]);
}

/** From now on the name is the operator's; all else of the device stays ChirpStack's, and may be said as it is. */
function rename(services: Services, known: Device & DeviceState, input: DeviceInput): DeviceView {
  const { name, codec = known.codec, profile = known.profile, ...others } = input;
  if (codec !== known.codec || profile !== known.profile || Object.keys(others).length > 0) {
    throw ownedElsewhere(known);
  }
  const { nextFCntUp: _, lastSeq: __, lastSeenMs: ___, ...device } = known;
  if (name !== known.name) services.store.devices.put({ ...device, name, namedHere: true });
  return view(services, services.store.devices.get(known.devEui) ?? known);
}

/** How the device is activated, keys left out taken from the ones known. */
function activation(
  input: DeviceInput,
  known: Device | undefined,
): Pick<Device, 'abp' | 'otaa' | 'carried'> | { errors: InputError[] } {
  const { devAddr, joinEui } = input;
  if (joinEui !== undefined) {
    const appKey = input.appKey ?? known?.otaa?.appKey;
    if (appKey === undefined) return { errors: [missing('appKey')] };
    return { ...(appKey === known?.otaa?.appKey ? broughtAlong(known) : {}), otaa: { joinEui, appKey } };
  }
  const nwkSKey = input.nwkSKey ?? known?.abp?.nwkSKey;
  const appSKey = input.appSKey ?? known?.abp?.appSKey;
  if (devAddr !== undefined && nwkSKey !== undefined && appSKey !== undefined)
    return {
      ...(devAddr === known?.abp?.devAddr && nwkSKey === known.abp.nwkSKey ? broughtAlong(known) : {}),
      abp: { devAddr, nwkSKey, appSKey },
    };
  return {
    errors: [
      ...(nwkSKey === undefined ? [missing('nwkSKey')] : []),
      ...(appSKey === undefined ? [missing('appSKey')] : []),
    ],
  };
}

/** What a device of another network server came with and no request can tell: its running session, and where that stood. */
function broughtAlong({ abp, carried }: Device): Pick<Device, 'abp' | 'carried'> {
  return { ...(abp ? { abp } : {}), ...(carried ? { carried } : {}) };
}

function missing(key: string): InputError {
  return { pointer: `/${key}`, detail: 'is needed: no key is known yet' };
}

function find({ store }: Services, devEui: string): (Device & DeviceState) | undefined {
  return store.devices.get(devEui.toLowerCase());
}

function view(
  { store, world, downlinks, timeOf, nowMs = world.clock.nowMs }: Services,
  device: Device & DeviceState,
  shown?: number,
): DeviceView {
  const readings = newestReadings(store, device.devEui, Math.max(HISTORY, shown ?? 0));
  return deviceView(device, {
    epoch: store.epoch(),
    nowMs: nowMs(),
    profile: store.profiles.get(device.profile ?? ''),
    timeOf,
    readings,
    network: downlinks.status(device.devEui),
    ...(shown === undefined ? {} : { recent: shown }),
  });
}

export function unknownDevice(): Problem {
  return new Problem({
    code: 'device-unknown',
    title: 'Device not known',
    status: 404,
    detail: 'No device has this DevEUI. A DevEUI has 16 hex digits.',
  });
}

function exists(devEui: string): Problem {
  return new Problem({
    code: 'device-exists',
    title: 'Device exists already',
    status: 409,
    detail: `Device ${devEui} is declared. Change it with PUT /api/v1/devices/${devEui}.`,
  });
}

function ownedElsewhere({ devEui, origin }: Device): Problem {
  const detail =
    origin === 'config'
      ? `Device ${devEui} is declared in the config file, which wins over the API. Change it there.`
      : `Device ${devEui} is managed by the ChirpStack of this site: only its name can be changed here. Change the rest there.`;
  return new Problem({ code: 'device-owned-elsewhere', title: 'Not changed here', status: 409, detail });
}
