export interface ReplyOptions {
  /**
   * Messages of one lane are sent in their order and share a fate: see `laneLength` and `dropLane`. Lanes take turns, so that
   * a long message does not hold up a short one. Default: one for all that name none.
   */
  readonly lane?: string | undefined;
  /** Gives the message up: it is neither sent nor sent again. */
  readonly signal?: AbortSignal | undefined;
}

export interface SendOptions extends ReplyOptions {
  /** How many reply blocks go with the message, 0 to 500. Default: it is not sent under a pseudonym. */
  readonly replySurbs?: number | undefined;
  /** Messages under different strings cannot be told by their recipient to be of one client. Only with `replySurbs`. */
  readonly isolation?: string | undefined;
}
