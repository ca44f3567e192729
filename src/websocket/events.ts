/** The events of a websocket that not every runtime has, and handlers by attribute (`onmessage = …`). */

/** HTML, "CloseEvent": Node has it from version 23 on. */
class OwnCloseEvent extends Event implements CloseEvent {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;

  constructor(type: string, { code = 0, reason = '', wasClean = false, ...init }: CloseEventInit = {}) {
    super(type, init);
    this.code = code;
    this.reason = reason;
    this.wasClean = wasClean;
  }
}

export function closeEvent(init: CloseEventInit): CloseEvent {
  const Class: typeof CloseEvent = globalThis.CloseEvent ?? OwnCloseEvent;
  return new Class('close', init);
}

/** A plain event in browsers, where pages may not learn more. */
export class MixWebSocketErrorEvent extends Event {
  /** Mostly a `MixnetError`. */
  readonly error: unknown;
  readonly message: string;

  constructor(error: unknown) {
    super('error');
    this.error = error;
    this.message = error instanceof Error ? error.message : '';
  }
}

/** HTML, "event handlers": one of each type, in the place among the listeners where it was first set. */
export class Handlers {
  readonly #target: EventTarget;
  readonly #handlers = new Map<string, { callback: Handler; readonly listener: (event: Event) => void }>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  get(type: string): Handler | null {
    return this.#handlers.get(type)?.callback ?? null;
  }

  /** What is no function takes the handler away. */
  set(type: string, callback: unknown): void {
    const current = this.#handlers.get(type);
    if (typeof callback !== 'function') {
      if (current !== undefined) this.#target.removeEventListener(type, current.listener);
      this.#handlers.delete(type);
    } else if (current !== undefined) current.callback = callback as Handler;
    else {
      const handler = {
        callback: callback as Handler,
        listener: (event: Event) => void handler.callback.call(this.#target, event),
      };
      this.#handlers.set(type, handler);
      this.#target.addEventListener(type, handler.listener);
    }
  }
}

type Handler = (this: EventTarget, event: Event) => unknown;
