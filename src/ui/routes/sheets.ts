/** Drawings of the site: what lies on them. The drawing behind one is the picture of kind `sheet` of the same id. */
import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import { tell } from '../../model/said.ts';
import { isSheetId, type Sheets } from '../../store/sheets.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { jsonBody } from '../http/input.ts';
import { toldError } from '../http/input-error.ts';
import { operation } from '../http/operation.ts';
import { notFound, Problem } from '../http/problem.ts';
import { isMeant } from '../shapes/revision.ts';
import { type SheetInput, sheetBody } from '../shapes/sheet-input.ts';
import type { SheetView } from '../shapes/sheets.ts';
import type { Services } from './services.ts';

const MAX_SHEETS = 50;
const missing = { 404: { description: 'There is none' } };

export function sheetRoutes({ sheets, pictures }: Pick<Services, 'sheets' | 'pictures'>) {
  const inTurn = createTurns();
  return new Hono<Env>()
    .get(
      '/sheets',
      operation({
        name: 'listSheets',
        summary: 'Drawings of the site, with what lies on them',
        access: allow.viewer('read'),
        responses: { 200: { description: 'All of them', pageOf: 'Sheet' } },
      }),
      async (c) => c.json({ items: await allOf(sheets) }),
    )
    .put(
      '/sheets/:id',
      operation({
        name: 'putSheet',
        summary: 'Adds or replaces a drawing; with If-Match only the revision that was seen',
        access: allow.technician('write'),
        responses: {
          200: { description: 'It is so', shape: 'Sheet' },
          409: { description: 'There are as many as can be' },
          412: { description: 'Somebody else has changed it meanwhile' },
          422: { description: 'Two items have one id' },
          ...missing,
        },
      }),
      jsonBody(sheetBody),
      async (c) => {
        const id = idOf(c.req.param('id'));
        const body = c.req.valid('json');
        const seen = c.req.header('if-match');
        return c.json(await inTurn(() => put(sheets, id, body, seen)));
      },
    )
    .delete(
      '/sheets/:id',
      operation({
        name: 'deleteSheet',
        summary: 'Removes a drawing with its picture',
        access: allow.technician('write'),
        responses: { 204: { description: 'Removed' }, ...missing },
      }),
      async (c) => {
        const id = idOf(c.req.param('id'));
        await inTurn(async () => {
          if ((await sheets.read(id)) === undefined) throw notFound();
          await sheets.remove(id);
          await pictures.remove('sheet', id);
        });
        return c.body(null, 204);
      },
    );
}

/** One after the other: between looking and writing nobody else writes. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(act: () => Promise<T>): Promise<T> => {
    const mine = last.then(act, act);
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** What cannot be read is left out: somebody else has written into the file. */
async function allOf(sheets: Sheets): Promise<SheetView[]> {
  const found: SheetView[] = [];
  for (const id of (await sheets.list()).slice(0, MAX_SHEETS)) {
    const view = viewOf(id, (await sheets.read(id)) ?? '');
    if (view) found.push(view);
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function put(
  sheets: Sheets,
  id: string,
  body: SheetInput,
  seen: string | undefined,
): Promise<SheetView> {
  const old = await sheets.read(id);
  if (old === undefined && (await sheets.list()).length >= MAX_SHEETS) throw full();
  if (seen !== undefined && !isMeant(seen, old === undefined ? '' : revisionOf(old))) throw changed();
  if (new Set(body.items.map((item) => item.id)).size < body.items.length) throw sameIds();
  const text = JSON.stringify(body);
  await sheets.write(id, text);
  return { id, ...body, revision: revisionOf(text) };
}

function viewOf(id: string, text: string): SheetView | undefined {
  try {
    const read = sheetBody.safeParse(JSON.parse(text));
    return read.success ? { id, ...read.data, revision: revisionOf(text) } : undefined;
  } catch {
    return undefined;
  }
}

function revisionOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

function idOf(id: string): string {
  if (!isSheetId(id)) throw notFound();
  return id;
}

function full(): Problem {
  return new Problem({
    ...{ code: 'full', title: 'No room', status: 409 },
    detail: `There are ${MAX_SHEETS} drawings, as many as can be.`,
  });
}

function changed(): Problem {
  return new Problem({
    ...{ code: 'changed-meanwhile', title: 'Changed meanwhile', status: 412 },
    detail:
      'Somebody else has changed the drawing since it was opened here. Load it again and make your change anew.',
  });
}

function sameIds(): Problem {
  const told = tell('given.twoIds');
  return new Problem({
    ...{ code: 'invalid-body', title: 'The body has mistakes', status: 422 },
    ...{ detail: 'See errors for each place.', errors: [{ pointer: '/items', ...toldError(told) }] },
  });
}
