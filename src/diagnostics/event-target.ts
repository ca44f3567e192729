/** Event targets that know the types of their events. */

import type { DiagnosticDetails, DiagnosticName } from './events.ts';

export class DiagnosticEvent<Detail> extends Event {
  readonly detail: Detail;

  constructor(type: string, detail: Detail) {
    super(type);
    this.detail = detail;
  }
}

/** `Events`: the class of event by its type. */
export class TypedEventTarget<Events> extends EventTarget {
  /** What somebody has ever listened to: other events need not be made. */
  readonly #heard = new Set<string>();

  override addEventListener<Type extends keyof Events & string>(
    type: Type,
    listener: ((event: Events[Type]) => void) | null,
    options?: AddEventListenerOptions | boolean,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: AddEventListenerOptions | boolean,
  ): void;
  override addEventListener(type: string, listener: unknown, options?: AddEventListenerOptions | boolean): void {
    this.#heard.add(type);
    super.addEventListener(type, listener as EventListenerOrEventListenerObject | null, options);
    this.listened(type);
  }

  /** Somebody listens from now on. */
  protected listened(_type: string): void {}

  override removeEventListener<Type extends keyof Events & string>(
    type: Type,
    listener: ((event: Events[Type]) => void) | null,
    options?: EventListenerOptions | boolean,
  ): void;
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: EventListenerOptions | boolean,
  ): void;
  override removeEventListener(type: string, listener: unknown, options?: EventListenerOptions | boolean): void {
    super.removeEventListener(type, listener as EventListenerOrEventListenerObject | null, options);
  }

  protected isHeard(type: string): boolean {
    return this.#heard.has(type);
  }
}

export type DiagnosticEvents = { readonly [Name in DiagnosticName]: DiagnosticEvent<DiagnosticDetails[Name]> };

/** The events of a `mixFetch` and of the clients below it. */
export class DiagnosticsTarget extends TypedEventTarget<DiagnosticEvents> {
  hears(name: DiagnosticName): boolean {
    return this.isHeard(name);
  }

  tell<Name extends DiagnosticName>(name: Name, detail: DiagnosticDetails[Name]): void {
    if (this.hears(name)) this.dispatchEvent(new DiagnosticEvent(name, detail));
  }
}
