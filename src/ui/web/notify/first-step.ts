/** What has to be done first before anybody is told of an alarm, and to whom a route leads. Pure. */
import type { NotifyGroupView, NotifyPersonView, NotifyRouteView, NotifyView } from '../../shapes/notify.ts';

export interface Book {
  readonly people: readonly NotifyPersonView[];
  readonly groups: readonly NotifyGroupView[];
  readonly routes: readonly NotifyRouteView[];
}

/** `mail`: no mail server. `people`: nobody there. `addresses`: nobody can be reached. `routes`: nobody is told of anything. */
export type FirstStep = 'mail' | 'people' | 'addresses' | 'routes';

/** The first thing missing; undefined where somebody is told. Whoever is told otherwise needs no mail server. */
export function firstStep(
  channels: NotifyView['channels'],
  { people, routes }: Pick<Book, 'people' | 'routes'>,
): FirstStep | undefined {
  const addresses = people.flatMap((one) => one.addresses);
  const mail = channels.find(({ channel }) => channel === 'email');
  const hasMail = mail !== undefined && mail.server !== '';
  const isOtherwise =
    channels.some(({ channel, state }) => channel === 'webhook' && state !== 'not_configured') ||
    addresses.some(({ channel }) => channel !== 'email');
  if (!hasMail && !isOtherwise) return 'mail';
  if (people.length === 0) return 'people';
  if (addresses.length === 0) return 'addresses';
  return routes.some(({ enabled }) => enabled) ? undefined : 'routes';
}

/** The name of 'person:ada'; as it is written where it is gone. */
export function recipientName(
  { people, groups }: Pick<Book, 'people' | 'groups'>,
  recipient: string,
): string {
  const [kind, id] = recipient.split(':');
  const of: readonly { readonly id: string; readonly name: string }[] = kind === 'person' ? people : groups;
  return of.find((one) => one.id === id)?.name ?? recipient;
}
