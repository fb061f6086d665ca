/** Which page is open, from the part of the address behind '#': '#/device/<DevEUI>', '#/codecs', '#/quarantine'. */
import { signal } from '@preact/signals';

export interface OpenPage {
  readonly name: 'site' | 'device' | 'codecs' | 'quarantine';
  /** What the page is of; '' for none. */
  readonly of: string;
}

export const page = signal<OpenPage>(read());
/** Of the element that holds the page, below the head that all pages have. */
export const CONTENT_ID = 'content';
const QUIETLY = { preventScroll: true } as const;
/** The address of the page before. */
let leftHref = '';
/** How far the site was scrolled when it was left. */
let siteScroll = 0;

/** The address of a page. */
export function hrefOf(name: OpenPage['name'], of = ''): string {
  return name === 'site' ? '#/' : `#/${name}${of === '' ? '' : `/${encodeURIComponent(of)}`}`;
}

function read(): OpenPage {
  const [, name, of = ''] = /^#\/(device|codecs|quarantine)(?:\/(.*))?$/.exec(location.hash) ?? [];
  if (name === undefined) return { name: 'site', of: '' };
  try {
    return { name: name as OpenPage['name'], of: decodeURIComponent(of) };
  } catch {
    return { name: 'site', of: '' };
  }
}

/** Follows the address; the site is found again where it was left, and the keyboard where it went from there. */
export function followAddress(): void {
  window.addEventListener('hashchange', () => {
    const before = page.peek();
    const next = read();
    if (before.name === next.name && before.of === next.of) return;
    if (before.name === 'site') siteScroll = scrollY;
    leftHref = hrefOf(before.name, before.of);
    page.value = next;
    const top = next.name === 'site' ? siteScroll : 0;
    // Twice: the first frame draws the page, the next one has its height.
    requestAnimationFrame(() => {
      requestAnimationFrame(() => {
        if (next.name === 'site' && !focusLeft()) document.getElementById(CONTENT_ID)?.focus(QUIETLY);
        scrollTo({ top, behavior: 'instant' });
      });
    });
  });
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
  const target = document.getElementById(page.peek().name === 'site' ? 'devices' : CONTENT_ID);
  target?.focus();
  target?.scrollIntoView();
}
