import type { Milliseconds, Platform } from '../platform/platform.ts';
import { Alarm } from './alarm.ts';
import { BuildTime } from './build-time.ts';
import type { ReadyPackets, RealPacket } from './ready-packets.ts';
import { SendSchedule } from './send-schedule.ts';
import { SendingDelay, SOCKET_CAPACITY_PACKETS } from './sending-delay.ts';
import type { Counters } from './stats.ts';
import type { Traffic } from './traffic.ts';

/** The way to the gateway. */
export interface Wire<Packet> {
  readonly connected: boolean;
  /** False where the packet was not taken. */
  send(packet: Packet): boolean;
  /** Bytes the socket has not passed on yet. */
  readonly bufferedBytes: number;
}

export interface TrafficStreamsOptions<Item, Packet> {
  readonly platform: Platform;
  readonly traffic: Traffic;
  readonly wire: Wire<Packet>;
  readonly ready: ReadyPackets<Item, Packet>;
  readonly counters: Counters;
  /** A real packet was handed to the socket. */
  readonly sent: (real: RealPacket<Item, Packet>, now: Milliseconds) => void;
}

/**
 * What leaves the client: the main stream, whose every slot carries a real packet or else cover, and the loop cover
 * stream, which runs on its own. The rates never depend on what there is to send. A slot that finds the socket full, or
 * gone, passes without a packet, and is not made up for.
 */
export class TrafficStreams<Item, Packet> {
  readonly #options: TrafficStreamsOptions<Item, Packet>;
  readonly #alarm: Alarm;
  readonly #pumpAlarm: Alarm;
  readonly #prepareAlarm: Alarm;
  readonly #delay: SendingDelay;
  readonly #main: SendSchedule | undefined;
  readonly #loop: SendSchedule | undefined;
  readonly #buildTime = new BuildTime();
  #running = false;
  #woken = false;

  constructor(options: TrafficStreamsOptions<Item, Packet>) {
    const { platform, traffic } = options;
    const now = platform.now();
    const schedule = (meanMs: number) => new SendSchedule({ meanMs, random: platform.randomBytes, now });
    this.#options = options;
    this.#alarm = new Alarm(platform, () => this.#slots());
    this.#pumpAlarm = new Alarm(platform, () => this.#pump());
    this.#prepareAlarm = new Alarm(platform, () => this.#prepare());
    this.#delay = new SendingDelay(now);
    if (!traffic.disableMainPoissonPacketDistribution) this.#main = schedule(traffic.messageSendingAverageDelayMs);
    if (!traffic.disableLoopCoverTrafficStream) this.#loop = schedule(traffic.loopCoverTrafficAverageDelayMs);
  }

  start(): void {
    this.#running = true;
    if (this.#main !== undefined || this.#loop !== undefined) this.#prepare();
    this.#setAlarm();
    this.wake();
  }

  stop(): void {
    this.#running = false;
    this.#alarm.set(undefined);
    this.#pumpAlarm.set(undefined);
    this.#prepareAlarm.set(undefined);
  }

  /** Something was queued, or the link is up again. */
  wake(): void {
    if (this.#woken || !this.#running) return;
    this.#woken = true;
    queueMicrotask(() => {
      this.#woken = false;
      if (!this.#running) return;
      if (this.#main === undefined) this.#pump();
      else this.#prepare();
    });
  }

  /** When the next packet is due; infinity without streams. What takes time should be done before, or after. */
  get nextDeadline(): Milliseconds {
    return Math.min(...[this.#main, this.#loop].map(schedule => schedule?.nextDeadline ?? Number.POSITIVE_INFINITY));
  }

  #slots(): void {
    const now = this.#options.platform.now();
    if (this.#main !== undefined) {
      this.#main.multiplier = this.#delay.observe(now, this.#packetsInSocket());
      for (let slots = this.#main.due(now); slots > 0; slots--) this.#mainSlot(now);
    }
    for (let slots = this.#loop?.due(now) ?? 0; slots > 0; slots--) this.#coverSlot(now);
    this.#prepare();
    this.#setAlarm();
  }

  #mainSlot(now: Milliseconds): void {
    const real = this.#open() ? this.#options.ready.takeReal(now) : undefined;
    if (real === undefined) this.#coverSlot(now);
    else if (!this.#sendReal(real, now)) this.#options.counters.slotsMissed += 1;
  }

  #coverSlot(now: Milliseconds): void {
    const { ready, wire, counters } = this.#options;
    const cover = this.#open() ? ready.takeCover(now) : undefined;
    if (cover !== undefined && wire.send(cover)) counters.coverSent += 1;
    else counters.slotsMissed += 1;
  }

  /** Without a main stream: sends what is queued, as fast as the socket takes it, with pauses for other tasks. */
  #pump(): void {
    const { platform, ready, wire } = this.#options;
    const start = platform.now();
    for (let packets = 0; packets < MAX_SLICE_PACKETS && platform.now() - start < MAX_SLICE_MS; packets++) {
      if (!wire.connected) return; // woken when it is back
      const now = platform.now();
      const real = this.#open() ? ready.nextReal(now) : undefined;
      if (real === undefined && this.#open()) return; // nothing is queued
      if (real === undefined || !this.#sendReal(real, now)) {
        this.#pumpAlarm.set(now + FULL_SOCKET_PAUSE_MS);
        return;
      }
    }
    this.#pumpAlarm.set(platform.now());
  }

  #sendReal(real: RealPacket<Item, Packet>, now: Milliseconds): boolean {
    const { wire, ready, counters, sent } = this.#options;
    if (!wire.send(real.packet)) {
      ready.putBack(real, now);
      return false;
    }
    counters.realSent += 1;
    sent(real, now);
    return true;
  }

  /**
   * Builds what is missing, as far as there is time before the next slot: a slot never waits for a build that is not its own.
   * Other tasks have their turn in between: a page must be able to draw.
   */
  #prepare(): void {
    const { ready, platform } = this.#options;
    const deadline = this.nextDeadline;
    const start = platform.now();
    let [now, took] = [start, 0];
    while (deadline - now > this.#buildTime.longest) {
      if (now - start + took > MAX_SLICE_MS) {
        if (!ready.complete) this.#prepareAlarm.set(now);
        return;
      }
      if (!ready.prepareOne(now)) return;
      const before = now;
      now = platform.now();
      took = now - before;
      this.#buildTime.add(took);
    }
  }

  #setAlarm(): void {
    const deadline = this.nextDeadline;
    this.#alarm.set(deadline === Number.POSITIVE_INFINITY ? undefined : deadline);
  }

  /** Whether the socket is there and has room. */
  #open(): boolean {
    return this.#options.wire.connected && this.#packetsInSocket() < SOCKET_CAPACITY_PACKETS;
  }

  #packetsInSocket(): number {
    return Math.ceil(this.#options.wire.bufferedBytes / FRAME_BYTES);
  }
}

/** A regular packet as it goes to the gateway: 2413 bytes, its first hop, and the frame around them. */
const FRAME_BYTES = 2452;
const MAX_SLICE_PACKETS = 16;
const MAX_SLICE_MS = 5;
const FULL_SOCKET_PAUSE_MS = 5;
