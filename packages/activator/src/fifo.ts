/** A place in a `Fifo`: hand it back to leave the line early. */
export interface Place<T> {
  readonly value: T;
  previous: Place<T> | undefined;
  next: Place<T> | undefined;
  present: boolean;
}

/** A first-in-first-out line that can be left from anywhere; every step costs the same, however long it is. */
export class Fifo<T> {
  #first: Place<T> | undefined;
  #last: Place<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): Place<T> | undefined {
    return this.#first;
  }

  push(value: T): Place<T> {
    const place: Place<T> = { value, previous: this.#last, next: undefined, present: true };
    if (this.#last) this.#last.next = place;
    else this.#first = place;
    this.#last = place;
    this.#size++;
    return place;
  }

  /** Takes the first out. */
  shift(): T | undefined {
    const place = this.#first;
    if (place) this.remove(place);
    return place?.value;
  }

  /** Takes the last out. */
  pop(): T | undefined {
    const place = this.#last;
    if (place) this.remove(place);
    return place?.value;
  }

  /** Moves the first behind the last. */
  rotate(): void {
    const place = this.#first;
    if (!place || !place.next || !this.#last) return;
    this.#first = place.next;
    this.#first.previous = undefined;
    place.next = undefined;
    place.previous = this.#last;
    this.#last.next = place;
    this.#last = place;
  }

  /** False if that place was left before. */
  remove(place: Place<T>): boolean {
    if (!place.present) return false;
    place.present = false;
    if (place.previous) place.previous.next = place.next;
    else this.#first = place.next;
    if (place.next) place.next.previous = place.previous;
    else this.#last = place.previous;
    this.#size--;
    return true;
  }
}
