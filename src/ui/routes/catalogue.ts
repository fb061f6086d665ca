/** The device catalogue over the API: what is in it, models by words or by a device's code, a model taken into the site. */

import { Hono } from 'hono';
import * as z from 'zod/mini';
import {
  CATALOGUE_SOURCES,
  type CatalogueModel,
  type CatalogueState,
  isCatalogueWord,
  type ModelKey,
  type TakeRefusal,
} from '../../model/device-catalogue.ts';
import type { ProblemCode } from '../../model/problem-codes.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { jsonBody, query } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { Problem } from '../http/problem.ts';
import {
  type CatalogueView,
  catalogueImportBody,
  type ModelsFoundView,
  type ModelView,
  modelWishBody,
} from '../shapes/catalogue.ts';
import { maybe } from '../shapes/describe.ts';
import { hex, number, raw } from '../shapes/inputs.ts';
import { iso } from '../shapes/views.ts';
import type { Services } from './services.ts';

type Needs = Pick<Services, 'catalogue'>;

const searchParams = z.object({
  words: raw(200, 'All of them have to be in maker, model or description'),
  vendorId: maybe(hex(4), 'Of a TR005 code'),
  modelId: maybe(hex(4), 'Of a TR005 code, beside vendorId'),
  limit: z._default(number(1, 200), 50),
});

const missing = { 404: { description: 'No such model' } };

export function catalogueRoutes(services: Needs) {
  return new Hono<Env>().route('/', readRoutes(services)).route('/', changeRoutes(services));
}

function readRoutes({ catalogue }: Needs) {
  return new Hono<Env>()
    .get(
      '/catalogue',
      operation({
        name: 'getCatalogue',
        summary: 'What the device catalogue of the box holds, and how an import goes',
        access: allow.viewer('read'),
        responses: { 200: { description: 'The catalogue', shape: 'Catalogue' } },
      }),
      (c) => c.json(stateView(catalogue.state())),
    )
    .get(
      '/catalogue/models',
      operation({
        name: 'searchModels',
        summary: "Makers' models by words, or by the numbers in a device's code",
        access: allow.viewer('read'),
        responses: { 200: { description: 'Models', shape: 'ModelsFound' } },
      }),
      query(searchParams),
      (c) => c.json(found(catalogue, c.req.valid('query'))),
    )
    .get(
      '/catalogue/models/:source/:vendor/:model',
      operation({
        name: 'getModel',
        summary: 'One model: its radio for each region and firmware, its scripts, their licence',
        access: allow.viewer('read'),
        responses: { 200: { description: 'The model', shape: 'CatalogueModel' }, ...missing },
      }),
      (c) => {
        const key = keyOf(c.req.param());
        const model = key && catalogue.model(key);
        if (!model) throw unknownModel();
        return c.json(modelView(catalogue, model));
      },
    );
}

function changeRoutes({ catalogue }: Needs) {
  return new Hono<Env>()
    .post(
      '/catalogue/import',
      operation({
        name: 'importCatalogue',
        summary: 'Reads a collection of makers and models from a file that was brought by an upload',
        access: allow.admin('admin'),
        responses: {
          202: { description: 'It has begun; GET /catalogue says how far it is', shape: 'Catalogue' },
          404: { description: 'No such upload, or not all of it is there' },
          409: { description: 'Another import goes on' },
        },
      }),
      jsonBody(catalogueImportBody),
      (c) => {
        const begun = catalogue.begin(c.req.valid('json').upload);
        if (begun === 'busy') throw busy();
        if (begun === 'unknown') throw unknownUpload();
        return c.json(stateView(catalogue.state()), 202);
      },
    )
    .delete(
      '/catalogue',
      operation({
        name: 'deleteCatalogue',
        summary: 'Removes the device catalogue; profiles and codecs that were made of it stay',
        access: allow.admin('admin'),
        responses: {
          204: { description: 'Removed' },
          404: { description: 'There is none' },
          409: { description: 'An import goes on' },
        },
      }),
      (c) => {
        const removed = catalogue.remove();
        if (removed === 'busy') throw busy();
        if (removed === 'none') throw unknownModel();
        return c.body(null, 204);
      },
    )
    .post(
      '/catalogue/models/:source/:vendor/:model/take',
      operation({
        name: 'takeModel',
        summary: 'Makes a profile and a codec of a model; taken again it is the same profile',
        access: allow.technician('write'),
        responses: {
          200: { description: 'It had been taken before', shape: 'TakenModel' },
          201: { description: 'Made', shape: 'TakenModel' },
          ...missing,
          409: { description: 'There are as many profiles as can be' },
          422: { description: 'It is not made for the region' },
        },
      }),
      jsonBody(modelWishBody),
      async (c) => {
        const key = keyOf(c.req.param());
        if (!key) throw unknownModel();
        const { region, firmware } = c.req.valid('json');
        const wish = {
          ...(region === undefined ? {} : { region }),
          ...(firmware === undefined ? {} : { firmware }),
        };
        const taken = await catalogue.take(key, wish);
        if ('refused' in taken) throw refusal(taken);
        c.var.tell({ profile: taken.profile, codec: taken.codec });
        return c.json({ ...taken, notes: [...taken.notes], told: [...taken.told] }, taken.isNew ? 201 : 200);
      },
    );
}

function keyOf({ source, vendor, model }: Readonly<Record<string, string>>): ModelKey | undefined {
  const known = CATALOGUE_SOURCES.find((one) => one === source);
  if (!known || !vendor || !model || !isCatalogueWord(vendor) || !isCatalogueWord(model)) return undefined;
  return { source: known, vendor, model };
}

function found(
  catalogue: Needs['catalogue'],
  { words, vendorId, modelId, limit }: z.output<typeof searchParams>,
): ModelsFoundView {
  const { items, total } = catalogue.search({
    limit,
    ...(words === undefined ? {} : { words }),
    ...(vendorId === undefined ? {} : { vendorNumber: Number.parseInt(vendorId, 16) }),
    ...(vendorId === undefined || modelId === undefined ? {} : { profileId: Number.parseInt(modelId, 16) }),
  });
  return { items: items.map((one) => ({ ...one, regions: [...one.regions] })), total };
}

function modelView(catalogue: Needs['catalogue'], model: CatalogueModel): ModelView {
  const names = [...new Set(model.variants.flatMap(({ codec }) => codec ?? []))];
  const codecs = names.flatMap((name) => {
    const codec = catalogue.codec(model, name);
    return codec ? [{ name, source: codec.source, examples: codec.examples.length }] : [];
  });
  const licence = catalogue.state().summary?.imports.find(({ source }) => source === model.source)?.licence;
  // What is left out is not there: the schema's types only say `undefined`.
  return { ...model, codecs, ...(licence === undefined ? {} : { licence }) } as ModelView;
}

function stateView({ summary, importing, last }: CatalogueState): CatalogueView {
  const { models = 0, vendors = 0, codecs = 0, bytes = 0, imports = [] } = summary ?? {};
  return {
    ...{ models, vendors, codecs, bytes },
    imports: imports.map(({ importedMs, ...one }) => ({ ...one, imported: iso(importedMs) })),
    ...(importing ? { importing: { file: importing.file, ...importing.progress } } : {}),
    ...(last ? { last: lastView(last) } : {}),
  };
}

function lastView({
  file,
  endedMs,
  outcome,
}: NonNullable<CatalogueState['last']>): NonNullable<CatalogueView['last']> {
  const ended = iso(endedMs);
  if (outcome.kind === 'refused') return { file, ended, refused: outcome.problem, said: outcome.said };
  const { models, codecs, passedOver, problems, problemCount } = outcome;
  return { file, ended, models, codecs, passedOver, problems: [...problems], problemCount };
}

function unknownModel(): Problem {
  return new Problem({
    code: 'model-unknown',
    title: 'No such model',
    status: 404,
    detail: 'The device catalogue of the box does not have it. GET /api/v1/catalogue says what it holds.',
  });
}

function unknownUpload(): Problem {
  return new Problem({
    code: 'upload-unknown',
    title: 'No such upload',
    status: 404,
    detail: 'Bring the file first, all of it: POST /api/v1/uploads with the kind catalogue.',
  });
}

function busy(): Problem {
  return new Problem({
    code: 'busy',
    title: 'Too much at once',
    status: 409,
    detail: 'Another file is being read into the catalogue. Wait until it is done.',
  });
}

const REFUSALS = {
  unknown: { code: 'model-unknown', status: 404 },
  'not-possible': { code: 'model-not-possible', status: 422 },
  full: { code: 'too-many-profiles', status: 409 },
} as const satisfies Record<TakeRefusal['refused'], { readonly code: ProblemCode; readonly status: number }>;

function refusal({ refused, detail, said }: TakeRefusal): Problem {
  return new Problem({ title: 'Not taken', ...REFUSALS[refused], detail, ...(said ? { said } : {}) });
}
