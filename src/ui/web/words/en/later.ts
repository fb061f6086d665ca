/** The English words of the pages that are fetched when they are opened: a file a page, named in the order of the alphabet. */
import { about } from './about.ts';
import { add } from './add.ts';
import { alarms } from './alarms.ts';
import { audit } from './audit.ts';
import { backup } from './backup.ts';
import { bulk } from './bulk.ts';
import { catalogue } from './catalogue.ts';
import { codecs } from './codecs.ts';
import { device } from './device.ts';
import { downlinks } from './downlinks.ts';
import { firstRun } from './first-run.ts';
import { frames } from './frames.ts';
import { gateway } from './gateway.ts';
import { handover } from './handover.ts';
import { history } from './history.ts';
import { importing } from './import.ts';
import { lists } from './lists.ts';
import { logEvents } from './log-events.ts';
import { login } from './login.ts';
import { logs } from './logs.ts';
import { mimic } from './mimic.ts';
import { more } from './more.ts';
import { notify } from './notify.ts';
import { pictures } from './pictures.ts';
import { quarantine } from './quarantine.ts';
import { settings } from './settings.ts';
import { setup } from './setup.ts';
import { silence } from './silence.ts';
import { support } from './support.ts';
import { survey } from './survey.ts';
import { update } from './update.ts';
import { users } from './users.ts';

export const later = {
  ...about,
  ...settings,
  ...alarms,
  ...audit,
  ...users,
  ...add,
  ...backup,
  ...bulk,
  ...catalogue,
  ...codecs,
  ...device,
  ...downlinks,
  ...firstRun,
  ...handover,
  ...frames,
  ...gateway,
  ...history,
  ...importing,
  ...lists,
  ...logEvents,
  ...login,
  ...logs,
  ...mimic,
  ...more,
  ...notify,
  ...pictures,
  ...quarantine,
  ...setup,
  ...silence,
  ...support,
  ...update,
  ...survey,
} as const;
