import { now } from '../time.js'

/** So many wrong tokens may be tried at once, by one client and by all; after that, one in so many ms. */
const OF_ONE = { burst: 10, pause: 10_000 }
const OF_ALL = { burst: 100, pause: 1_000 }
/** More clients than these are counted as one. */
const MOST_CLIENTS = 1_000

/** How many tries there are left. */
interface Bucket {
  left: number
  at: number
}

/** Counts wrong tokens, so that nobody can try many. */
export class Attempts {
  readonly #clients = new Map<string, Bucket>()
  readonly #others: Bucket = { left: OF_ONE.burst, at: now() }
  readonly #all: Bucket = { left: OF_ALL.burst, at: now() }

  /** How long this client has to wait before its token is looked at, in ms; 0 for not at all. */
  waitOf(client: string): number {
    const own = this.#clients.get(client) ?? (this.#clients.size < MOST_CLIENTS ? undefined : this.#others)
    return Math.max(own === undefined ? 0 : waitOf(own, OF_ONE), waitOf(this.#all, OF_ALL))
  }

  failed(client: string): void {
    this.#bucketOf(client).left--
    this.#all.left--
  }

  #bucketOf(client: string): Bucket {
    const known = this.#clients.get(client)
    if (known !== undefined) return known
    if (this.#clients.size >= MOST_CLIENTS) this.#forgetFull()
    if (this.#clients.size >= MOST_CLIENTS) return this.#others
    const bucket = { left: OF_ONE.burst, at: now() }
    this.#clients.set(client, bucket)
    return bucket
  }

  /** Those who might try as often as anybody who has never failed. */
  #forgetFull(): void {
    for (const [client, bucket] of this.#clients) {
      waitOf(bucket, OF_ONE)
      if (bucket.left >= OF_ONE.burst) this.#clients.delete(client)
    }
  }
}

function waitOf(bucket: Bucket, { burst, pause }: typeof OF_ONE): number {
  const time = now()
  const gained = Math.max(0, Math.floor((time - bucket.at) / pause))
  if (gained > 0) {
    bucket.left = Math.min(burst, bucket.left + gained)
    bucket.at += gained * pause
  }
  if (bucket.left >= burst) bucket.at = time
  return bucket.left > 0 ? 0 : Math.max(1, bucket.at + pause - time)
}
