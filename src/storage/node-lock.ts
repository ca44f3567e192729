/** Whose a lock file is, by its name alone, so that there is no moment at which it is made and says nothing. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';

/** `lock.<host>.<boot>.<process>.<its start>.<token>`; what a system does not tell is 0. */
const LOCK_FILE = /^lock\.([0-9a-f]{8})\.([0-9a-f]{8}|0)\.([1-9][0-9]{0,9})\.([0-9]{1,20})\.[0-9a-f]{16}$/;
const UNKNOWN = '0';

export async function lockFileName(token: string): Promise<string> {
  const start = (await startOf(process.pid)) ?? UNKNOWN;
  return ['lock', thisHost(), await thisBoot(), process.pid, start, token].join('.');
}

/** Whether the holder is gone for certain. */
export async function holderIsGone(file: string): Promise<boolean> {
  const [, host, boot, pid, start] = LOCK_FILE.exec(file) ?? [];
  if (host !== thisHost()) return false;
  const now = await thisBoot();
  if (boot !== now && boot !== UNKNOWN && now !== UNKNOWN) return true;
  if (!isAlive(Number(pid))) return true;
  // A process of that number lives; numbers are used again, in containers soon.
  const startNow = await startOf(Number(pid));
  return start !== UNKNOWN && startNow !== undefined && start !== startNow;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** When the process started, in ticks since boot (proc_pid_stat(5), field 22); `undefined` where the system does not say. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The second field is the name of the program, in parentheses, and may hold anything.
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3];
  return start !== undefined && /^[0-9]+$/.test(start) ? start : undefined;
}

async function thisBoot(): Promise<string> {
  const id = await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => '');
  return id === '' ? UNKNOWN : eightDigitsOf(id);
}

function thisHost(): string {
  return eightDigitsOf(hostname());
}

function eightDigitsOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
