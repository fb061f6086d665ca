/** Writes docs/configuration.md from the declaration of the settings: `node scripts/config-reference.ts`. */
import { writeFileSync } from 'node:fs';
import { configReference } from '../src/config/reference.ts';

writeFileSync(new URL('../docs/configuration.md', import.meta.url), configReference());
