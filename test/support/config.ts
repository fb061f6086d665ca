/** The settings as they are when nobody says anything, for tests that need a section of them. */
import type { Config } from '../../src/config/schema.ts';
import { load } from './settings.ts';

const loaded = await load({});
if (!loaded.ok) throw new Error('the defaults are no valid settings');

export const DEFAULTS: Config = loaded.config;
