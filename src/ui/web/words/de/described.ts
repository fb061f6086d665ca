/** What each setting is for, in German, fetched with the page of the settings: the box says it in English. */
import { box } from './described/box.ts';
import { servers } from './described/servers.ts';

export const described: Readonly<Record<string, string>> = { ...box, ...servers };
