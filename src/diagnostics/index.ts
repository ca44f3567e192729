/** What a client and a fetch tell of themselves: events, channels of Node, and lines for a logger. */

export { Diagnostics, type DiagnosticsOptions, type Listeners } from './diagnostics.ts';
export { DiagnosticEvent, type DiagnosticEvents, DiagnosticsTarget, TypedEventTarget } from './event-target.ts';
export {
  type ClientEventDetails,
  type DiagnosticDetails,
  type DiagnosticName,
  diagnosticNames,
  type FailureCode,
  failureCodeOf,
  isLogged,
  logLevels,
  type RequestEnd,
  type RequestError,
  type RequestHeaders,
  type RequestStage,
  type RequestStart,
  type RequestTimes,
} from './events.ts';
export { isLogger, type Logger } from './logger.ts';
