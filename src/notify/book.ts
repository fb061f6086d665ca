/** People, groups and routes as the store keeps them: what one of them names must be there, and stays while it is named. */
import {
  NOTIFY_LIMITS,
  type NotifyBook,
  type NotifyInputs,
  type NotifyKind,
  type NotifyKinds,
  type NotifyRecipient,
} from '../model/notify.ts';
import type { NotifyRefusal } from '../model/notify-service.ts';
import { type Told, tell } from '../model/said.ts';
import type { Documents } from '../store/contract.ts';

type InputError = NonNullable<NotifyRefusal['errors']>[number];

export interface BookOptions {
  readonly documents: Documents;
  /** Names of the webhooks of the settings. */
  readonly webhooks: readonly string[];
  readonly nowMs: () => number;
}

export function bookOf(documents: Documents): NotifyBook {
  return {
    people: documents.all('notify-person'),
    groups: documents.all('notify-group'),
    routes: documents.all('notify-route'),
  };
}

export function putIntoBook<Kind extends NotifyKind>(
  { documents, webhooks, nowMs }: BookOptions,
  { kind, id, revision, by }: { kind: Kind; id: string; revision: number; by: string },
  input: NotifyInputs[Kind],
): { readonly value: NotifyKinds[Kind]; readonly isNew: boolean } | NotifyRefusal {
  const all = ofKind(documents, kind);
  const former = all.get(id);
  if ((former?.revision ?? 0) !== revision) return stale(former !== undefined);
  if (!former && all.size >= NOTIFY_LIMITS[kind])
    return { refused: 'too-many', detail: `There can be ${NOTIFY_LIMITS[kind]}. Remove some first.` };
  const errors = mistakes(bookOf(documents), webhooks, kind, input);
  if (errors.length > 0) return { refused: 'invalid', detail: 'See errors for each place.', errors };
  const kept = { id, revision: revision + 1, changedMs: nowMs(), changedBy: by };
  const value: NotifyKinds[NotifyKind] & NotifyInputs[Kind] = { ...input, ...kept } as NotifyKinds[Kind] &
    NotifyInputs[Kind];
  put(documents, kind, id, value);
  return { value: value as NotifyKinds[Kind], isNew: !former };
}

export function removeFromBook(
  { documents }: BookOptions,
  kind: NotifyKind,
  id: string,
  revision: number,
): { readonly done: true } | NotifyRefusal {
  const former = ofKind(documents, kind).get(id);
  if (!former) return { refused: 'unknown', detail: 'There is none of this name.' };
  if (former.revision !== revision) return stale(true);
  const users = namedBy(bookOf(documents), kind, id);
  if (users.length > 0)
    return { refused: 'in-use', detail: `It is named by ${users.join(', ')}. Take it out there first.` };
  documents.remove(`notify-${kind}`, id);
  return { done: true };
}

function ofKind<Kind extends NotifyKind>(
  documents: Documents,
  kind: Kind,
): ReadonlyMap<string, NotifyKinds[Kind]> {
  const all: { readonly [K in NotifyKind]: ReadonlyMap<string, NotifyKinds[K]> } = {
    person: documents.all('notify-person'),
    group: documents.all('notify-group'),
    route: documents.all('notify-route'),
  };
  return all[kind];
}

function put(documents: Documents, kind: NotifyKind, id: string, value: NotifyKinds[NotifyKind]): void {
  documents.put<`notify-${NotifyKind}`>(`notify-${kind}`, id, value);
}

function stale(isThere: boolean): NotifyRefusal {
  const detail = isThere
    ? 'Somebody else has changed it since it was opened here, or it is there already. Load it again.'
    : 'It is not there any more.';
  return { refused: 'stale', detail };
}

function mistakes<Kind extends NotifyKind>(
  { people, groups }: NotifyBook,
  webhooks: readonly string[],
  kind: Kind,
  input: NotifyInputs[Kind],
): InputError[] {
  const missing = (to: readonly NotifyRecipient[], at: string): InputError[] =>
    to.flatMap((one, index) => {
      const [what, id = ''] = one.split(':');
      const isThere = what === 'person' ? people.has(id) : groups.has(id);
      if (isThere) return [];
      return [
        mistake(`${at}/${index}`, tell(what === 'person' ? 'person.noPerson' : 'person.noGroup', { id })),
      ];
    });
  if ('addresses' in input)
    return input.addresses.flatMap((address, index) =>
      address.channel === 'webhook' && !webhooks.includes(address.webhook)
        ? [mistake(`/addresses/${index}/webhook`, tell('person.noWebhook', { webhook: address.webhook }))]
        : [],
    );
  if ('members' in input)
    return input.members.flatMap((id, index) =>
      people.has(id) ? [] : [mistake(`/members/${index}`, tell('person.noPerson', { id }))],
    );
  if (kind !== 'route' || !('escalate' in input)) return [];
  return [
    ...missing(input.to, '/to'),
    ...input.escalate.flatMap(({ to }, index) => missing(to, `/escalate/${index}/to`)),
  ];
}

function mistake(pointer: string, { detail, said }: Told): InputError {
  return { pointer, detail, said };
}

function namedBy({ groups, routes }: NotifyBook, kind: NotifyKind, id: string): string[] {
  if (kind === 'route') return [];
  const name = `${kind}:${id}`;
  const inGroups =
    kind === 'person' ? [...groups.values()].filter(({ members }) => members.includes(id)) : [];
  const inRoutes = [...routes.values()].filter(({ to, escalate }) =>
    [...to, ...escalate.flatMap((step) => step.to)].some((one) => one === name),
  );
  return [...inGroups, ...inRoutes].map((one) => one.name).slice(0, 5);
}
