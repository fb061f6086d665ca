/**
 * Devices over the API: list, look, declare, change, remove. Keys only ever come in. What the config file declares, only
 * the config file changes.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Context, Hono } from 'hono';
import * as z from 'zod/mini';
import {
  type Device,
  type DeviceState,
  type LinkSettings,
  type Remarks,
  remarksOf,
} from '../../model/device.ts';
import { tell } from '../../model/said.ts';
import { didYouMean } from '../../model/suggest.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { invalidBody, jsonBody, notOurCursor, query } from '../http/input.ts';
import { oneOfCodecs, toldError } from '../http/input-error.ts';
import { operation } from '../http/operation.ts';
import { type InputError, Problem } from '../http/problem.ts';
import { chosenFields, deviceFields } from '../shapes/chosen-fields.ts';
import { maybe } from '../shapes/describe.ts';
import { type DeviceInput, devicePost, devicePut } from '../shapes/device-input.ts';
import type { DeviceView } from '../shapes/devices.ts';
import { number, paging } from '../shapes/inputs.ts';
import { decodeCursor, encodeCursor } from '../shapes/position.ts';
import { isMeant } from '../shapes/revision.ts';
import { deviceView } from '../shapes/views.ts';
import { HISTORY, newestReadings } from './device-history.ts';
import type { Services } from './services.ts';

/** Readings looked at for one page of devices; a page may be short of `limit`, its cursor goes on. */
const MAX_READINGS = 8_000;
/** Then others have their turn. */
const DEVICES_A_TURN = 25;

const recent = { recent: maybe(number(1, 100), 'Readings of each device to show, newest first') };
const listParams = z.object({ ...paging, ...recent, fields: deviceFields });

const one = { 200: { description: 'The device', shape: 'Device' }, 404: { description: 'Not known' } };
export const meanwhile = { 412: { description: 'Changed since the state If-Match names' } };
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
        responses: {
          200: { description: 'A page of devices, of each what `fields` asks for', pageOf: 'Device' },
        },
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
      query(z.object({ ...recent, fields: deviceFields })),
      (c) => {
        const device = find(services, c.req.param('devEui'));
        if (!device) throw unknownDevice();
        const { recent: shown, fields } = c.req.valid('query');
        const whole = view(services, device, shown);
        return c.json(chosenFields(fields).pick(whole), 200, { etag: `"${whole.revision}"` });
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
        access: allow.technician('write'),
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
          "Declares or changes a device; keys left out stay as they are. One of ChirpStack's can be given another name, and whatever declared it, area and notes",
        access: allow.technician('write'),
        responses: { ...one, 201: { description: 'Declared', shape: 'Device' }, ...conflict, ...meanwhile },
      }),
      jsonBody(devicePut),
      (c) => {
        const devEui = c.req.param('devEui').toLowerCase();
        if (!/^[0-9a-f]{16}$/.test(devEui)) throw unknownDevice();
        const known = find(services, devEui);
        refuseChanged(services, c.req.header('if-match'), known);
        const input = c.req.valid('json');
        const saved =
          known && known.origin !== 'api'
            ? remark(services, known, input)
            : save(services, devEui, withOneWay(input), known);
        if (known) return withTag(c, saved);
        return c.json(saved, 201, { ...location(devEui), etag: `"${saved.revision}"` });
      },
    )
    .delete(
      '/devices/:devEui',
      operation({
        name: 'deleteDevice',
        summary: 'Forgets a device; its readings stay',
        access: allow.technician('write'),
        responses: { 204: { description: 'Forgotten' }, 404: one[404], ...conflict, ...meanwhile },
      }),
      (c) => {
        const device = find(services, c.req.param('devEui'));
        if (!device) throw unknownDevice();
        refuseChanged(services, c.req.header('if-match'), device);
        if (device.origin === 'config') throw ownedElsewhere(device);
        services.store.devices.remove(device.devEui);
        return c.body(null, 204);
      },
    );
}

/** With what `If-Match` of a change to it is to say. */
function withTag(c: Context<Env>, device: DeviceView) {
  return c.json(device, 200, { etag: `"${device.revision}"` });
}

/** Two people may have the same device before them: who changes it says by `If-Match` which one. */
export function refuseChanged(
  services: Services,
  ifMatch: string | undefined,
  known: (Device & DeviceState) | undefined,
): void {
  if (ifMatch === undefined) return;
  if (known && isMeant(ifMatch, services.store.devices.revisionOf(known))) return;
  throw new Problem({
    code: 'changed-meanwhile',
    title: 'Changed meanwhile',
    status: 412,
    detail: known
      ? 'Somebody else changed this device since you looked at it. Nothing was overwritten: look again and repeat.'
      : 'Somebody else removed this device since you looked at it.',
    ...(known ? { members: { device: view(services, known) } } : {}),
  });
}

export const location = (devEui: string) => ({ location: `/api/v1/devices/${devEui}` });

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
  if (after === undefined) throw notOurCursor();
  const devices = services.store.devices
    .list()
    .filter(({ devEui }) => devEui > after)
    .sort((a, b) => (a.devEui < b.devEui ? -1 : 1));
  const { pick, needsReadings } = chosenFields(params.fields);
  const each = needsReadings ? Math.max(HISTORY, params.recent ?? 0) : 1;
  const most = Math.max(1, Math.floor(MAX_READINGS / each));
  const items: DeviceView[] = [];
  let bytes = 0;
  for (const device of devices.slice(0, Math.min(params.limit, most))) {
    if (items.length % DEVICES_A_TURN === 0 && items.length > 0) await nextTurn();
    const item = pick(view(services, device, params.recent, needsReadings));
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
    throw invalidBody([{ pointer: '/profile', detail, code: 'profile' }]);
  }
  const codec = input.codec ?? (profile !== undefined && profiles.get(profile) ? 'raw' : 'cayenne');
  if (!services.codecs().includes(codec)) {
    throw invalidBody([{ pointer: '/codec', ...oneOfCodecs(services.codecs()) }]);
  }
  const keys = activation(input, known);
  if ('errors' in keys) throw invalidBody(keys.errors);
  // Of one whose key comes now, the rest was said before.
  const link = (input.link as LinkSettings | undefined) ?? (known?.keyless ? known.link : undefined);
  services.store.devices.put({
    ...{ devEui, name, codec, origin: 'api', ...keys },
    ...(profile === undefined ? {} : { profile }),
    ...(link === undefined ? {} : { link }),
    ...remarksWith(input, known),
  });
  const stored = services.store.devices.get(devEui);
  if (!stored) throw unknownDevice();
  return view(services, stored);
}

function withOneWay(input: DeviceInput): DeviceInput {
  if ((input.devAddr === undefined) !== (input.joinEui === undefined)) return input;
  throw invalidBody([{ pointer: '/joinEui', ...toldError(tell('given.oneWay')) }]);
}

/** What is not said stays as it is. */
function remarksWith({ area, notes }: DeviceInput, known: Remarks = {}): Remarks {
  const { area: _, notes: __, ...rest } = remarksOf(known);
  const next = {
    area: area === undefined ? known.area : area,
    notes: notes === undefined ? known.notes : notes,
  };
  return { ...rest, ...(next.area ? { area: next.area } : {}), ...(next.notes ? { notes: next.notes } : {}) };
}

/**
 * Of a device that is declared elsewhere people here say where it is and what they know of it; one of ChirpStack's may have a
 * name of its own here. The rest may be said as it is.
 */
function remark(services: Services, known: Device & DeviceState, input: DeviceInput): DeviceView {
  const { name, codec = known.codec, profile = known.profile, area, notes, ...others } = input;
  const isRenamed = name !== known.name;
  const isMore = codec !== known.codec || profile !== known.profile || Object.keys(others).length > 0;
  if (isMore || (isRenamed && known.origin === 'config')) throw ownedElsewhere(known);
  const { nextFCntUp: _, lastSeq: __, lastSeenMs: ___, area: ____, notes: _____, ...device } = known;
  services.store.devices.put({
    ...device,
    ...(isRenamed ? { name, namedHere: true as const } : {}),
    ...remarksWith({ name, area, notes }, known),
  });
  return view(services, services.store.devices.get(known.devEui) ?? known);
}

/** How the device is activated, keys left out taken from the ones known. */
export function activation(
  input: Omit<DeviceInput, 'name'>,
  known: Device | undefined,
): Pick<Device, 'abp' | 'otaa' | 'keyless' | 'carried'> | { errors: InputError[] } {
  const { devAddr, joinEui } = input;
  if (joinEui !== undefined) {
    const appKey = input.appKey ?? known?.otaa?.appKey;
    if (appKey === undefined)
      return input.keyMissing ? { keyless: { joinEui } } : { errors: [missing('appKey')] };
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
  return { pointer: `/${key}`, detail: 'is needed: no key is known yet', code: 'key-missing' };
}

export function find({ store }: Services, devEui: string): (Device & DeviceState) | undefined {
  return store.devices.get(devEui.toLowerCase());
}

export function view(
  { store, world, downlinks, timeOf, nowMs = world.clock.nowMs }: Services,
  device: Device & DeviceState,
  shown?: number,
  withReadings = true,
): DeviceView {
  const readings = withReadings ? newestReadings(store, device.devEui, Math.max(HISTORY, shown ?? 0)) : [];
  return deviceView(device, {
    revision: store.devices.revisionOf(device),
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

export function exists(devEui: string): Problem {
  return new Problem({
    code: 'device-exists',
    title: 'Device exists already',
    status: 409,
    detail: `Device ${devEui} is declared. Change it with PUT /api/v1/devices/${devEui}.`,
  });
}

export function ownedElsewhere({ devEui, origin }: Device): Problem {
  const detail =
    origin === 'config'
      ? `Device ${devEui} is declared in the config file, which wins over the API. Change it there; area and notes are set here.`
      : `Device ${devEui} is managed by the ChirpStack of this site: only its name, area and notes can be changed here. Change the rest there.`;
  return new Problem({ code: 'device-owned-elsewhere', title: 'Not changed here', status: 409, detail });
}
