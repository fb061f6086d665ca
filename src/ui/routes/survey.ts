/**
 * The survey over the API: somebody walks about with a device, and marks where it was heard how well. What is marked is taken out of
 * the log, not of what a phone says. Floor plans are pictures of the kind plan.
 */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { marginDb } from '../../model/link-margin.ts';
import { uplinkBody } from '../../model/record.ts';
import type { SurveySample, SurveySpot } from '../../model/site-document.ts';
import { AS_WRITTEN } from '../../model/time.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { jsonBody } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { Problem } from '../http/problem.ts';
import { about, maybe } from '../shapes/describe.ts';
import { devEui, geoPosition, text } from '../shapes/inputs.ts';
import type { SurveySpotView } from '../shapes/survey.ts';
import { spotTable, spotView } from '../shapes/survey-views.ts';
import { unknownDevice } from './devices.ts';
import type { Services } from './services.ts';

const MAX_SPOTS = 500;
/** The newest of a spot. */
const MAX_SAMPLES = 20;
/** Records of the device looked at. */
const LOOKED_AT = 100;

const share = z.number().check(z.gte(0), z.lte(1));

const spotBody = z.strictObject({
  device: about(devEui, 'The device that is carried about'),
  label: about(text(100), 'What the place is called'),
  since: about(
    z.iso.datetime({ offset: true }),
    'Readings from then on are of this spot; the newest 20 are kept',
  ),
  note: z.optional(text(500)),
  plan: maybe(
    z.strictObject({
      name: z.string().check(z.regex(/^[a-z0-9-]{1,64}$/, 'must be the name of a picture')),
      x: share,
      y: share,
    }),
    'Where on a picture of the kind plan: shares of its width and height from the upper left',
  ),
  position: z.optional(geoPosition),
});

type SpotInput = z.output<typeof spotBody>;

export function surveyRoutes(services: Services) {
  const { documents } = services.store;
  return new Hono<Env>()
    .get(
      '/survey/spots',
      operation({
        name: 'listSurveySpots',
        summary: 'Where devices were carried to and how well they were heard there, newest first',
        access: allow.viewer('read'),
        responses: { 200: { description: 'All spots', pageOf: 'SurveySpot' } },
      }),
      (c) => c.json({ items: spotsOf(services) }),
    )
    .post(
      '/survey/spots',
      operation({
        name: 'createSurveySpot',
        summary: 'Marks a spot, with the readings the device has sent there',
        access: allow.technician('write'),
        responses: {
          201: { description: 'The spot', shape: 'SurveySpot' },
          404: { description: 'The device is not known' },
          409: { description: 'It was not heard since, or there are as many spots as can be' },
        },
      }),
      jsonBody(spotBody),
      (c) => c.json(mark(services, c.req.valid('json')), 201),
    )
    .get(
      '/survey/spots/export',
      operation({
        name: 'exportSurveySpots',
        summary: 'All spots as CSV, newest first',
        access: allow.operator('read'),
        responses: { 200: { description: 'The file', contentType: 'text/csv' } },
      }),
      (c) =>
        c.body(spotTable(spotsOf(services)), 200, {
          'content-type': 'text/csv; charset=utf-8',
          'content-disposition': 'attachment; filename="survey.csv"',
        }),
    )
    .delete(
      '/survey/spots/:id',
      operation({
        name: 'deleteSurveySpot',
        summary: 'Removes a spot',
        access: allow.technician('write'),
        responses: { 204: { description: 'Removed' }, 404: { description: 'No such spot' } },
      }),
      (c) => {
        if (!documents.remove('survey-spot', c.req.param('id'))) throw unknownSpot();
        return c.body(null, 204);
      },
    );
}

function spotsOf({ store }: Services): SurveySpotView[] {
  const spots = [...store.documents.all('survey-spot')].map(([id, spot]) => spotView(id, spot));
  return spots.sort((a, b) => b.time.localeCompare(a.time));
}

function mark(services: Services, input: SpotInput): SurveySpotView {
  const { store, world, nowMs = world.clock.nowMs } = services;
  const { device: eui, since, ...rest } = input;
  const device = store.devices.get(eui);
  if (!device) throw unknownDevice();
  const spots = store.documents.all('survey-spot');
  if (spots.size >= MAX_SPOTS) throw tooMany();
  const heard = samplesSince(services, eui, Date.parse(since));
  if (heard.samples.length === 0) throw notHeard();
  const spot: SurveySpot = { ...rest, ...heard, timeMs: nowMs(), device: eui, deviceName: device.name };
  const id = Math.floor(world.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
  store.documents.put('survey-spot', id, spot);
  return spotView(id, spot);
}

/** The newest readings of the device, and how many between them nobody heard, by their counters. */
function samplesSince(
  { store, timeOf = AS_WRITTEN.timeOf }: Services,
  device: string,
  sinceMs: number,
): Pick<SurveySpot, 'samples' | 'missed'> {
  const samples: SurveySample[] = [];
  const counters: number[] = [];
  for (const record of store.log.ofDevice(device, Number.MAX_SAFE_INTEGER, LOOKED_AT)) {
    if (record.kind !== 'uplink') continue;
    const { timeMs } = timeOf(record);
    if (timeMs < sinceMs || samples.length >= MAX_SAMPLES) break;
    const { rx, dr, fCnt } = uplinkBody(record);
    const [best] = rx;
    const margin = best && marginDb(best.snr, dr);
    if (!best || margin === undefined) continue;
    const { gw: gatewayId, rssi, snr } = best;
    samples.push({ timeMs, marginDb: margin, gatewayId, rssi, snr, dataRate: dr, gateways: rx.length });
    counters.push(fCnt);
  }
  const [newest = 0] = counters;
  const between = newest - (counters.at(-1) ?? newest) + 1 - counters.length;
  return { samples: samples.reverse(), missed: Math.max(0, between) };
}

function unknownSpot(): Problem {
  return new Problem({
    code: 'unknown-spot',
    title: 'No such spot',
    status: 404,
    detail: 'It may be removed.',
  });
}

function notHeard(): Problem {
  return new Problem({
    code: 'not-heard-here',
    title: 'Not heard here',
    status: 409,
    detail: 'No reading of the device has come since. Press its button, or wait for its next one.',
  });
}

function tooMany(): Problem {
  return new Problem({
    code: 'too-many-spots',
    title: 'As many as can be',
    status: 409,
    detail: `At most ${MAX_SPOTS} spots are kept. Export them and remove old ones.`,
  });
}
