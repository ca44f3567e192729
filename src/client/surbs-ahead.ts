import type { Pseudonym } from './pseudonym.ts';

interface UnderWay {
  sent: number;
  /** Of those, the ones that stand for something that was asked for. */
  claimed: number;
}

/**
 * Reply blocks that were sent before they were asked for, and have not arrived yet. Who asks meanwhile does not know of them:
 * they are what is asked for, and need not be given twice.
 */
export class SurbsAhead {
  readonly #underWay = new Map<Pseudonym, UnderWay>();

  sent(pseudonym: Pseudonym, surbs: number): void {
    const { sent = 0, claimed = 0 } = this.#underWay.get(pseudonym) ?? {};
    this.#underWay.set(pseudonym, { sent: sent + surbs, claimed });
  }

  /** Or they are lost. The first to arrive are those that are waited for. */
  arrived(pseudonym: Pseudonym, surbs: number): void {
    const { sent = 0, claimed = 0 } = this.#underWay.get(pseudonym) ?? {};
    if (sent <= surbs) this.#underWay.delete(pseudonym);
    else this.#underWay.set(pseudonym, { sent: sent - surbs, claimed: Math.max(0, claimed - surbs) });
  }

  /** How many of the reply blocks that are asked for are under way. Each counts once. */
  claim(pseudonym: Pseudonym, asked: number): number {
    const underWay = this.#underWay.get(pseudonym);
    if (underWay === undefined) return 0;
    const claimed = Math.min(asked, underWay.sent - underWay.claimed);
    underWay.claimed += claimed;
    return claimed;
  }
}
