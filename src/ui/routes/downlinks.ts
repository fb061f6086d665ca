/** Downlinks over the API: what waits for a device, one more, one less. What became of each is in the log. */
import * as z from 'zod';
import type { DownlinkDesk, DownlinkRefusal, QueuedDownlink } from '../../model/downlink.ts';
import type { DownlinkBody } from '../../model/record.ts';
import { AS_WRITTEN } from '../../model/time.ts';
import { allow } from '../access/access-rule.ts';
import { defineRoute, type Route } from '../http/operation.ts';
import { type Answer, json, noContent, problem } from '../http/problem.ts';
import type { DownlinkStepView, DownlinkView } from '../shapes/schemas.ts';
import { iso } from '../shapes/views.ts';
import type { Services } from './services.ts';

const MAX_BYTES = 242;
const DEFAULT_RETRIES = 2;
/** Records of the device looked at for what became of its downlinks. */
const LOOKED_AT = 300;

const downlinkSchema = z
  .strictObject({
    fPort: z.int().min(1).max(223),
    data: z
      .string()
      .trim()
      .toLowerCase()
      .regex(/^([0-9a-f]{2})*$/, 'must be hex digits, two a byte')
      .max(2 * MAX_BYTES)
      .default('')
      .describe('Payload in clear, hex'),
    confirmed: z.boolean().default(false).describe('Whether the device shall acknowledge it'),
    expires: z.iso.datetime({ offset: true }).optional().describe('Not sent after this'),
    expiresInSeconds: z.int().min(1).max(31_536_000).optional().describe('The same, from now'),
    retries: z
      .int()
      .min(0)
      .max(10)
      .default(DEFAULT_RETRIES)
      .describe('How often it is sent again after it is known to have failed'),
  })
  .refine(({ expires, expiresInSeconds }) => expires === undefined || expiresInSeconds === undefined, {
    path: ['expires'],
    message: 'say expires or expiresInSeconds, not both',
  });

const unknown = { 404: { description: 'Not known' } };

export function downlinkRoutes(deps: Services, desk: DownlinkDesk): Route[] {
  const { store, world } = deps;
  const path = '/api/v1/devices/{devEui}/downlinks';
  const nameOf = (of: Readonly<Record<string, string>>) => (of.devEui ?? '').toLowerCase();
  return [
    defineRoute({
      method: 'GET',
      path,
      name: 'listDownlinks',
      summary: 'What waits for a device or is on its way, the next one first',
      access: allow.viewer('read'),
      responses: { 200: { description: 'The queue', pageOf: 'Downlink' }, ...unknown },
      handle({ path: of }) {
        const devEui = nameOf(of);
        if (!store.devices.get(devEui)) return refusal({ refused: 'device-unknown', detail: UNKNOWN });
        return json({ items: desk.list(devEui).map(view) });
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/steps`,
      name: 'listDownlinkSteps',
      summary: 'What became of the newest downlinks of a device, step by step, newest first',
      access: allow.viewer('read'),
      responses: { 200: { description: 'Steps in the log', pageOf: 'DownlinkStep' }, ...unknown },
      handle({ path: of }) {
        const devEui = nameOf(of);
        if (!store.devices.get(devEui)) return refusal({ refused: 'device-unknown', detail: UNKNOWN });
        return json({ items: steps(deps, devEui) });
      },
    }),
    defineRoute({
      method: 'POST',
      path,
      name: 'createDownlink',
      summary: 'Puts a downlink into the queue; class A devices get it after their next uplink',
      access: allow.admin('write'),
      body: downlinkSchema,
      responses: {
        201: { description: 'Queued', shape: 'Downlink' },
        ...unknown,
        409: { description: 'Cannot be' },
      },
      async handle({ path: of, body }) {
        const { expires, expiresInSeconds, ...input } = body;
        const nowMs = world.clock.nowMs();
        const expiresMs =
          expiresInSeconds === undefined
            ? expires === undefined
              ? undefined
              : Date.parse(expires)
            : nowMs + expiresInSeconds * 1_000;
        const queued = await desk.enqueue(nameOf(of), {
          ...input,
          ...(expiresMs === undefined ? {} : { expiresMs }),
        });
        return 'refused' in queued ? refusal(queued) : json(view(queued), 201);
      },
    }),
    defineRoute({
      method: 'DELETE',
      path,
      name: 'cancelDownlinks',
      summary: 'Empties the queue of a device; one that is on its way cannot be called back',
      access: allow.admin('write'),
      responses: { 204: { description: 'Nothing waits any more' }, ...unknown },
      async handle({ path: of }) {
        const devEui = nameOf(of);
        if (!store.devices.get(devEui)) return refusal({ refused: 'device-unknown', detail: UNKNOWN });
        await desk.cancel(devEui);
        return noContent();
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: `${path}/{id}`,
      name: 'cancelDownlink',
      summary: 'Takes one downlink out of the queue',
      access: allow.admin('write'),
      responses: { 204: { description: 'It will not be sent' }, ...unknown },
      async handle({ path: of }) {
        const count = await desk.cancel(nameOf(of), of.id ?? '');
        if (count > 0) return noContent();
        return problem({
          code: 'downlink-unknown',
          title: 'No such downlink',
          status: 404,
          detail: 'It is not in the queue, or it is on its way already.',
        });
      },
    }),
  ];
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

const STATUS_OF: Readonly<Record<DownlinkRefusal['refused'], number>> = {
  'device-unknown': 404,
  'no-session': 409,
  'not-possible': 422,
  'queue-full': 409,
  'no-network-server': 409,
};

function refusal({ refused, detail }: DownlinkRefusal): Answer {
  return problem({ code: refused, title: 'Not queued', status: STATUS_OF[refused], detail });
}
