/** State of the box, and the devices it hears and does not know. */
import { Hono } from 'hono';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import type { Operation } from '../http/openapi.ts';
import { operation } from '../http/operation.ts';
import { statusView, unknownDeviceView } from '../shapes/views.ts';
import type { Services } from './services.ts';

const LIST_UNKNOWN: Operation = {
  name: 'listUnknownDevices',
  summary: 'Frames of devices this site does not know, or knows under other keys',
  access: allow.viewer('read'),
  responses: {
    200: { description: 'One item a DevAddr, or a DevEUI that asked to join', pageOf: 'UnknownDevice' },
  },
};

export function statusRoutes({ status, unknownDevices: strangers }: Services) {
  return new Hono<Env>()
    .get(
      '/status',
      operation({
        name: 'getStatus',
        summary: 'State of the box and of what it delivers to',
        access: allow.viewer('read'),
        responses: { 200: { description: 'The state now', shape: 'Status' } },
      }),
      (c) => c.json(statusView(status())),
    )
    .get('/unknown-devices', operation(LIST_UNKNOWN), (c) =>
      c.json({ items: strangers().map(unknownDeviceView) }),
    )
    .get(
      '/strangers',
      operation({
        ...LIST_UNKNOWN,
        name: 'listStrangers',
        summary: 'The old name of /api/v1/unknown-devices',
        deprecated: true,
      }),
      (c) => c.json({ items: strangers().map(unknownDeviceView) }),
    );
}
