/**
 * Where the pages begin: the words come first, since everything else is written with them. Meanwhile the browser fetches the
 * program, which index.html names. What a browser too old for them is told stands there too, since it may not even read this;
 * by itself it comes into sight after ten seconds.
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

/** Safari before 16, Chrome before 110, Firefox before 115; scripts/build-web.ts says which ones the pages are built for. */
function isTooOld(): boolean {
  return !('timeout' in AbortSignal && 'toSorted' in Array.prototype);
}

/** Loading again and again would change nothing. */
function sayTooOld(): void {
  for (const late of document.querySelectorAll('.late')) late.classList.remove('late');
}

if (isTooOld()) sayTooOld();
else boot().catch((error) => (error instanceof SyntaxError ? sayTooOld() : reloadOnceThere()));
