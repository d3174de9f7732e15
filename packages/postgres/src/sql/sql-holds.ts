import { systemClock, type WorkInFlight } from '@keelson/kernel'
import { CallSite } from '../watch/call-site.js'
import { isGivenUp, keptFor } from '../watch/kept.js'
import type { SqlLike } from './sql-like.js'

const UNTRACED = 'traceClients: true tells where it began'

interface Hold {
  readonly what: string
  readonly since: number
  readonly site: CallSite | undefined
  /** What is reserved, once it is. */
  reserved?: object
}

/** The transactions of a client of postgres.js that are under way, and the connections that it has reserved for somebody. */
export class SqlHolds {
  readonly #holds = new Set<Hold>()
  readonly #traced: boolean

  /** Its `begin` and `reserve` are replaced by ones that note who called, and are otherwise the same. */
  constructor(sql: SqlLike, traced: boolean) {
    this.#traced = traced
    const { begin: plainBegin, reserve: plainReserve } = sql
    const begin: SqlLike['begin'] = async (...args) => {
      const hold = this.#begin('transaction', begin)
      try {
        return await plainBegin(...args)
      } finally {
        this.#holds.delete(hold)
      }
    }
    const reserve: SqlLike['reserve'] = async () => {
      const hold = this.#begin('reserved connection', reserve)
      try {
        const reserved = await plainReserve()
        hold.reserved = reserved
        const { release } = reserved
        reserved.release = () => {
          this.#holds.delete(hold)
          release()
        }
        return reserved
      } catch (error) {
        this.#holds.delete(hold)
        throw error
      }
    }
    Object.assign(sql, { begin, reserve })
  }

  get count(): number {
    return this.#held().length
  }

  /** What is kept on purpose counts as soon as a drain waits for it. */
  list(draining: boolean): WorkInFlight[] {
    const now = systemClock.now()
    const listed = this.#held().filter(({ reserved }) => draining || keptFor(reserved) === undefined)
    return listed.map(({ what, since, site, reserved }) => {
      const purpose = keptFor(reserved)
      const label = purpose === undefined ? what : `${what}, kept for ${purpose}`
      return {
        label: site?.place === undefined ? label : `${label}, begun at ${site.place}`,
        sinceMs: now - since,
        ...(this.#traced || purpose !== undefined ? {} : { hint: UNTRACED }),
      }
    })
  }

  /** Without those whose connection their holder has ended: nobody will release them. */
  #held(): Hold[] {
    for (const hold of this.#holds) if (isGivenUp(hold.reserved)) this.#holds.delete(hold)
    return [...this.#holds]
  }

  #begin(what: string, called: (...args: never[]) => unknown): Hold {
    const hold: Hold = { what, since: systemClock.now(), site: this.#traced ? new CallSite(called) : undefined }
    this.#holds.add(hold)
    return hold
  }
}
