import { systemClock, type WorkInFlight } from '@keelson/kernel'
import { CallSite } from '../watch/call-site.js'
import type { SqlLike } from './sql-like.js'

const UNTRACED = 'traceClients: true tells where it began'

interface Hold {
  readonly what: string
  readonly since: number
  readonly site: CallSite | undefined
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
      const end = this.#begin('transaction', begin)
      try {
        return await plainBegin(...args)
      } finally {
        end()
      }
    }
    const reserve: SqlLike['reserve'] = async () => {
      const end = this.#begin('reserved connection', reserve)
      try {
        const reserved = await plainReserve()
        const { release } = reserved
        reserved.release = () => {
          end()
          release()
        }
        return reserved
      } catch (error) {
        end()
        throw error
      }
    }
    Object.assign(sql, { begin, reserve })
  }

  get count(): number {
    return this.#holds.size
  }

  list(): WorkInFlight[] {
    const now = systemClock.now()
    return [...this.#holds].map(({ what, since, site }) => ({
      label: site?.place === undefined ? what : `${what}, begun at ${site.place}`,
      sinceMs: now - since,
      ...(this.#traced ? {} : { hint: UNTRACED }),
    }))
  }

  #begin(what: string, called: (...args: never[]) => unknown): () => void {
    const hold: Hold = { what, since: systemClock.now(), site: this.#traced ? new CallSite(called) : undefined }
    this.#holds.add(hold)
    return () => void this.#holds.delete(hold)
  }
}
