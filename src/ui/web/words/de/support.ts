/** Words about the support bundle, in German. */
import type { support as english } from '../en/support.ts';
import type { Words } from '../words.ts';

export const support: Words<typeof english> = {
  'support.title': 'Support-Paket',
  'support.lead':
    'Was jemand in der Ferne braucht, um einen Fehler zu finden: Zustand, Einstellungen, Protokoll, Geräte, in einer Datei. Sehen Sie jede an, bevor Sie sie senden.',
  'support.secrets':
    'Passwörter, Tokens und Schlüssel sind herausgenommen. Namen von Geräten und Adressen im Netz bleiben darin.',
  'support.download': 'Paket herunterladen',
  'support.files': 'Was darin ist',
  'support.away': 'Es ließ sich nicht holen.',
};
