/** Whether a part of the network works: a dead one refuses connections, a stalled one takes them and does nothing. */
export type PartState = 'up' | 'dead' | 'stalled';

/** A part of the network that a test can take away. Each method does nothing where it would change nothing. */
export interface Switchable {
  readonly state: PartState;
  /** Closes its connections and its port. */
  kill(): Promise<void>;
  /** Keeps its connections, and leaves everything unanswered. */
  stall(): void;
  /** Works again, under its old address; what was kept waiting is done now. */
  revive(): Promise<void>;
}
