/** What the packages of Nym take under `clientOverride`, and what of it has a counterpart here. */

import type { ClientOptions } from '../index.ts';

/** What of it has a counterpart becomes our `traffic`; the rest is without effect. */
export interface DebugWasmOverride {
  /** Which route, packet size or packet format a client uses is not for it to choose: it could be told from others. */
  traffic?: TrafficWasmOverride | undefined;
  coverTraffic?: CoverTrafficWasmOverride | undefined;
  acknowledgements?: AcknowledgementsWasmOverride | undefined;
  gatewayConnection?: object | undefined;
  topology?: object | undefined;
  replySurbs?: object | undefined;
  /** Nothing is ever reported to anybody. */
  statsReporting?: object | undefined;
  forgetMe?: object | undefined;
  rememberMe?: object | undefined;
}

export interface TrafficWasmOverride {
  averagePacketDelayMs?: number | undefined;
  messageSendingAverageDelayMs?: number | undefined;
  maximumNumberOfRetransmissions?: number | undefined;
  /** Weakens what the mixnet protects: who watches then sees when and how much is sent. */
  disableMainPoissonPacketDistribution?: boolean | undefined;
}

export interface CoverTrafficWasmOverride {
  loopCoverTrafficAverageDelayMs?: number | undefined;
  /** Weakens what the mixnet protects, with the one above. */
  disableLoopCoverTrafficStream?: boolean | undefined;
}

export interface AcknowledgementsWasmOverride {
  averageAckDelayMs?: number | undefined;
  ackWaitMultiplier?: number | undefined;
  ackWaitAdditionMs?: number | undefined;
}

export function trafficOf(override: DebugWasmOverride | undefined): NonNullable<ClientOptions['traffic']> {
  const { traffic, coverTraffic, acknowledgements } = override ?? {};
  return {
    ...pick(traffic, [
      'averagePacketDelayMs',
      'messageSendingAverageDelayMs',
      'maximumNumberOfRetransmissions',
      'disableMainPoissonPacketDistribution',
    ]),
    ...pick(coverTraffic, ['loopCoverTrafficAverageDelayMs', 'disableLoopCoverTrafficStream']),
    ...pick(acknowledgements, ['averageAckDelayMs', 'ackWaitMultiplier', 'ackWaitAdditionMs']),
  };
}

type Given<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

function pick<T extends object, const Name extends keyof T>(
  group: T | undefined,
  names: readonly Name[],
): Given<Pick<T, Name>> {
  const picked: Given<Pick<T, Name>> = {};
  for (const name of names) {
    const value = group?.[name];
    if (value !== undefined) picked[name] = value as Exclude<T[Name], undefined>;
  }
  return picked;
}
