/**
 * Where the pages begin: the words come first, since everything else is written with them. Meanwhile the browser fetches the
 * program, which index.html names.
 */
import { askEarly } from './early.ts';
import { learnLanguage } from './language.ts';

const AGAIN_MS = 5_000;

async function boot(): Promise<void> {
  askEarly();
  await learnLanguage();
  await import('./main.tsx');
}

/** A line that broke, or an upgrade in between: once the box answers, what it has now is loaded. */
async function reloadOnceThere(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  const isThere = await fetch(location.pathname, { cache: 'no-store' }).then(
    ({ ok }) => ok,
    () => false,
  );
  if (isThere) location.reload();
  else await reloadOnceThere();
}

boot().catch(reloadOnceThere);
