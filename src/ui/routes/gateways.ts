/** The gateways over the API: how each does, and what people note down about it. */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import type { GatewayNote } from '../../model/site-document.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { jsonBody } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { Problem } from '../http/problem.ts';
import { maybe } from '../shapes/describe.ts';
import { gatewayList, gatewayOf } from '../shapes/gateway-list.ts';
import { geoPosition, text } from '../shapes/inputs.ts';
import { isMeant, noteRevision } from '../shapes/revision.ts';
import type { GatewayView } from '../shapes/status.ts';
import type { Services } from './services.ts';

/** As many as the box keeps count of. */
const MAX_NOTES = 1_000;

const noteBody = z.strictObject({
  name: z.optional(text(100)),
  place: maybe(text(300), 'Where it hangs, in words'),
  antenna: maybe(text(300), 'Antenna, cable, height, in words'),
  position: maybe(geoPosition, 'Where it is, where it does not say so itself'),
});

const meanwhile = { 412: { description: 'Changed since; nothing was overwritten' } };
const missing = { 404: { description: 'Not known' } };

export function gatewayRoutes(services: Services) {
  const { documents } = services.store;
  return new Hono<Env>()
    .get(
      '/gateways',
      operation({
        name: 'listGateways',
        summary: 'Gateways heard since the start, or noted down',
        access: allow.viewer('read'),
        responses: { 200: { description: 'All gateways', pageOf: 'Gateway' } },
      }),
      (c) => c.json({ items: gatewayList(services) }),
    )
    .get(
      '/gateways/:gatewayId',
      operation({
        name: 'getGateway',
        summary: 'One gateway',
        access: allow.viewer('read'),
        responses: { 200: { description: 'The gateway', shape: 'Gateway' }, ...missing },
      }),
      (c) => c.json(one(services, c.req.param('gatewayId'))),
    )
    .put(
      '/gateways/:gatewayId',
      operation({
        name: 'putGateway',
        summary:
          'Notes down name, place and antenna of a gateway, heard or not; all that was noted is replaced',
        access: allow.technician('write'),
        responses: {
          200: { description: 'As it is now', shape: 'Gateway' },
          404: { description: 'The name is none of a gateway: 16 hex digits' },
          409: { description: 'There are as many as can be' },
          ...meanwhile,
        },
      }),
      jsonBody(noteBody),
      (c) => {
        const gatewayId = idOf(c.req.param('gatewayId'));
        const notes = documents.all('gateway');
        refuseChanged(c.req.header('if-match'), notes.get(gatewayId));
        if (!notes.has(gatewayId) && notes.size >= MAX_NOTES) throw tooMany();
        documents.put('gateway', gatewayId, c.req.valid('json'));
        return c.json(one(services, gatewayId));
      },
    )
    .delete(
      '/gateways/:gatewayId',
      operation({
        name: 'deleteGateway',
        summary: 'Forgets what was noted down; a gateway that is heard stays in the list',
        access: allow.technician('write'),
        responses: { 204: { description: 'Forgotten' }, ...missing, ...meanwhile },
      }),
      (c) => {
        const gatewayId = idOf(c.req.param('gatewayId'));
        const note = documents.all('gateway').get(gatewayId);
        refuseChanged(c.req.header('if-match'), note);
        if (!note) throw unknownGateway();
        documents.remove('gateway', gatewayId);
        return c.body(null, 204);
      },
    );
}

function idOf(text: string): string {
  const id = text.toLowerCase();
  if (!/^[0-9a-f]{16}$/.test(id)) throw unknownGateway();
  return id;
}

function one(services: Services, text: string): GatewayView {
  const found = gatewayOf(services, idOf(text));
  if (!found) throw unknownGateway();
  return found;
}

/** Two people may write at the same gateway: who changes it says by `If-Match` what was looked at. */
function refuseChanged(ifMatch: string | undefined, note: GatewayNote | undefined): void {
  if (ifMatch === undefined || isMeant(ifMatch, noteRevision(note))) return;
  throw new Problem({
    code: 'changed-meanwhile',
    title: 'Changed meanwhile',
    status: 412,
    detail:
      'Somebody else noted something down since you looked at it. Nothing was overwritten: look again and repeat.',
  });
}

function unknownGateway(): Problem {
  return new Problem({
    code: 'unknown-gateway',
    title: 'No such gateway',
    status: 404,
    detail: 'Nobody heard it since the start or has noted it down. Its name is its EUI, 16 hex digits.',
  });
}

function tooMany(): Problem {
  return new Problem({
    code: 'too-many-gateways',
    title: 'As many as can be',
    status: 409,
    detail: `At most ${MAX_NOTES} gateways can be noted down. Remove some that are gone.`,
  });
}
