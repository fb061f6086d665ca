/**
 * Devices over the API: list, look, declare, change, remove. Keys only ever come in. What the config file declares, only
 * the config file changes.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as z from 'zod';
import type { Device, DeviceState, LinkSettings } from '../../model/device.ts';
import type { LogRecord } from '../../model/record.ts';
import { didYouMean } from '../../model/suggest.ts';
import { allow } from '../access/access-rule.ts';
import { defineRoute, invalidBody, invalidQuery, type Route } from '../http/operation.ts';
import { type Answer, type Document, type InputError, json, noContent, problem } from '../http/problem.ts';
import { type DeviceInput, devicePostSchema, devicePutSchema, paging } from '../shapes/inputs.ts';
import { decodeCursor, encodeCursor } from '../shapes/position.ts';
import type { DeviceView } from '../shapes/schemas.ts';
import { deviceView } from '../shapes/views.ts';
import type { Services } from './services.ts';

/** Readings looked at for `usualIntervalSeconds`. */
const HISTORY = 8;
const MAX_PAGES = 5;
/** Readings looked at for one page of devices; a page may be short of `limit`, its cursor goes on. */
const MAX_READINGS = 8_000;
/** Then others have their turn. */
const DEVICES_A_TURN = 25;

const recent = { recent: z.coerce.number<string>().int().min(1).max(100).optional() };
const one = { 200: { description: 'The device', shape: 'Device' }, 404: { description: 'Not known' } };
const conflict = { 409: { description: "Exists already, or is not the API's to change" } };

export function deviceRoutes(deps: Services): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/devices',
      name: 'listDevices',
      summary: 'Devices by DevEUI, with their last reading',
      access: allow.viewer('read'),
      params: z.object({ ...paging, ...recent }),
      responses: { 200: { description: 'A page of devices', pageOf: 'Device' } },
      handle: ({ params }) => listDevices(deps, params),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/devices/{devEui}',
      name: 'getDevice',
      summary: 'One device',
      access: allow.viewer('read'),
      params: z.object(recent),
      responses: one,
      handle({ path, params }) {
        const device = find(deps, path);
        return device ? json(view(deps, device, params.recent)) : unknownDevice();
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/devices',
      name: 'createDevice',
      summary: 'Declares a device, personalised or to join',
      access: allow.admin('write'),
      body: devicePostSchema,
      responses: { 201: { description: 'Declared', shape: 'Device' }, ...conflict },
      handle({ body: { devEui, ...input } }) {
        if (deps.store.devices.get(devEui)) return exists(devEui);
        return save(deps, devEui, input, undefined);
      },
    }),
    defineRoute({
      method: 'PUT',
      path: '/api/v1/devices/{devEui}',
      name: 'putDevice',
      summary: 'Declares or changes a device; keys left out stay as they are',
      access: allow.admin('write'),
      body: devicePutSchema,
      responses: { ...one, 201: { description: 'Declared', shape: 'Device' }, ...conflict },
      handle({ path, body }) {
        const devEui = (path.devEui ?? '').toLowerCase();
        if (!/^[0-9a-f]{16}$/.test(devEui)) return unknownDevice();
        return save(deps, devEui, body, find(deps, path));
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/v1/devices/{devEui}',
      name: 'deleteDevice',
      summary: 'Forgets a device; its readings stay',
      access: allow.admin('write'),
      responses: { 204: { description: 'Forgotten' }, 404: one[404], ...conflict },
      handle({ path }) {
        const device = find(deps, path);
        if (!device) return unknownDevice();
        if (device.origin === 'config') return ownedElsewhere(device);
        deps.store.devices.remove(device.devEui);
        return noContent();
      },
    }),
  ];
}

async function listDevices(
  deps: Services,
  params: { limit: number; cursor?: string | undefined; recent?: number | undefined },
): Promise<Answer> {
  const after = params.cursor === undefined ? '' : decodeCursor(params.cursor);
  if (after === undefined) {
    const detail = 'is not one this API gave out; start again without it';
    return invalidQuery([{ parameter: 'cursor', detail }]);
  }
  const devices = deps.store.devices
    .list()
    .filter(({ devEui }) => devEui > after)
    .sort((a, b) => (a.devEui < b.devEui ? -1 : 1));
  const most = Math.max(1, Math.floor(MAX_READINGS / Math.max(HISTORY, params.recent ?? 0)));
  const page = devices.slice(0, Math.min(params.limit, most));
  const last = page.at(-1);
  const items: DeviceView[] = [];
  for (const [index, device] of page.entries()) {
    if (index % DEVICES_A_TURN === 0 && index > 0) await nextTurn();
    items.push(view(deps, device, params.recent));
  }
  return json(
    devices.length > page.length && last ? { items, nextCursor: encodeCursor(last.devEui) } : { items },
  );
}

/** Stores what was asked for, if it is ours to change and complete. `known` is the device as it is now. */
function save(deps: Services, devEui: string, input: DeviceInput, known: Device | undefined): Answer {
  if (known && known.origin !== 'api') return ownedElsewhere(known);
  const { name, profile } = input;
  const { profiles } = deps.store;
  // One that came with an import may have a profile's name only; it is no mistake to leave it.
  if (profile !== undefined && profile !== known?.profile && !profiles.get(profile)) {
    const names = profiles.list().map((one) => one.name);
    const detail = `there is no such profile${didYouMean(profile, names)}`;
    return invalidBody([{ pointer: '/profile', detail }]);
  }
  const codec = input.codec ?? (profile !== undefined && profiles.get(profile) ? 'raw' : 'cayenne');
  if (!deps.codecs().includes(codec)) {
    return invalidBody([{ pointer: '/codec', detail: `must be one of ${deps.codecs().join(', ')}` }]);
  }
  const keys = activation(input, known);
  if ('errors' in keys) return invalidBody(keys.errors);
  const link = input.link as LinkSettings | undefined;
  deps.store.devices.put({
    ...{ devEui, name, codec, origin: 'api', ...keys },
    ...(profile === undefined ? {} : { profile }),
    ...(link === undefined ? {} : { link }),
  });
  const stored = deps.store.devices.get(devEui);
  if (!stored) return unknownDevice();
  const location = { location: `/api/v1/devices/${devEui}` };
  return known ? json(view(deps, stored)) : json(view(deps, stored), 201, location);
}

/** How the device is activated, keys left out taken from the ones known. */
function activation(
  input: DeviceInput,
  known: Device | undefined,
): Pick<Device, 'abp' | 'otaa'> | { errors: InputError[] } {
  const { devAddr, joinEui } = input;
  if (joinEui !== undefined) {
    const appKey = input.appKey ?? known?.otaa?.appKey;
    return appKey === undefined ? { errors: [missing('appKey')] } : { otaa: { joinEui, appKey } };
  }
  const nwkSKey = input.nwkSKey ?? known?.abp?.nwkSKey;
  const appSKey = input.appSKey ?? known?.abp?.appSKey;
  if (devAddr !== undefined && nwkSKey !== undefined && appSKey !== undefined)
    return { abp: { devAddr, nwkSKey, appSKey } };
  return {
    errors: [
      ...(nwkSKey === undefined ? [missing('nwkSKey')] : []),
      ...(appSKey === undefined ? [missing('appSKey')] : []),
    ],
  };
}

function missing(key: string): InputError {
  return { pointer: `/${key}`, detail: 'is needed: no key is known yet' };
}

function find(deps: Services, path: Readonly<Record<string, string>>): (Device & DeviceState) | undefined {
  return deps.store.devices.get((path.devEui ?? '').toLowerCase());
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
    network: downlinks?.status(device.devEui),
    ...(shown === undefined ? {} : { recent: shown }),
  });
}

/** Newest first; joins and downlinks between them are passed over, as far as that does not take long. */
function newestReadings({ log }: Services['store'], devEui: string, wanted: number): LogRecord[] {
  const readings: LogRecord[] = [];
  let before = Number.MAX_SAFE_INTEGER;
  for (let page = 0; page < MAX_PAGES && readings.length < wanted; page++) {
    const records = log.ofDevice(devEui, before, wanted);
    readings.push(...records.filter(({ kind }) => kind === 'uplink'));
    if (records.length < wanted) break;
    before = records.at(-1)?.seq ?? 0;
  }
  return readings.slice(0, wanted);
}

function unknownDevice(): Document {
  return problem({
    code: 'device-unknown',
    title: 'Device not known',
    status: 404,
    detail: 'No device has this DevEUI. A DevEUI has 16 hex digits.',
  });
}

function exists(devEui: string): Document {
  return problem({
    code: 'device-exists',
    title: 'Device exists already',
    status: 409,
    detail: `Device ${devEui} is declared. Change it with PUT /api/v1/devices/${devEui}.`,
  });
}

function ownedElsewhere({ devEui, origin }: Device): Document {
  const detail =
    origin === 'config'
      ? `Device ${devEui} is declared in the config file, which wins over the API. Change it there.`
      : `Device ${devEui} is managed by the ChirpStack of this site. Change it there.`;
  return problem({ code: 'device-owned-elsewhere', title: 'Not changed here', status: 409, detail });
}
