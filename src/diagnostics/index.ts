/** What a client and a fetch tell of themselves: events, channels of Node, and lines for a logger. */

export { Diagnostics, type DiagnosticsOptions } from './diagnostics.ts';
export { DiagnosticEvent, DiagnosticsTarget, TypedEventTarget } from './event-target.ts';
export {
  type ClientEventDetails,
  type DiagnosticDetails,
  type DiagnosticName,
  diagnosticEvents,
  diagnosticFields,
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
