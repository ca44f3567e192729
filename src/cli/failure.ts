import { MixnetError } from '../errors.ts';
import { CommandError } from './command.ts';
import { type ExitCode, exitCodeOf } from './exit-codes.ts';

export interface Failure {
  readonly exitCode: ExitCode;
  readonly message: string;
}

/** What to say about an error, and what to exit with. `answered`: whether the head of an answer had come. */
export function failureOf(error: unknown, answered = false): Failure {
  if (error instanceof CommandError) return { exitCode: error.exitCode, message: error.message };
  const cause = error instanceof MixnetError ? error : causeOf(error);
  if (cause instanceof MixnetError) {
    return { exitCode: exitCodeOf(cause.code, answered), message: `${cause.message} [${cause.code}]` };
  }
  // What fetch throws for arguments that cannot be.
  if (error instanceof TypeError && cause === undefined) return { exitCode: 2, message: error.message };
  return { exitCode: 119, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
