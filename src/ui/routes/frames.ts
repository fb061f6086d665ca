/** The newest frames as they were on the air: listed, taken apart, saved. New ones come by the live view, `only=frames`. */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { captureLines } from '../../model/capture.ts';
import { FRAME_KINDS, type FrameService, type FrameSummary } from '../../model/frame.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { notOurCursor, query } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { Problem } from '../http/problem.ts';
import { maybe } from '../shapes/describe.ts';
import { frameDetailView, frameView } from '../shapes/frame-views.ts';
import { devEui, hex, number } from '../shapes/inputs.ts';
import { decodeCursor, encodeCursor, parseRecordId } from '../shapes/position.ts';
import type { Services } from './services.ts';

/** More than are kept. */
const ALL = 1_000;

const filter = {
  device: maybe(devEui, 'DevEUI; also frames that may be of it, by their address'),
  gateway: maybe(hex(16), 'Heard by it, or handed to it'),
  kind: z.optional(z.enum(FRAME_KINDS)),
  refused: maybe(
    z.string().check(z.maxLength(64)),
    '`any`: only such as were not let in; `none`: only others; else the reason',
  ),
};

const listParams = z.object({
  ...filter,
  limit: z._default(number(1, 500), 100),
  cursor: z.optional(z.string().check(z.maxLength(200))),
});
const exportParams = z.object(filter);

interface FrameFilter {
  readonly device?: string | undefined;
  readonly gateway?: string | undefined;
  readonly kind?: FrameSummary['kind'] | undefined;
  readonly refused?: string | undefined;
}

export function frameRoutes({ frames, status }: Services) {
  return new Hono<Env>()
    .get(
      '/frames',
      operation({
        name: 'listFrames',
        summary: 'The newest frames as they were heard and sent, newest first; some hundred are kept',
        access: allow.viewer('read'),
        responses: { 200: { description: 'A page of frames', pageOf: 'Frame' } },
      }),
      query(listParams),
      (c) => {
        const { limit, cursor, ...wanted } = c.req.valid('query');
        const before = cursor === undefined ? Number.POSITIVE_INFINITY : numberOf(cursor, frames.run);
        const found = newestFirst(frames, wanted).filter((frame) => frame.number < before);
        const page = found.slice(0, limit);
        const last = page.at(-1);
        const items = page.map((frame) => frameView(frames.run, frame));
        const nextCursor = last && encodeCursor(`${frames.run}-${last.number}`);
        return c.json(found.length > limit && nextCursor ? { items, nextCursor } : { items });
      },
    )
    .get(
      '/frames/export',
      operation({
        name: 'exportFrames',
        summary: 'The newest frames as a capture: NDJSON, oldest first, that the simulator can play again',
        access: allow.operator('read'),
        responses: { 200: { description: 'The capture', contentType: 'application/x-ndjson' } },
      }),
      query(exportParams),
      (c) => {
        const { site, nowMs } = status();
        const name = `frames-${new Date(nowMs).toISOString().slice(0, 19).replaceAll(':', '')}.ndjson`;
        return c.body(captureLines(site, newestFirst(frames, c.req.valid('query')).reverse()), 200, {
          'content-type': 'application/x-ndjson',
          'content-disposition': `attachment; filename="${name}"`,
        });
      },
    )
    .get(
      '/frames/:id',
      operation({
        name: 'getFrame',
        summary:
          'One frame to the bit, each part with the clause of the specification; in clear where there is a key',
        access: allow.viewer('read'),
        responses: {
          200: { description: 'The frame', shape: 'FrameDetail' },
          404: { description: 'Not kept any more, or never heard' },
        },
      }),
      (c) => {
        const position = parseRecordId(c.req.param('id'));
        const found = position?.epoch === frames.run ? frames.get(position.seq) : undefined;
        if (!found) throw goneFrame();
        return c.json(frameDetailView(frames.run, found));
      },
    );
}

function newestFirst(frames: FrameService, wanted: FrameFilter): FrameSummary[] {
  return frames
    .after(0, ALL)
    .filter((frame) => matches(frame, wanted))
    .sort((a, b) => b.number - a.number);
}

function matches(frame: FrameSummary, { device, gateway, kind, refused }: FrameFilter): boolean {
  const { sending, receptions } = frame;
  if (kind !== undefined && frame.kind !== kind) return false;
  if (device !== undefined && frame.devEui !== device && !frame.maybeOf?.includes(device)) return false;
  if (refused === 'any' ? frame.refused === undefined : refused === 'none' && frame.refused !== undefined)
    return false;
  if (refused !== undefined && refused !== 'any' && refused !== 'none' && frame.refused !== refused)
    return false;
  if (gateway === undefined) return true;
  return sending?.gatewayId === gateway || receptions.some(({ gatewayId }) => gatewayId === gateway);
}

/** Of another run nothing is left. */
function numberOf(cursor: string, run: number): number {
  const position = parseRecordId(decodeCursor(cursor) ?? '');
  if (!position) throw notOurCursor();
  return position.epoch === run ? position.seq : 0;
}

function goneFrame(): Problem {
  return new Problem({
    code: 'unknown-frame',
    title: 'No such frame',
    status: 404,
    detail: 'It is not kept any more: the newest few hundred frames since the start are.',
  });
}
