/**
 * Pages that are fetched when they are opened first, so that the first one is there soon. A box that was upgraded meanwhile no
 * longer has the files of the old version: then the whole page is loaded again, once by itself, and a page that still cannot be
 * fetched says so.
 */
import { signal } from '@preact/signals';
import type { ComponentType, JSX } from 'preact';
import { learnMore } from './language.ts';
import { CONTENT_ID } from './page.ts';
import { t } from './texts.ts';

type State<P> = ComponentType<P> | 'asked' | 'failed' | undefined;

interface LazyOptions {
  /** Whether it is a part of a page, and not one itself. */
  readonly isPart?: boolean;
}

/** A component that `load` brings when it is drawn first, and with it the words of words/…/later.ts. */
export function lazy<P extends object>(
  load: () => Promise<ComponentType<P>>,
  { isPart = false }: LazyOptions = {},
): (props: P) => JSX.Element {
  const state = signal<{ readonly is: State<P> }>({ is: undefined });
  const fetchIt = (): void => {
    state.value = { is: 'asked' };
    Promise.all([load(), learnMore()]).then(
      ([component]) => {
        state.value = { is: component };
      },
      () => {
        state.value = { is: 'failed' };
        reloadWhereChanged().catch(() => {});
      },
    );
  };
  return function Lazy(props: P): JSX.Element {
    const { is: Component } = state.value;
    if (Component === undefined) queueMicrotask(fetchIt);
    if (Component === 'failed') return inPage(isPart, <Missing again={fetchIt} />);
    if (Component === undefined || Component === 'asked')
      return inPage(isPart, <p class="boot">{t('page.loading')}</p>);
    return <Component {...props} />;
  };
}

const RELOADED = 'wse-reloaded-for';

/** Loads the page again where the box has another version of it by now; for each version once. */
async function reloadWhereChanged(): Promise<void> {
  const answer = await fetch(location.pathname, { cache: 'no-store' });
  if (!answer.ok) return;
  const programOf = (page: string): string | undefined => /boot-\w+\.js/.exec(page)?.[0];
  const theirs = programOf(await answer.text());
  const ours = programOf(document.head.innerHTML);
  if (theirs === undefined || theirs === ours || sessionStorage.getItem(RELOADED) === theirs) return;
  sessionStorage.setItem(RELOADED, theirs);
  location.reload();
}

function inPage(isPart: boolean, content: JSX.Element): JSX.Element {
  return isPart ? (
    content
  ) : (
    <main id={CONTENT_ID} tabIndex={-1}>
      {content}
    </main>
  );
}

function Missing({ again }: { again: () => void }): JSX.Element {
  return (
    <div class="empty" role="alert">
      <strong>{t('page.missing')}</strong>
      <p>{t('page.missingHint')}</p>
      <div class="tools">
        <button type="button" class="toggle" onClick={again}>
          {t('page.again')}
        </button>
        <button type="button" class="toggle" onClick={() => location.reload()}>
          {t('page.reload')}
        </button>
      </div>
    </div>
  );
}
