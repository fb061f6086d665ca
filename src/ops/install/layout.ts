/** Where an installation lies: below '/' with systemd, below any other folder as a plain installation without it. */
import { join } from 'node:path';

/** Name of the service, of its user and of its folders. */
export const NAME = 'webscada-edge';

/** Name of the units that carry out updates the service asks for. */
export const UPDATES = `${NAME}-upgrade`;

export interface Layout {
  /** '/' or the folder of a plain installation. */
  readonly prefix: string;
  readonly executable: string;
  /** Belongs to root, since what lies here is run by root: the executable before and the one to come. */
  readonly versions: string;
  readonly settings: string;
  readonly settingsFile: string;
  /** One file for each secret, named like its setting. */
  readonly credentials: string;
  readonly data: string;
  readonly cache: string;
  readonly backups: string;
  readonly unit: string;
  /** Units by which root carries out what the service asks for, where the operator wants that. */
  readonly updatesPath: string;
  readonly updatesUnit: string;
  /** Drop-ins of the unit. */
  readonly dropIns: string;
  readonly credentialsDropIn: string;
  readonly portsDropIn: string;
}

/** The places below `prefix`, an absolute path. */
export function layoutOf(prefix = '/'): Layout {
  const at = (path: string): string => join(prefix, path);
  return {
    prefix,
    executable: at(`usr/local/bin/${NAME}`),
    versions: at(`usr/local/lib/${NAME}`),
    settings: at(`etc/${NAME}`),
    settingsFile: at(`etc/${NAME}/config.toml`),
    credentials: at(`etc/${NAME}/credentials`),
    data: at(`var/lib/${NAME}`),
    cache: at(`var/cache/${NAME}`),
    backups: at(`var/backups/${NAME}`),
    unit: at(`etc/systemd/system/${NAME}.service`),
    updatesPath: at(`etc/systemd/system/${UPDATES}.path`),
    updatesUnit: at(`etc/systemd/system/${UPDATES}.service`),
    dropIns: at(`etc/systemd/system/${NAME}.service.d`),
    portsDropIn: at(`etc/systemd/system/${NAME}.service.d/ports.conf`),
    credentialsDropIn: at(`etc/systemd/system/${NAME}.service.d/credentials.conf`),
  };
}
