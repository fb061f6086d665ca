/** Settings: new versions of the program. */
import * as z from 'zod/mini';
import { setting } from '../declare.ts';
import { url } from '../formats.ts';

export const updates = z.strictObject({
  url: setting(url(['http', 'https']), {
    description:
      'Folder of releases from which the command `take-version` of the centre may fetch one, `<url>/webscada-edge-<version>-linux-<arch>` and its `.sig`; without it only what was brought to the box is taken. Nothing is fetched by itself, and nothing is taken without the signature.',
    example: 'https://files.example/webscada-edge',
  }),
});
