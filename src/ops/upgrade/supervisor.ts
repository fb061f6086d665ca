/** Whoever keeps the service running: systemd, or any supervisor that starts a process again when it ends. */
import { NAME } from '../install/layout.ts';
import type { Machine } from '../install/machine.ts';

export interface Supervisor {
  /** Asks for a new start; does not wait for it. */
  restart(): Promise<void>;
  /** Process id of the service, undefined while it does not run. */
  pid(): Promise<number | undefined>;
}

export function systemdSupervisor(machine: Machine): Supervisor {
  return {
    async restart() {
      await machine.run('systemctl', ['restart', '--no-block', NAME]);
    },
    async pid() {
      const shown = await machine.run('systemctl', ['show', '--property=MainPID', '--value', NAME]);
      const pid = Number(shown.stdout.trim());
      return pid > 0 ? pid : undefined;
    },
  };
}

/** `pidFile` holds the id of the process, written by what supervises it. */
export function pidFileSupervisor(machine: Machine, pidFile: string): Supervisor {
  const pid = async (): Promise<number | undefined> => {
    const id = Number(machine.read(pidFile)?.trim());
    return Number.isInteger(id) && id > 1 && machine.exists(`/proc/${id}`) ? id : undefined;
  };
  return {
    pid,
    async restart() {
      const id = await pid();
      if (id === undefined) return;
      try {
        process.kill(id, 'SIGTERM');
      } catch {
        // It has ended meanwhile, which is what is wanted.
      }
    },
  };
}
