/** People, groups and routes over the API: who is told of alarms, and when. Two people may have the same one open: who changes it says which state of it. */
import { type Context, Hono } from 'hono';
import type {
  NotifyGroup,
  NotifyInputs,
  NotifyKind,
  NotifyKinds,
  NotifyPerson,
  NotifyRoute,
} from '../../model/notify.ts';
import type { NotifyRefusal, NotifyService } from '../../model/notify-service.ts';
import { allow } from '../access/access-rule.ts';
import { callerName } from '../http/audited.ts';
import type { Env } from '../http/env.ts';
import { jsonBody } from '../http/input.ts';
import { placedError } from '../http/input-error.ts';
import { operation } from '../http/operation.ts';
import { notFound, Problem } from '../http/problem.ts';
import type { NotifyGroupView, NotifyPersonView, NotifyRouteView } from '../shapes/notify.ts';
import { groupInput, notifyId, personInput, routeInput } from '../shapes/notify-input.ts';
import { iso } from '../shapes/part-views.ts';
import { countedRevision } from '../shapes/revision.ts';
import type { Services } from './services.ts';

const conflicts = {
  409: { description: 'There are as many as can be, or others name it' },
  412: { description: 'Changed since the state If-Match names' },
  428: { description: 'If-Match, or If-None-Match: * for a new one, is missing' },
};
const missing = { 404: { description: 'There is none' } };
const changing = { access: allow.technician('write') };
const looking = { access: allow.viewer('read') };

export function notifyBookRoutes(services: Services) {
  return new Hono<Env>()
    .route('/', peopleRoutes(services))
    .route('/', groupRoutes(services))
    .route('/', routeRoutes(services));
}

function peopleRoutes(services: Services) {
  return new Hono<Env>()
    .get(
      '/notify/people',
      operation({
        ...{ name: 'listNotifyPeople', summary: 'People who can be told of alarms', ...looking },
        responses: { 200: { description: 'All of them', pageOf: 'NotifyPerson' } },
      }),
      (c) => c.json({ items: [...notifyOf(services).book().people.values()].map(personView) }),
    )
    .put(
      '/notify/people/:id',
      operation({
        ...{ name: 'putNotifyPerson', summary: 'Adds or changes somebody', ...changing },
        responses: { ...answersOf('NotifyPerson'), ...conflicts },
      }),
      jsonBody(personInput),
      (c) => {
        const { value, isNew } = put(services, c, 'person', c.req.valid('json'));
        return c.json(personView(value), isNew ? 201 : 200, tagOf(value));
      },
    )
    .delete(
      '/notify/people/:id',
      operation({
        ...{ name: 'deleteNotifyPerson', summary: 'Removes somebody whom nothing names', ...changing },
        responses: { 204: { description: 'Removed' }, ...missing, ...conflicts },
      }),
      (c) => remove(services, c, 'person'),
    );
}

function groupRoutes(services: Services) {
  return new Hono<Env>()
    .get(
      '/notify/groups',
      operation({
        ...{ name: 'listNotifyGroups', summary: 'Groups of people', ...looking },
        responses: { 200: { description: 'All of them', pageOf: 'NotifyGroup' } },
      }),
      (c) => c.json({ items: [...notifyOf(services).book().groups.values()].map(groupView) }),
    )
    .put(
      '/notify/groups/:id',
      operation({
        ...{ name: 'putNotifyGroup', summary: 'Adds or changes a group', ...changing },
        responses: { ...answersOf('NotifyGroup'), ...conflicts },
      }),
      jsonBody(groupInput),
      (c) => {
        const { value, isNew } = put(services, c, 'group', c.req.valid('json'));
        return c.json(groupView(value), isNew ? 201 : 200, tagOf(value));
      },
    )
    .delete(
      '/notify/groups/:id',
      operation({
        ...{ name: 'deleteNotifyGroup', summary: 'Removes a group that no route names', ...changing },
        responses: { 204: { description: 'Removed' }, ...missing, ...conflicts },
      }),
      (c) => remove(services, c, 'group'),
    );
}

function routeRoutes(services: Services) {
  return new Hono<Env>()
    .get(
      '/notify/routes',
      operation({
        ...{ name: 'listNotifyRoutes', summary: 'Which alarms go to whom, and when', ...looking },
        responses: { 200: { description: 'All of them', pageOf: 'NotifyRoute' } },
      }),
      (c) => c.json({ items: [...notifyOf(services).book().routes.values()].map(routeView) }),
    )
    .put(
      '/notify/routes/:id',
      operation({
        ...{ name: 'putNotifyRoute', summary: 'Adds or changes a route', ...changing },
        responses: { ...answersOf('NotifyRoute'), ...conflicts },
      }),
      jsonBody(routeInput),
      (c) => {
        const { value, isNew } = put(services, c, 'route', c.req.valid('json'));
        return c.json(routeView(value), isNew ? 201 : 200, tagOf(value));
      },
    )
    .delete(
      '/notify/routes/:id',
      operation({
        ...{ name: 'deleteNotifyRoute', summary: 'Removes a route', ...changing },
        responses: { 204: { description: 'Removed' }, ...missing, ...conflicts },
      }),
      (c) => remove(services, c, 'route'),
    );
}

function answersOf(shape: string) {
  return { 200: { description: 'Changed', shape }, 201: { description: 'Added', shape } };
}

function put<Kind extends NotifyKind>(
  services: Services,
  c: Context<Env>,
  kind: Kind,
  input: NotifyInputs[Kind],
): { readonly value: NotifyKinds[Kind]; readonly isNew: boolean } {
  const outcome = notifyOf(services).put(kind, idOf(c), input, revisionOf(c, true), callerName(c.var.caller));
  if ('refused' in outcome) throw problemOf(outcome);
  return outcome;
}

function remove(services: Services, c: Context<Env>, kind: NotifyKind) {
  const outcome = notifyOf(services).remove(kind, idOf(c), revisionOf(c, false));
  if ('refused' in outcome) throw problemOf(outcome);
  return c.body(null, 204);
}

function idOf(c: Context<Env>): string {
  const read = notifyId.safeParse(c.req.param('id'));
  if (!read.success) throw notFound();
  return read.data;
}

const personView = ({ changedMs, ...rest }: NotifyPerson): NotifyPersonView => ({
  ...rest,
  addresses: [...rest.addresses] as NotifyPersonView['addresses'],
  quiet: rest.quiet && { ...rest.quiet, windows: [...rest.quiet.windows] },
  changed: iso(changedMs),
});

const groupView = ({ changedMs, ...rest }: NotifyGroup): NotifyGroupView => ({
  ...rest,
  members: [...rest.members],
  changed: iso(changedMs),
});

const routeView = ({ changedMs, ...rest }: NotifyRoute): NotifyRouteView => ({
  ...rest,
  priorities: [...rest.priorities],
  areas: rest.areas && [...rest.areas],
  rules: rest.rules && [...rest.rules],
  hours: rest.hours && [...rest.hours],
  to: [...rest.to],
  channels: rest.channels && [...rest.channels],
  escalate: rest.escalate.map(({ afterMinutes, to }) => ({ afterMinutes, to: [...to] })),
  changed: iso(changedMs),
});

function tagOf({ revision }: { readonly revision: number }) {
  return { etag: `"${revision}"` };
}

/** 0 for a new one. */
function revisionOf(c: Context<Env>, mayBeNew: boolean): number {
  if (mayBeNew && c.req.header('if-none-match')?.trim() === '*') return 0;
  const revision = countedRevision(c.req.header('if-match'));
  if (revision !== undefined) return revision;
  throw new Problem({
    ...{ code: 'precondition-required', title: 'Which one is meant?', status: 428 },
    detail: 'Say by If-Match: "<revision>" which state you looked at, or by If-None-Match: * that it is new.',
  });
}

export function notifyOf({ notify }: Services): NotifyService {
  if (!notify) throw notFound();
  return notify;
}

const PROBLEMS = {
  unknown: { code: 'not-found', title: 'Nothing here', status: 404 },
  stale: { code: 'changed-meanwhile', title: 'Changed meanwhile', status: 412 },
  invalid: { code: 'invalid-body', title: 'The body has mistakes', status: 422 },
  'too-many': { code: 'full', title: 'As many as can be', status: 409 },
  'in-use': { code: 'notify-in-use', title: 'Others name it', status: 409 },
  busy: { code: 'busy', title: 'Too much at once', status: 503 },
} as const;

export function problemOf({ refused, detail, errors }: NotifyRefusal): Problem {
  return new Problem({
    ...PROBLEMS[refused],
    detail,
    ...(errors ? { errors: errors.map(placedError) } : {}),
  });
}
