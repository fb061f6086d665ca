/** Which page is open, from the part of the address behind '#': '#/device/<DevEUI>', '#/codecs', '#/quarantine'. */
import { signal } from '@preact/signals';

export interface OpenPage {
  readonly name: 'site' | 'device' | 'codecs' | 'quarantine';
  /** What the page is of; '' for none. */
  readonly of: string;
}

export const page = signal<OpenPage>(read());
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

/** Follows the address; the site is found again where it was left. */
export function followAddress(): void {
  window.addEventListener('hashchange', () => {
    const before = page.peek();
    const next = read();
    if (before.name === next.name && before.of === next.of) return;
    if (before.name === 'site') siteScroll = scrollY;
    page.value = next;
    const top = next.name === 'site' ? siteScroll : 0;
    // Twice: the first frame draws the page, the next one has its height.
    requestAnimationFrame(() => {
      requestAnimationFrame(() => scrollTo({ top, behavior: 'instant' }));
    });
  });
}
