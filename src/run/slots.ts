/** Room for so many builds at once, of which heavy ones take more than one place. Waits for nothing; knows no image. */
export class Slots {
  readonly #total: number;
  #taken = 0;

  constructor(total: number) {
    this.#total = total;
  }

  /** Takes places where there are as many; what is heavier than all of them together gets them all, when it is alone. */
  take(weight: number): boolean {
    if (this.#taken > 0 && this.#taken + weight > this.#total) return false;
    this.#taken += weight;
    return true;
  }

  give(weight: number): void {
    this.#taken -= weight;
  }
}
