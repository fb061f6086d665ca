/** What the tab of the browser is called: the page, then the site, so that two tabs and the history can be told apart. Pure. */
import type { OpenPage } from './routes.ts';
import { t } from './texts.ts';

interface Known {
  /** Undefined while nobody is let in, or nothing has been heard of the box. */
  readonly site: string | undefined;
  /** Of the device shown. */
  readonly device: string | undefined;
}

export function titleOf({ name, of }: OpenPage, { site, device }: Known): string {
  return [nameOf({ name, of }, device), site ?? '', 'WebSCADA Edge']
    .filter((part) => part !== '')
    .join(' · ');
}

function nameOf({ name, of }: OpenPage, device: string | undefined): string {
  if (name === 'site') return '';
  if (name === 'device') return device ?? of;
  if (name === 'setup') return `${device ?? of}: ${t('page.name.setup')}`;
  if (name === 'codecs' && of !== '')
    return t('title.codec', { name: of === '+' ? t('title.newCodec') : of });
  return t(`page.name.${name}`);
}
