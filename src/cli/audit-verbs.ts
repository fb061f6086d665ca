/** The verb that looks through the audit trail of a box, beside it while it runs, or of a stopped one. */
import { loadSettings, SETTINGS_OPTIONS } from './settings.ts';
import { EXIT, type Verb } from './verb.ts';

export const auditVerify: Verb = {
  name: 'audit verify',
  group: 'Access',
  synopsis: '[--json] [--config FILE] [--set KEY=VALUE]...',
  summary: 'say whether the audit trail is whole',
  details:
    'Each entry is chained to the one before by its SHA-256: one that was changed, taken out or put in between is found, and exit code 1 says so. Whoever can write the file could make the whole chain anew: compare the hash of the last entry with the one in the log or at the centre.',
  options: { json: { type: 'boolean', summary: 'as JSON' }, ...SETTINGS_OPTIONS },
  examples: ['sudo webscada-edge audit verify'],
  async run(given, world) {
    const loaded = await loadSettings(given, world);
    if (typeof loaded === 'number') return loaded;
    const [{ openAudit }, { StoreError }] = await Promise.all([
      import('../store/tables/audit.ts'),
      import('../store/errors.ts'),
    ]);
    const { giveToOwner } = await import('../files/folder-owner.ts');
    try {
      const { audit, close } = openAudit(loaded.config.store.dir, { mustExist: true });
      const found = await audit.check();
      close();
      giveToOwner(loaded.config.store.dir);
      const { entries, firstSeq, lastSeq, head, brokenAt } = found;
      const words =
        brokenAt === undefined
          ? `whole: ${entries} entries from ${firstSeq} to ${lastSeq}, the last one with hash ${head}`
          : `not whole: entry ${brokenAt} is missing or was changed; ${entries} before it are as they were`;
      world.stdout.write(given.flag('json') ? `${JSON.stringify(found)}\n` : `${words}\n`);
      return brokenAt === undefined ? EXIT.ok : EXIT.failure;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      world.stderr.write(`webscada-edge: ${error.message}\n`);
      return error.retryable ? EXIT.temporary : EXIT.failure;
    }
  },
};
