/** What a client and a fetch tell of themselves: events, channels of Node, and lines for a logger. */

export { Diagnostics, type DiagnosticsOptions, type Listeners } from './diagnostics.ts';
export { DiagnosticEvent, type DiagnosticEvents, DiagnosticsTarget, TypedEventTarget } from './event-target.ts';
export {
  type ClientEventDetails,
  type DiagnosticDetails,
  type DiagnosticName,
  diagnosticEvents,
  diagnosticFields,
  diagnosticNames,
  type FailureCode,
  failureCodeOf,
  type RequestEnd,
  type RequestError,
  type RequestHeaders,
  type RequestStage,
  type RequestStart,
  type RequestTimes,
  requestStages,
} from './events.ts';
export { isLogger, type Logger } from './logger.ts';
