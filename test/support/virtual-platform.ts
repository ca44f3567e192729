/** The clock that tests move: the same one that `mixfetch/devnet` offers to users. */

export { VirtualPlatform, type VirtualPlatformOptions } from '../../src/devnet/virtual-clock.ts';
