/**
 * Which page is open. Who goes up or back finds a page where it was left, and the keyboard on the link by which it was left; who goes on begins at its heading.
 */
import { signal } from '@preact/signals';
import { hrefOf, isWithin, type OpenPage, PARENTS, type PageName, pageOf } from './routes.ts';

export { hrefOf } from './routes.ts';

export const page = signal<OpenPage>(pageOf(location.hash));
/** Of the element that holds the page, below the head that all pages have. */
export const CONTENT_ID = 'content';
const QUIETLY = { preventScroll: true } as const;
/** Frames in which a list may still draw the row that was left. */
const PATIENT_FRAMES = 12;
/** Addresses whose scroll is remembered. */
const MOST_SCROLLS = 50;

/** The address of the page before. */
let leftHref = '';
/** Whether the page shown was gone up or back to; undefined for the first one. */
let isReturn: boolean | undefined;
/** How far pages were scrolled when they were left, by address, the oldest first. */
const scrolls = new Map<string, number>();
/** What each page was of when it was open last. */
const lastOf = new Map<PageName, string>();

/** The page that `name` is part of, with its address as it was left. */
export function parentOf(name: PageName): { readonly name: PageName; readonly href: string } {
  const parent = PARENTS[name] ?? 'site';
  return { name: parent, href: hrefOf(parent, parent === 'devices' ? lastOf.get(parent) : '') };
}

/** Follows the address. */
export function followAddress(): void {
  history.scrollRestoration = 'manual';
  noteVisit();
  window.addEventListener('hashchange', () => {
    const before = page.peek();
    const next = pageOf(location.hash);
    // An entry of the history that we have seen was gone back or on to.
    const isKnown = noteVisit();
    if (before.name === next.name && before.of === next.of) return;
    leftHref = hrefOf(before.name, before.of);
    scrolls.delete(leftHref);
    scrolls.set(leftHref, scrollY);
    if (scrolls.size > MOST_SCROLLS) scrolls.delete([...scrolls.keys()][0] ?? '');
    lastOf.set(before.name, before.of);
    isReturn = isKnown || isWithin(before.name, next.name);
    page.value = next;
  });
}

/** Marks the present entry of the browser's history; whether it was marked before. */
function noteVisit(): boolean {
  const state: unknown = history.state;
  if (state === 'seen') return true;
  history.replaceState('seen', '');
  return false;
}

/** Says more precisely what the open page is of, as a filter does: the address changes, the page stays. */
export function refine(of: string): void {
  const { name } = page.peek();
  history.replaceState('seen', '', hrefOf(name, of));
  page.value = { name, of };
}

/** To be called by a page when it is drawn first: puts scroll and keyboard where they belong. */
export function arrive(heading: HTMLElement | null): void {
  if (isReturn === undefined) {
    isReturn = false;
    return;
  }
  const { name, of } = page.peek();
  const top = isReturn ? (scrolls.get(hrefOf(name, of)) ?? 0) : 0;
  const began = document.activeElement;
  let frames = 0;
  const settle = (): void => {
    // Somebody was quicker, and goes on from there.
    if (document.activeElement !== began) return;
    scrollTo({ top, behavior: 'instant' });
    if (isReturn && focusLeft()) return;
    frames += 1;
    if (isReturn && frames < PATIENT_FRAMES) requestAnimationFrame(settle);
    else heading?.focus(QUIETLY);
  };
  settle();
}

/** Puts the keyboard on the link by which the page before was entered; whether there is one. */
export function focusLeft(): boolean {
  const links = [...document.querySelectorAll<HTMLAnchorElement>('main a')];
  const link = links.find((one) => one.getAttribute('href') === leftHref);
  link?.focus(QUIETLY);
  return link !== undefined;
}

/** Puts the keyboard on what the page is about. */
export function skipHead(): void {
  const target = document.getElementById(CONTENT_ID);
  target?.focus();
  target?.scrollIntoView();
}
