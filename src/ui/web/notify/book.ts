/** People, groups and routes as the pages need them together: names stand for ids everywhere. */
import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { api, ask, type Outcome, type Refusal } from '../call.ts';
import type { Book } from './first-step.ts';

export interface AskedBook {
  /** Undefined before it has come. */
  readonly book: Signal<Book | undefined>;
  readonly refused: Signal<Refusal | undefined>;
}

/** Fetched once for a page. */
export function useBook(): AskedBook {
  const book = useSignal<Book | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  useEffect(() => {
    void fetchBook().then(({ value, refusal }) => {
      book.value = value;
      refused.value = refusal;
    });
  }, []);
  return { book, refused };
}

export async function fetchBook(): Promise<Outcome<Book>> {
  const [people, groups, routes] = await Promise.all([
    ask(api.notify.people.$get()),
    ask(api.notify.groups.$get()),
    ask(api.notify.routes.$get()),
  ]);
  if (!people.value) return people;
  if (!groups.value) return groups;
  if (!routes.value) return routes;
  return {
    value: { people: people.value.items, groups: groups.value.items, routes: routes.value.items },
  };
}
