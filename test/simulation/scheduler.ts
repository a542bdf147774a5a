// Who comes next, by a seed: clients run until each waits at a storage call or has ended, then one of them goes on. Some clients are slow,
// and any may be stopped for a while, so that the others finish whole operations between two of its calls.

/** Numbers from 0 up to, not including, 1; the same for the same seed (mulberry32). */
export type Chance = () => number;

export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<Item>(items: readonly Item[], chance: Chance): Item {
  return items[Math.floor(chance() * items.length)]!;
}

interface Waiting {
  readonly client: string;
  readonly label: string;
  readonly resume: () => void;
}

interface Pace {
  readonly weight: number;
  /** It waits until so many turns were given. */
  stoppedUntil: number;
}

const turnsMax = 200_000;

export class Scheduler {
  readonly #chance: Chance;
  readonly #paces = new Map<string, Pace>();
  #waiting: Waiting[] = [];
  #running = 0;
  /** Every turn that was given, for the story of a seed that failed. */
  readonly story: string[] = [];
  /** Called once a turn, before it. */
  readonly #onTurn: () => void;

  constructor(chance: Chance, onTurn: () => void) {
    this.#chance = chance;
    this.#onTurn = onTurn;
  }

  /** Waits for this client's turn; `label` is for the story. */
  turn(client: string, label: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ client, label, resume: resolve }));
  }

  /** Runs all clients to their ends; fails as the first one that failed. */
  async run(clients: ReadonlyMap<string, () => Promise<void>>): Promise<void> {
    let failed: { readonly error: unknown } | undefined;
    for (const [name, work] of clients) {
      this.#paces.set(name, { weight: pick([1, 3, 10], this.#chance), stoppedUntil: 0 });
      this.#running += 1;
      work()
        .catch((error: unknown) => {
          failed ??= { error };
        })
        .finally(() => {
          this.#running -= 1;
        });
    }
    while (failed === undefined) {
      // Everything but storage is synchronous or a microtask: after this, each client waits or has ended.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#running === 0) break;
      if (this.#waiting.length === 0) continue;
      if (this.story.length > turnsMax) throw new Error('the clients make no progress');
      this.#onTurn();
      const next = this.#choose();
      this.#waiting = this.#waiting.filter((one) => one !== next);
      this.story.push(`${next.client} ${next.label}`);
      next.resume();
    }
    if (failed !== undefined) throw failed.error;
  }

  #choose(): Waiting {
    const now = this.story.length;
    const paces = this.#paces;
    const paceOf = (one: Waiting): Pace => paces.get(one.client)!;
    const stopped = paces.get(pick(this.#waiting, this.#chance).client)!;
    if (this.#chance() < 0.02) stopped.stoppedUntil = now + Math.ceil(this.#chance() ** 2 * 300);
    const able = this.#waiting.filter((one) => paceOf(one).stoppedUntil <= now);
    const among = able.length === 0 ? this.#waiting : able;
    const total = among.reduce((sum, one) => sum + paceOf(one).weight, 0);
    let at = this.#chance() * total;
    for (const one of among) {
      at -= paceOf(one).weight;
      if (at < 0) return one;
    }
    return among.at(-1)!;
  }
}
