/** Words about records in quarantine, in German. */
import type { quarantine as english } from '../en/quarantine.ts';
import type { Words } from '../words.ts';

export const quarantine: Words<typeof english> = {
  'quarantine.title': '{sink}: Quarantäne',
  'quarantine.lead':
    'Endgültig abgelehnte Datensätze. Sie warten hier, bis sie doch geschrieben oder verworfen werden.',
  'quarantine.empty': 'Nichts ist in Quarantäne.',
  'quarantine.more': 'Das sind die ältesten; weitere folgen, wenn sie weg sind.',
  'quarantine.hidden': {
    one: '{count} weiterer aus diesem Grund',
    other: '{count} weitere aus diesem Grund',
  },
  'quarantine.retry': 'Noch einmal',
  'quarantine.drop': 'Verwerfen',
  'quarantine.retryAll': 'Alle {count} noch einmal',
  'quarantine.dropAll': 'Alle {count} verwerfen',
  'quarantine.outcome':
    '{delivered} geschrieben, {dropped} verworfen, {refused} wieder abgelehnt, {left} unberührt.',
};
