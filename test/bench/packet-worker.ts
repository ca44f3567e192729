/** One variant in its own process: builds parcels for a slice of time whenever it is told to, and hands them over. */

import type { Parcel, Scenario } from './packet-scenario.ts';

export type Order =
  | { readonly scenario: Scenario }
  | { readonly slice: { readonly ms: number; readonly warmUp: number } };

export interface Slice {
  readonly microseconds: number;
  readonly parcels: readonly Parcel[];
}

export function work(parcelBuilder: (scenario: Scenario) => () => Parcel): void {
  let build: (() => Parcel) | undefined;
  process.on('message', (order: Order) => {
    if ('scenario' in order) {
      build = parcelBuilder(order.scenario);
      process.send?.('ready');
    } else if (build !== undefined) process.send?.(slice(build, order.slice.ms, order.slice.warmUp));
  });
}

/** Processor time, collection of garbage included: what else the machine does counts only through its caches. */
function slice(build: () => Parcel, ms: number, warmUp: number): Slice {
  for (let i = 0; i < warmUp; i++) build();
  const parcels: Parcel[] = [];
  const start = process.cpuUsage();
  let elapsed = 0;
  do {
    parcels.push(build());
    const { user, system } = process.cpuUsage(start);
    elapsed = user + system;
  } while (elapsed < ms * 1000);
  return { microseconds: elapsed, parcels };
}
