/** The verb that lets an operator back in: a new one-time claim code, whether the box runs or not. */

import type { OpenAudit } from '../store/tables/audit.ts';
import { loadSettings, SETTINGS_OPTIONS } from './settings.ts';
import { EXIT, type Verb } from './verb.ts';

export const resetAdmin: Verb = {
  name: 'reset-admin',
  group: 'Access',
  synopsis: '[--remove-all] [--json] [--config FILE] [--set KEY=VALUE]...',
  summary: 'make a new one-time claim code; show the fingerprint of the certificate',
  details:
    'Whoever enters the code on the pages becomes administrator. The code before it is good no longer; users, sessions and API tokens stay as they are unless --remove-all is given. Works beside the running box, and while it is stopped.',
  options: {
    'remove-all': {
      type: 'boolean',
      summary: 'remove every user, session and API token: the box is unclaimed',
    },
    json: { type: 'boolean', summary: 'as JSON' },
    ...SETTINGS_OPTIONS,
  },
  examples: ['sudo webscada-edge reset-admin', 'webscada-edge reset-admin --remove-all --json'],
  async run(given, world) {
    const loaded = await loadSettings(given, world);
    if (typeof loaded === 'number') return loaded;
    const [{ openUsers }, { StoreError }, { issueClaimCode }, { createPasswords }, { fingerprintBeside }] =
      await Promise.all([
        import('../store/tables/users-file.ts'),
        import('../store/errors.ts'),
        import('../ui/access/claim.ts'),
        import('../ui/access/password.ts'),
        import('../ops/tls-source.ts'),
      ]);
    const { openAudit } = await import('../store/tables/audit.ts');
    const { giveToOwner } = await import('../files/folder-owner.ts');
    const { store, http } = loaded.config;
    try {
      const { users, close } = openUsers(store.dir, { mustExist: true });
      try {
        if (given.flag('remove-all')) users.clear();
        await noteReset(openAudit(store.dir), given.flag('remove-all'));
        const claimCode = await issueClaimCode(users, createPasswords());
        const fingerprint = http.tls === 'off' ? undefined : fingerprintBeside(store.dir, http.certFile);
        world.stdout.write(
          given.flag('json')
            ? `${JSON.stringify({ claimCode, fingerprint })}\n`
            : `claim code: ${claimCode}\n${fingerprint ? `certificate: SHA-256 ${fingerprint}\n` : ''}`,
        );
        return EXIT.ok;
      } finally {
        close();
        giveToOwner(store.dir);
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      world.stderr.write(`webscada-edge: ${error.message}\n`);
      return error.retryable ? EXIT.temporary : EXIT.failure;
    }
  },
};

async function noteReset({ audit, close }: OpenAudit, removeAll: boolean): Promise<void> {
  const { createLogger } = await import('../ops/logger.ts');
  const { createWorld } = await import('../ops/world.ts');
  const { clock } = createWorld(createLogger({ level: 'error', format: 'pretty' }));
  audit.append({ who: 'root', from: '', what: 'reset-admin', detail: { removeAll } }, clock.nowMs());
  close();
}
