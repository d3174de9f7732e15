import { AsyncLocalStorage, createHook } from 'node:async_hooks'
import process from 'node:process'

/** The case that somebody works for: what the test runner and the suite itself do beside it is not counted. */
const cases = new AsyncLocalStorage<LeakMeter>()

/** Does `work` for the suite itself. */
export function uncounted<R>(work: () => R): R {
  return cases.exit(work)
}

/** Counts what is set up while a case is played, and not taken away. */
export class LeakMeter {
  /** Timers that are set, by id, and where. */
  readonly #timers = new Map<number, { timer: WeakRef<NodeJS.Timeout>; where: string }>()
  readonly #hook = createHook({
    init: (id, type, _trigger, resource) => {
      if (type !== 'Timeout' || cases.getStore() !== this) return
      this.#timers.set(id, { timer: new WeakRef(resource as NodeJS.Timeout), where: callerOf(new Error().stack) })
    },
    destroy: (id) => {
      this.#timers.delete(id)
    },
  })

  /** Does `work`, and counts what it sets up. */
  async follow<R>(work: () => Promise<R>): Promise<R> {
    this.#hook.enable()
    try {
      return await cases.run(this, work)
    } finally {
      this.#hook.disable()
    }
  }

  /** How many timers are set, those that keep no process alive included. */
  get timers(): number {
    return this.#timers.size
  }

  /** Where timers were set that keep the process alive. */
  get holdingTimers(): string[] {
    return [...this.#timers.values()].filter(({ timer }) => timer.deref()?.hasRef()).map(({ where }) => where)
  }

  /** Where most of the timers were set. */
  get mostTimers(): string {
    const counts = new Map<string, number>()
    for (const { where } of this.#timers.values()) counts.set(where, (counts.get(where) ?? 0) + 1)
    return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 'nobody'
  }
}

/** The first frame that is not of Node or of this suite. */
function callerOf(stack = ''): string {
  const frames = stack.split('\n').slice(1)
  const outside = frames.find((frame) => !/node:|leak-meter/.test(frame)) ?? frames.at(-1) ?? ''
  return outside.trim().replace(/^at /, '')
}

/** Sockets of this process that are connected to a port and keep the process alive. */
export function socketsTo(port: number): number {
  const { _getActiveHandles: handles } = process as { _getActiveHandles?: () => readonly object[] }
  return handles?.call(process).filter((handle) => (handle as { remotePort?: number }).remotePort === port).length ?? 0
}
