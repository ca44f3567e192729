/**
 * How the client behaves on the wire. Every default is that of Nym's own clients
 * (`nymtech/nym common/client-core/config-types/src/lib.rs`), unless its line says otherwise: a client with other values
 * can be told from the crowd.
 */
export interface Traffic {
  /**
   * Mean delay that each mix node adds to a packet, ms, 0 to an hour; each is drawn from an exponential distribution. Default 15
   * (`DEFAULT_AVERAGE_PACKET_DELAY`). Less is faster, and makes it easier to match what enters a node with what leaves it.
   */
  readonly averagePacketDelayMs: number;
  /** The same for acknowledgements, ms. Default 15 (`DEFAULT_AVERAGE_PACKET_DELAY` too). */
  readonly averageAckDelayMs: number;
  /**
   * Mean gap of the main stream, whose every slot carries a real packet or cover, ms. Default 20: 50 packets
   * a second (`DEFAULT_MESSAGE_STREAM_AVERAGE_DELAY`). It bounds the throughput, at some 80 KB a second. A larger gap is less
   * cover, and another pace than that of the crowd.
   */
  readonly messageSendingAverageDelayMs: number;
  /**
   * Mean gap of the loop cover stream, which never carries anything real, ms. Default 200:
   * 5 packets a second (`DEFAULT_LOOP_COVER_STREAM_AVERAGE_DELAY`). A larger gap is less cover.
   */
  readonly loopCoverTrafficAverageDelayMs: number;
  /**
   * Sends real packets at once and nothing in between. The gateway, and whoever watches the line, then sees when and how
   * much is sent: only where nothing has to be hidden, as at an exit. Default false.
   */
  readonly disableMainPoissonPacketDistribution: boolean;
  /**
   * Sends no loop cover, which flows at the same rate whatever the main stream does, also while that has slowed down. With the
   * main stream's distribution off too, an idle client is silent, and whoever watches sees when it is not. Default false.
   */
  readonly disableLoopCoverTrafficStream: boolean;
  /** The wait for an acknowledgement is the sampled delays of both ways times this … Default 1.5 (`DEFAULT_ACK_WAIT_MULTIPLIER`). */
  readonly ackWaitMultiplier: number;
  /** … plus this, ms. Default 1500 (`DEFAULT_ACK_WAIT_ADDITION`). */
  readonly ackWaitAdditionMs: number;
  /**
   * How often a packet to a known address is sent again before `send` rejects; 0 sends once. Default 30, where Nym's
   * clients go on for ever.
   */
  readonly maximumNumberOfRetransmissions: number;
  /** The same for replies and requests for reply blocks, whose every attempt uses up a reply block. Default 10. */
  readonly maximumNumberOfReplyRetransmissions: number;
}

export const defaultTraffic: Traffic = Object.freeze({
  averagePacketDelayMs: 15,
  averageAckDelayMs: 15,
  messageSendingAverageDelayMs: 20,
  loopCoverTrafficAverageDelayMs: 200,
  disableMainPoissonPacketDistribution: false,
  disableLoopCoverTrafficStream: false,
  ackWaitMultiplier: 1.5,
  ackWaitAdditionMs: 1500,
  maximumNumberOfRetransmissions: 30,
  maximumNumberOfReplyRetransmissions: 10,
});

/** One hour: nothing here makes sense beyond it, and all sums stay exact. */
const MAX_MS = 3_600_000;

const ranges: { readonly [Name in keyof Traffic]: 'boolean' | { min: number; max: number; whole?: true } } = {
  averagePacketDelayMs: { min: 0, max: MAX_MS },
  averageAckDelayMs: { min: 0, max: MAX_MS },
  messageSendingAverageDelayMs: { min: 0.1, max: MAX_MS },
  loopCoverTrafficAverageDelayMs: { min: 0.1, max: MAX_MS },
  disableMainPoissonPacketDistribution: 'boolean',
  disableLoopCoverTrafficStream: 'boolean',
  ackWaitMultiplier: { min: 1, max: 100 },
  ackWaitAdditionMs: { min: 0, max: MAX_MS },
  maximumNumberOfRetransmissions: { min: 0, max: 1_000_000, whole: true },
  maximumNumberOfReplyRetransmissions: { min: 0, max: 1_000_000, whole: true },
};

/** The defaults with `wishes` over them. Throws a TypeError naming the option that does not exist, or has a value it cannot have. */
export function completeTraffic(wishes: Partial<Traffic> = {}): Traffic {
  for (const [name, value] of Object.entries(wishes)) {
    if (!isOption(name)) throw new TypeError(`there is no traffic option ${JSON.stringify(name)}`);
    if (value !== undefined) check(name, value);
  }
  const given = Object.fromEntries(Object.entries(wishes).filter(([, value]) => value !== undefined));
  return Object.freeze({ ...defaultTraffic, ...given });
}

function isOption(name: string): name is keyof Traffic {
  return Object.hasOwn(ranges, name);
}

function check(name: keyof Traffic, value: unknown): void {
  const range = ranges[name];
  if (range === 'boolean') {
    if (typeof value !== 'boolean') throw new TypeError(`traffic.${name} is true or false`);
    return;
  }
  if (typeof value !== 'number') throw new TypeError(`traffic.${name} is a number`);
  const fits = value >= range.min && value <= range.max && (range.whole === undefined || Number.isInteger(value));
  if (!fits) {
    throw new TypeError(
      `traffic.${name} is ${range.whole ? 'a whole number' : 'a number'} of ${range.min} to ${range.max}`,
    );
  }
}
