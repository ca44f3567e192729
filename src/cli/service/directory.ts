/** Where services keep their clients, unless they are told where. */

import { posix, win32 } from 'node:path';
import type { ServiceName } from '../command.ts';

export interface Surroundings {
  /** As `process.platform` has it. */
  readonly system: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the user. */
  readonly home: string;
}

/**
 * | system | directory |
 * |---|---|
 * | macOS | `~/Library/Application Support/mixfetch/<service>/<id>` |
 * | Windows | `%LOCALAPPDATA%\mixfetch\<service>\<id>`, which does not roam |
 * | others | `$XDG_DATA_HOME/mixfetch/<service>/<id>`, by default below `~/.local/share` (XDG Base Directory Specification) |
 */
export function usualDirectory(service: ServiceName, id: string, { system, env, home }: Surroundings): string {
  if (system === 'win32') {
    const local = env['LOCALAPPDATA'];
    return win32.join(local || win32.join(home, 'AppData', 'Local'), 'mixfetch', service, id);
  }
  if (system === 'darwin') return posix.join(home, 'Library', 'Application Support', 'mixfetch', service, id);
  // What is not absolute counts as not set.
  const data = env['XDG_DATA_HOME'];
  const isUsable = data !== undefined && posix.isAbsolute(data);
  return posix.join(isUsable ? data : posix.join(home, '.local', 'share'), 'mixfetch', service, id);
}
