/** Writes docs/configuration.md and docs/centre-settings.md from the declaration of the settings: `node scripts/config-reference.ts`. */
import { writeFileSync } from 'node:fs';
import { collectReference, configReference } from '../src/config/reference.ts';

writeFileSync(new URL('../docs/configuration.md', import.meta.url), configReference());
writeFileSync(new URL('../docs/centre-settings.md', import.meta.url), collectReference());
