/** What the tab of the browser is called: the page, then the site, so that two tabs and the history can be told apart. Pure. */
import type { OpenPage } from './page.ts';
import { t } from './texts.ts';

interface Known {
  /** Undefined while nobody is let in, or nothing has been heard of the box. */
  readonly site: string | undefined;
  /** Of the device shown. */
  readonly device: string | undefined;
}

export function titleOf({ name, of }: OpenPage, { site, device }: Known): string {
  const words = {
    site: '',
    device: device ?? of,
    codecs: of === '' ? t('codecs.title') : t('title.codec', { name: of === '+' ? t('codecs.add') : of }),
    quarantine: t('title.quarantine'),
  }[name];
  return [words, site ?? '', 'WebSCADA Edge'].filter((part) => part !== '').join(' · ');
}
