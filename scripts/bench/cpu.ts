/** Processor time of processes that we did not start ourselves, or not alone: what they used does not depend on who else is busy. Linux only. */
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';

/** Seconds that processes and the children they have waited for have used; one that has ended counts as none. */
export function cpuOfPids(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    try {
      const used = afterName(pid).slice(11, 15).map(Number);
      return sum + used.reduce((ticks, each) => ticks + each, 0) / 100;
    } catch {
      return sum;
    }
  }, 0);
}

/** Of a whole PostgreSQL: connections that have ended count with their parent. */
export async function cpuOfPostgres(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ pid: number }>('SELECT pid FROM pg_stat_activity');
  const pids = rows.map(({ pid }) => pid);
  const parent = Number(afterName(pids[0] ?? 0)[1]);
  return cpuOfPids([...pids, parent]);
}

export async function cpuOfRedis(client: Redis): Promise<number> {
  const info = await client.info('cpu');
  return ['user', 'sys'].reduce(
    (sum, kind) => sum + Number(new RegExp(`used_cpu_${kind}:([\\d.]+)`).exec(info)?.[1] ?? 0),
    0,
  );
}

/** Fields of /proc/<pid>/stat behind the name, which may hold blanks. */
function afterName(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
}
