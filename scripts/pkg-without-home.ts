/**
 * Loaded before pkg: what it puts into every executable asks for the home folder, and ends the program where the user has none,
 * as in a container under a number without a name. There it is '/' instead.
 */
import fsp from 'node:fs/promises';
import { basename } from 'node:path';

const PRELUDE = 'sea-bootstrap.bundle.js';
const ASKED = 'homedir()';
const ANSWERED = '(() => { try { return homedir(); } catch { return "/"; } })()';

const { copyFile } = fsp;

fsp.copyFile = async (from, to, mode) => {
  await copyFile(from, to, mode);
  if (basename(String(from)) !== PRELUDE) return;
  const text = await fsp.readFile(to, 'utf8');
  if (!text.includes(ASKED))
    throw new Error(`${PRELUDE} no longer asks for ${ASKED}: look at scripts/pkg-without-home.ts`);
  await fsp.writeFile(to, text.replaceAll(ASKED, ANSWERED));
};
