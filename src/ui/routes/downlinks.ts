/** Downlinks over the API: what waits for a device, one more, one less. What became of each is in the log. */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import type { DownlinkRefusal, QueuedDownlink } from '../../model/downlink.ts';
import { codecOf } from '../../model/profile.ts';
import type { DownlinkBody } from '../../model/record.ts';
import { type Said, type Told, tell, tellAll } from '../../model/said.ts';
import { AS_WRITTEN } from '../../model/time.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { invalidBody, jsonBody } from '../http/input.ts';
import { toldError } from '../http/input-error.ts';
import { operation } from '../http/operation.ts';
import { Problem } from '../http/problem.ts';
import { about, maybe } from '../shapes/describe.ts';
import type { DownlinkStepView, DownlinkView } from '../shapes/devices.ts';
import { DATA_OR_OBJECT, downlinkObject, payload, whole } from '../shapes/inputs.ts';
import { saying } from '../shapes/told.ts';
import { iso } from '../shapes/views.ts';
import type { Services } from './services.ts';

const DEFAULT_RETRIES = 2;
/** Records of the device looked at for what became of its downlinks. */
const LOOKED_AT = 300;

const downlinkBody = z
  .strictObject({
    fPort: maybe(whole(1, 223), 'With object the codec may say it'),
    data: maybe(payload, 'Payload in clear, hex; none without'),
    object: maybe(downlinkObject, 'Instead of data: what the codec of the device makes bytes of'),
    confirmed: about(z._default(z.boolean(), false), 'Whether the device shall acknowledge it'),
    expires: maybe(z.iso.datetime({ offset: true }), 'Not sent after this'),
    expiresInSeconds: maybe(whole(1, 31_536_000), 'The same, from now'),
    retries: about(
      z._default(whole(0, 10), DEFAULT_RETRIES),
      'How often it is sent again after it is known to have failed',
    ),
  })
  .check(
    z.refine(({ expires, expiresInSeconds }) => expires === undefined || expiresInSeconds === undefined, {
      path: ['expires'],
      ...saying('given.notBoth', { one: 'expires', other: 'expiresInSeconds' }),
    }),
    z.refine(({ data, object }) => data === undefined || object === undefined, {
      path: ['object'],
      ...saying('given.notBoth', DATA_OR_OBJECT),
    }),
    z.refine(({ fPort, object }) => fPort !== undefined || object !== undefined, {
      path: ['fPort'],
      ...saying('given.needed'),
    }),
  );

const unknown = { 404: { description: 'Not known' } };

export function downlinkRoutes(services: Services) {
  return new Hono<Env>().route('/', readRoutes(services)).route('/', changeRoutes(services));
}

function readRoutes(services: Services) {
  const { downlinks } = services;
  return new Hono<Env>()
    .get(
      '/devices/:devEui/downlinks',
      operation({
        name: 'listDownlinks',
        summary: 'What waits for a device or is on its way, the next one first',
        access: allow.viewer('read'),
        responses: { 200: { description: 'The queue', pageOf: 'Downlink' }, ...unknown },
      }),
      (c) => c.json({ items: downlinks.list(known(services, c.req.param('devEui'))).map(view) }),
    )
    .get(
      '/devices/:devEui/downlinks/steps',
      operation({
        name: 'listDownlinkSteps',
        summary: 'What became of the newest downlinks of a device, step by step, newest first',
        access: allow.viewer('read'),
        responses: { 200: { description: 'Steps in the log', pageOf: 'DownlinkStep' }, ...unknown },
      }),
      (c) => c.json({ items: steps(services, known(services, c.req.param('devEui'))) }),
    );
}

function changeRoutes(services: Services) {
  const { downlinks } = services;
  return new Hono<Env>()
    .post(
      '/devices/:devEui/downlinks',
      operation({
        name: 'createDownlink',
        summary: 'Puts a downlink into the queue; class A devices get it after their next uplink',
        access: allow.operator('operate'),
        responses: {
          201: { description: 'Queued', shape: 'Downlink' },
          ...unknown,
          409: { description: 'Cannot be' },
          422: { description: 'The codec makes no bytes of the object' },
        },
      }),
      jsonBody(downlinkBody),
      async (c) => {
        const { expires, expiresInSeconds, fPort, data, object, ...input } = c.req.valid('json');
        const bytes = await payloadOf(services, c.req.param('devEui'), { fPort, data, object });
        const expiresMs =
          expiresInSeconds === undefined
            ? expires === undefined
              ? undefined
              : Date.parse(expires)
            : services.world.clock.nowMs() + expiresInSeconds * 1_000;
        const queued = await downlinks.enqueue(c.req.param('devEui').toLowerCase(), {
          ...input,
          ...bytes,
          ...(expiresMs === undefined ? {} : { expiresMs }),
        });
        if ('refused' in queued) throw refusal(queued);
        c.var.tell({ id: queued.id, fPort: queued.fPort, data: queued.data });
        return c.json(view(queued), 201);
      },
    )
    .delete(
      '/devices/:devEui/downlinks',
      operation({
        name: 'cancelDownlinks',
        summary: 'Empties the queue of a device; one that is on its way cannot be called back',
        access: allow.operator('operate'),
        responses: { 204: { description: 'Nothing waits any more' }, ...unknown },
      }),
      async (c) => {
        await downlinks.cancel(known(services, c.req.param('devEui')));
        return c.body(null, 204);
      },
    )
    .delete(
      '/devices/:devEui/downlinks/:id',
      operation({
        name: 'cancelDownlink',
        summary: 'Takes one downlink out of the queue',
        access: allow.operator('operate'),
        responses: { 204: { description: 'It will not be sent' }, ...unknown },
      }),
      async (c) => {
        const { devEui, id } = c.req.param();
        if ((await downlinks.cancel(devEui.toLowerCase(), id)) === 0) throw notQueued();
        return c.body(null, 204);
      },
    );
}

type Content = Pick<z.output<typeof downlinkBody>, 'fPort' | 'data' | 'object'>;

/** The bytes themselves, or what the codec of the device makes of the object. */
async function payloadOf(
  { store, scripts }: Services,
  name: string,
  { fPort, data = '', object }: Content,
): Promise<{ fPort: number; data: string }> {
  if (object === undefined) return { fPort: fPort ?? 1, data };
  const device = store.devices.get(name.toLowerCase());
  if (!device) throw refusal({ refused: 'device-unknown', detail: UNKNOWN });
  const profile = store.profiles.get(device.profile ?? '');
  const codec = codecOf(device, profile);
  const encoded = await scripts.encode({ name: codec }, { object, fPort, variables: profile?.variables });
  if (!encoded || encoded.bytes === undefined) {
    const told = encoded
      ? tellAll([tell('given.noBytes', { codec }), saidBy(encoded)])
      : tell('given.noCodec', { codec });
    throw invalidBody([{ pointer: '/object', ...toldError(told) }]);
  }
  const port = encoded.fPort ?? fPort;
  if (port === undefined)
    throw invalidBody([{ pointer: '/fPort', ...toldError(tell('given.neededUnsaid')) }]);
  return { fPort: port, data: Buffer.from(encoded.bytes).toString('hex') };
}

/** A script's own words stay as they are. */
function saidBy({ problem = '', said }: { problem?: string | undefined; said?: readonly Said[] }): Told {
  return said ? { detail: problem, said } : tell('codec.says', { text: problem });
}

/** The DevEUI of a device there is. */
function known({ store }: Services, name: string): string {
  const devEui = name.toLowerCase();
  if (!store.devices.get(devEui)) throw refusal({ refused: 'device-unknown', detail: UNKNOWN });
  return devEui;
}

function steps({ store, timeOf = AS_WRITTEN.timeOf }: Services, devEui: string): DownlinkStepView[] {
  return store.log
    .ofDevice(devEui, Number.MAX_SAFE_INTEGER, LOOKED_AT)
    .filter(({ kind }) => kind === 'downlink')
    .map((record) => {
      const { clock: _, ...body } = JSON.parse(record.body) as DownlinkBody;
      return { ...body, time: iso(timeOf(record).timeMs) };
    });
}

const UNKNOWN = 'No device has this DevEUI. A DevEUI has 16 hex digits.';

function view({
  id,
  fPort,
  data,
  confirmed,
  retries,
  queuedMs,
  expiresMs,
  tries,
  state,
}: QueuedDownlink): DownlinkView {
  return {
    id,
    fPort,
    data,
    confirmed,
    retries,
    queued: iso(queuedMs),
    ...(expiresMs === undefined ? {} : { expires: iso(expiresMs) }),
    tries,
    state,
  };
}

const STATUS_OF = {
  'device-unknown': 404,
  'no-session': 409,
  'not-possible': 422,
  'queue-full': 409,
  'no-network-server': 409,
} as const satisfies Record<DownlinkRefusal['refused'], number>;

function refusal({ refused, detail }: DownlinkRefusal): Problem {
  return new Problem({ code: refused, title: 'Not queued', status: STATUS_OF[refused], detail });
}

function notQueued(): Problem {
  return new Problem({
    code: 'downlink-unknown',
    title: 'No such downlink',
    status: 404,
    detail: 'It is not in the queue, or it is on its way already.',
  });
}
