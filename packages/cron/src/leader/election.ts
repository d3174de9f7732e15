import type { StartContext } from '@keelson/kernel'
import { printable } from '@keelson/kernel/redact'
import { told } from '../told.js'
import { bounded } from './bounded.js'
import { type LeaseUse, seconds } from './lease-fit.js'
import type { LeaderLock, LockAnswer, LockSession } from './lock.js'
import { Stopwatch } from './stopwatch.js'
import { Term } from './term.js'

/** In ms: the least that an answer is waited for while nothing is held. */
const PATIENCE = 1_000

/** Asks for a lock until it has it. */
export class Election {
  readonly #lock: LeaderLock
  readonly #value: unknown
  readonly #holder: string
  readonly #ctx: StartContext
  readonly #measure: () => LeaseUse
  readonly #use: LeaseUse
  #session: LockSession | undefined
  #state: 'asks' | 'leads' | 'asks no more' = 'asks'
  /** In which a try was won after it had been given up, and none was answered since. */
  #unheard: LockSession | undefined
  /** Wakes it before its pause is over. */
  #wake = () => {}

  constructor(lock: LeaderLock, value: unknown, holder: string, ctx: StartContext, measure: () => LeaseUse) {
    this.#lock = lock
    this.#value = value
    this.#holder = holder
    this.#ctx = ctx
    this.#measure = measure
    this.#use = measure()
  }

  /** Resolves when it leads; `lost` is called when that is over. Rejects when its start is told to end. */
  async win(lost: (reason: Error) => void): Promise<Term> {
    const { signal } = this.#ctx
    const wake = () => this.#wake()
    signal.addEventListener('abort', wake)
    try {
      for (;;) {
        signal.throwIfAborted()
        const term = await this.#try(lost)
        if (term !== undefined) {
          this.#state = 'leads'
          return term
        }
        signal.throwIfAborted()
        await this.#pause(this.#use.renewMs * (1 - 0.1 * this.#random()))
      }
    } finally {
      signal.removeEventListener('abort', wake)
      if (this.#state === 'asks') {
        this.#state = 'asks no more'
        if (this.#unheard !== undefined) giveBack(this.#unheard)
      }
      this.#close()
    }
  }

  async #try(lost: (reason: Error) => void): Promise<Term | undefined> {
    const { clock, signal } = this.#ctx
    const patience = Math.max(PATIENCE, this.#use.renewMs)
    try {
      this.#session ??= await this.#open(patience)
      const held = new Stopwatch(clock)
      const answer = await this.#ask(this.#session, patience)
      if (!answer.taken) {
        this.#ctx.standBy(answer.holder === undefined ? 'another process leads' : `${shown(answer.holder)} leads`)
        return undefined
      }
      return await this.#lead(answer.token, answer.waitMs ?? 0, held, lost)
    } catch (error) {
      if (!signal.aborted) this.#ctx.standBy(`the lock cannot be asked for: ${told(error)}`)
      this.#close()
      return undefined
    }
  }

  async #ask(session: LockSession, patience: number): Promise<LockAnswer> {
    const { clock, signal } = this.#ctx
    const late = ({ taken }: LockAnswer) => taken && this.#wonLate(session)
    const answer = await bounded(session.acquire(), patience, 'the lock', clock, { signal, late })
    this.#unheard = undefined
    return answer
  }

  /**
   * While it asks, what is given too late is found by the next try, being the same holder's: to give it back would be to give back what
   * that one may have won meanwhile. What is given to nobody any more is given back.
   */
  #wonLate(session: LockSession): void {
    if (this.#state === 'asks') this.#unheard = session
    else if (this.#state === 'asks no more') giveBack(session)
  }

  async #open(patience: number): Promise<LockSession> {
    const { clock, signal } = this.#ctx
    const opened = this.#lock.open(this.#value, this.#holder)
    const session = await bounded(opened, patience, 'the lock', clock, { signal, late: (session) => session.close() })
    session.onReleased?.(() => this.#wake())
    return session
  }

  /** It has the lock; whoever had it before may have to notice first. */
  async #lead(token: bigint, waitMs: number, held: Stopwatch, lost: (reason: Error) => void): Promise<Term | undefined> {
    let gone: Error | undefined
    let tell = (reason: Error) => {
      gone = reason
      this.#wake()
    }
    const term = new Term(token, this.#session!, held, this.#ctx.clock, this.#measure, (reason) => tell(reason))
    if (waitMs > 0 && !term.over) {
      this.#ctx.standBy(`it has the lock, and leads in ${seconds(waitMs)}, when whoever had it before must have noticed`)
      await this.#pause(waitMs)
    }
    if (this.#ctx.signal.aborted) {
      this.#session = undefined
      await term.end(PATIENCE).catch(() => {})
      return undefined
    }
    if (gone !== undefined) throw gone
    tell = lost
    this.#session = undefined // it is the term's
    return term
  }

  #pause(ms: number): Promise<void> {
    const { clock, signal } = this.#ctx
    return new Promise((resolve) => {
      const over = () => {
        clock.clearTimeout(timer)
        this.#wake = () => {}
        resolve()
      }
      const timer = clock.setTimeout(over, ms)
      this.#wake = over
      if (signal.aborted) over()
    })
  }

  #close(): void {
    this.#session?.close()
    this.#session = undefined
  }

  #random(): number {
    return this.#ctx.clock.random?.() ?? Math.random()
  }
}

/** As far as that can be done: nobody waits for it. */
function giveBack(session: LockSession): void {
  void Promise.resolve()
    .then(() => session.release())
    .catch(() => {})
}

/** Without what makes it unique; whoever can write to the lock's server may have written it. */
function shown(holder: string): string {
  return printable(holder.slice(0, 100).replace(/:[0-9a-f]{6}$/, ''))
}
