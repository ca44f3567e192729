/** The settings of a service with the contents of the files that they name, as its parts take them. */

import { checkClientOptions, type MixnetClientOptions } from '../../mixnet-client/index.ts';
import type { ServiceSettings } from '../command.ts';
import { readSecret } from '../secrets.ts';
import type { FaceOptions } from './faces.ts';

export interface Equipment {
  /** All but the storage. */
  readonly client: MixnetClientOptions;
  readonly passphrase: string | undefined;
  readonly face: FaceOptions;
}

/** @throws CommandError for a file that cannot be read, and a TypeError for what no client can have. */
export async function equip(settings: ServiceSettings, devnetApi: string | undefined): Promise<Equipment> {
  const { passphraseFile, passwordFile, allowedOrigins, connectMs, host, port } = settings;
  const { gateway, secureGateway, exits, noCover } = settings;
  const api = devnetApi ?? settings.api;
  const passphrase = passphraseFile === undefined ? undefined : await readSecret(passphraseFile);
  const password = passwordFile === undefined ? undefined : await readSecret(passwordFile);
  const traffic = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };
  const client = { api, gateway, secureGateway, exits, traffic: noCover ? traffic : undefined };
  checkClientOptions(client);
  return {
    client,
    passphrase,
    face: { host, port, password, allowedOrigins, connectTimeoutMs: connectMs },
  };
}
