/** So many more slots in vain than of use, and a line is taken to be too long for those who stand in it. */
const vainToBegin = 8;

/**
 * Notices that first come, first served has stopped serving anybody. Where more requests come than there is room for, whoever
 * has come first has waited for nearly as long as their client will, and leaves before the answer: every slot is then given in
 * vain. From when that is seen until nobody waits any more, every second slot goes to whoever has come last, and can still be
 * answered in time. The others go to whoever has come first, so that the patient are not passed over for ever.
 */
export class Overload {
  #vain = 0;
  #isOn = false;
  #newestNext = false;

  /** A request that had waited lost its client before its answer began. */
  inVain(): void {
    this.#vain = Math.min(vainToBegin, this.#vain + 1);
    if (this.#vain === vainToBegin) this.#isOn = true;
  }

  /** A request that had waited was answered. */
  answered(): void {
    this.#vain = Math.max(0, this.#vain - 1);
  }

  /** Nobody waits any more. */
  over(): void {
    this.#vain = 0;
    this.#isOn = false;
  }

  /** Whether the next slot goes to whoever has come last. To be asked once for each slot. */
  takesNewest(): boolean {
    this.#newestNext = this.#isOn && !this.#newestNext;
    return this.#newestNext;
  }
}
