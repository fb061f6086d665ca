/** Backups: which there are, one more now, one as a file; and a restore, looked at first and carried out at a new start. */

import { Hono } from 'hono';
import type { HeldContents, RestoreState } from '../../model/care.ts';
import type { ProblemCode } from '../../model/problem-codes.ts';
import type { Told } from '../../model/said.ts';
import { allow } from '../access/access-rule.ts';
import { createDownloads } from '../http/download.ts';
import type { Env } from '../http/env.ts';
import { jsonBody } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { notFound, Problem } from '../http/problem.ts';
import {
  type BackupsView,
  type HeldView,
  previewBody,
  type RestoreView,
  restoreBody,
} from '../shapes/backups.ts';
import { iso } from '../shapes/views.ts';
import type { BackupCare, RestoreCare } from './care-services.ts';
import type { Services } from './services.ts';

const MAX_AT_ONCE = 1;

export function backupRoutes({ backups, world }: Pick<Services, 'backups' | 'world'>) {
  const downloads = createDownloads(world, MAX_AT_ONCE);
  return new Hono<Env>()
    .get(
      '/backups',
      operation({
        name: 'listBackups',
        summary: 'The backups of the box, newest first, and the one that is being made',
        access: allow.viewer('read'),
        responses: { 200: { description: 'The backups', shape: 'Backups' } },
      }),
      async (c) => c.json(await backupsView(backups)),
    )
    .post(
      '/backups',
      operation({
        name: 'makeBackup',
        summary: 'Begins a backup; listBackups says how far it is',
        access: allow.operator('operate'),
        responses: {
          202: { description: 'It has begun', shape: 'Backups' },
          409: { description: 'One is being made, or they are switched off' },
        },
      }),
      async (c) => {
        const begun = backups.begin();
        if (begun === 'off')
          throw conflict('backups-off', 'The box makes no backups: backup.enabled is false.');
        if (begun === 'busy') throw conflict('busy', 'A backup is being made already.');
        return c.json(await backupsView(backups), 202);
      },
    )
    .get(
      '/backups/:name/file',
      operation({
        name: 'getBackup',
        summary: 'A backup as one tar archive. It holds keys and users: as secret as the box',
        access: allow.admin('admin'),
        responses: {
          200: { description: 'The archive', contentType: 'application/x-tar' },
          404: { description: 'Not known' },
          503: { description: 'Another one is being fetched' },
        },
      }),
      async (c) => {
        const file = await backups.send(c.req.param('name'));
        if (!file) throw notFound();
        return downloads.send(c, { ...file, type: 'application/x-tar' });
      },
    );
}

export function restoreRoutes({ restoring }: Pick<Services, 'restoring'>) {
  return new Hono<Env>()
    .get(
      '/restore',
      operation({
        name: 'getRestore',
        summary: 'The backup that is looked at or put in place, and how the last restore ended',
        access: allow.admin('admin'),
        responses: { 200: { description: 'How far it is', shape: 'Restore' } },
      }),
      (c) => c.json(restoreView(restoring)),
    )
    .post(
      '/restore/preview',
      operation({
        name: 'previewRestore',
        summary:
          'Begins to check a backup of the box’s own or an uploaded one; getRestore says what it holds',
        access: allow.admin('admin'),
        responses: {
          202: { description: 'It is being checked', shape: 'Restore' },
          404: { description: 'No such backup, or an upload that is not whole' },
          409: { description: 'Another one is being checked' },
        },
      }),
      jsonBody(previewBody),
      async (c) => {
        const begun = await restoring.preview(c.req.valid('json'));
        if (begun === 'unknown') throw notFound();
        if (begun === 'busy') throw conflict('busy', 'Another backup is being checked.');
        return c.json(restoreView(restoring), 202);
      },
    )
    .post(
      '/restore',
      operation({
        name: 'restoreBackup',
        summary:
          'Puts the previewed backup in the place of the store: the box stops, does it, and starts anew',
        access: allow.admin('admin'),
        responses: {
          202: { description: 'The box starts anew', shape: 'Restore' },
          409: { description: 'Why not; nothing was changed' },
        },
      }),
      jsonBody(restoreBody),
      (c) => {
        const { id, allowEmpty = false } = c.req.valid('json');
        const objection = restoring.restore(id, allowEmpty);
        if (objection !== undefined) throw conflict('not-restored', objection.detail, objection.said);
        return c.json(restoreView(restoring), 202);
      },
    );
}

async function backupsView({ schedule, list, making }: BackupCare): Promise<BackupsView> {
  const [{ folder, backups, problem, said }, now] = await Promise.all([list(), making()]);
  return {
    folder,
    ...(problem === undefined ? {} : { problem, said }),
    schedule: scheduleView(schedule),
    ...(now ? { making: makingView(now) } : {}),
    items: backups.map(({ name, madeMs, note }) => ({
      name,
      made: iso(madeMs),
      ...(note
        ? {
            bytes: note.bytes,
            left: [...note.left],
            ...(note.version === undefined ? {} : { version: note.version }),
            ...(note.contents ? { contents: heldView(note.contents) } : {}),
          }
        : {}),
    })),
  };
}

/** Field by field: what is given may be the whole section of the settings, with the secret of the bucket in it. */
function scheduleView({ enabled, at, keepDaily, keepWeekly, keepMonthly }: BackupCare['schedule']) {
  return { enabled, at, keepDaily, keepWeekly, keepMonthly };
}

function makingView({ startedMs, ...bytes }: NonNullable<Awaited<ReturnType<BackupCare['making']>>>) {
  return { started: iso(startedMs), ...bytes };
}

function heldView({ epoch, records, oldestMs, newestMs, devices, hasLog }: HeldContents): HeldView {
  const when = (timeMs: number | null) => (timeMs === null ? null : iso(timeMs));
  return { epoch, records, oldest: when(oldestMs), newest: when(newestMs), devices, hasLog };
}

function restoreView({ state, last }: RestoreCare): RestoreView {
  const now = state();
  const before = last();
  return {
    state: now.kind,
    ...(now.kind === 'idle' ? {} : { name: now.name }),
    ...(now.kind === 'failed' ? { problem: now.problem } : {}),
    ...(now.kind === 'ready' ? { id: now.id, preview: previewView(now) } : {}),
    ...(before ? { last: lastView(before) } : {}),
  };
}

function lastView({ endedMs, problems, ...rest }: NonNullable<ReturnType<RestoreCare['last']>>) {
  return { ...rest, problems: [...problems], ended: iso(endedMs) };
}

function previewView({
  preview,
}: Extract<RestoreState, { kind: 'ready' }>): NonNullable<RestoreView['preview']> {
  const { problems, objection, madeMs, version, site, bytes, contents, hasUsers, hasKey, here } = preview;
  return {
    problems: [...problems],
    ...(objection === undefined ? {} : { objection }),
    ...(madeMs === undefined ? {} : { made: iso(madeMs) }),
    ...(version === undefined ? {} : { version }),
    ...(site === undefined ? {} : { site }),
    bytes,
    ...(contents ? { contents: heldView(contents) } : {}),
    hasUsers,
    hasKey,
    ...(here && 'said' in here ? { hereProblem: here } : here ? { here: heldView(here) } : {}),
  };
}

function conflict(code: ProblemCode, detail: string, said?: Told['said']): Problem {
  const told = said === undefined ? { detail } : { detail, said };
  return new Problem({ code, title: 'Not done', status: 409, ...told });
}
