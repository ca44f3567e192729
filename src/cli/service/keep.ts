/** The directory of a service. */

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ClientStorage } from '../../storage/index.ts';
import { fileStorage } from '../../storage/node.ts';
import type { ServiceCommand, ServiceSettings } from '../command.ts';
import { usualDirectory } from './directory.ts';
import { decodeSettings, encodeSettings, SETTINGS } from './settings.ts';

export interface KeptService {
  readonly directory: string;
  readonly storage: ClientStorage;
}

/** `undefined`: nothing is kept. */
export function keptService({ service, keep }: ServiceCommand): KeptService | undefined {
  if (keep.kind === 'nothing') return undefined;
  const { platform: system, env } = process;
  const directory =
    keep.kind === 'directory' ? resolve(keep.path) : usualDirectory(service, keep.id, { system, env, home: homedir() });
  return { directory, storage: fileStorage(directory) };
}

/** Those of the directory, with those of the command line in their place. @throws CommandError */
export async function settingsOf(
  { settings }: ServiceCommand,
  kept: KeptService | undefined,
): Promise<ServiceSettings> {
  const bytes = await kept?.storage.load(SETTINGS);
  if (kept === undefined || bytes === undefined) return settings;
  return { ...decodeSettings(bytes, join(kept.directory, SETTINGS)), ...settings };
}

export async function writeSettings(settings: ServiceSettings, { storage }: KeptService): Promise<void> {
  await storage.store(SETTINGS, encodeSettings(settings));
}
