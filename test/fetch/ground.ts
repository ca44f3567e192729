/** What a bed stands on: exit and origin in this process. In browsers, `test/browser/ground.ts` has its place. */

export { LoopbackExit as Exit, type LoopbackOptions as ExitOptions } from '../support/loopback-streams.ts';
export { type Origin, type OriginOptions, startOrigin } from '../support/origin.ts';
