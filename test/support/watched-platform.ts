import { createPlatform } from '#platform';
import type { Platform } from '../../src/platform/platform.ts';

/** The platform of this machine, counting what was taken from it and not given back. */
export interface WatchedPlatform extends Platform {
  readonly timers: number;
  readonly holders: number;
}

export function watchedPlatform(): WatchedPlatform {
  const platform = createPlatform();
  const timers = new Set<object>();
  let holders = 0;
  return {
    ...platform,
    setTimer(callback, delay) {
      const timer = platform.setTimer(() => {
        timers.delete(timer);
        callback();
      }, delay);
      timers.add(timer);
      return {
        cancel() {
          timers.delete(timer);
          timer.cancel();
        },
      };
    },
    hold() {
      const letGo = platform.hold();
      let holding = true;
      holders += 1;
      return () => {
        if (holding) holders -= 1;
        holding = false;
        letGo();
      };
    },
    get timers() {
      return timers.size;
    },
    get holders() {
      return holders;
    },
  };
}
