import type { StartContext } from '@keelson/kernel'
import type { HookRunner } from './follow-hooks.js'

/**
 * Runs the hooks of providers as steps of the start, and at the end so that none of their errors is lost: Nest logs those of some
 * versions and forgets them, and in others the first one keeps the rest from being called. One that has not ended when `app.close()` is
 * given up is named.
 */
export function hookRuns(ctx: StartContext): HookRunner {
  const open = new Set<string>()
  const errors: Error[] = []

  // The last of the cleanups, after app.close(), and one of those that are called at once when time is up.
  ctx.defer(() => {
    if (open.size > 0) {
      const texts = [...errors.map(({ message }) => message), `${[...open].join(', ')} did not end`]
      throw new AggregateError(errors, texts.join('; '))
    }
    // Each is an error of the shutdown by itself, in their order: what is deferred last runs first.
    const [first, ...others] = errors
    for (const error of others.reverse()) ctx.defer(() => Promise.reject(error))
    if (first !== undefined) throw first
  })

  async function ending(who: string, call: () => unknown): Promise<void> {
    open.add(who)
    try {
      await call()
    } catch (cause) {
      errors.push(new Error(`${who} failed: ${textOf(cause)}`, { cause }))
    } finally {
      open.delete(who)
    }
  }

  return (who, hook, call) =>
    hook === 'onModuleInit' || hook === 'onApplicationBootstrap' ? ctx.step(who, call) : ending(who, call)
}

/** The signal that was the reason of a shutdown, if one was. */
export function signalIn(reason: string): string | undefined {
  return /^SIG[A-Z0-9]+$/.test(reason) ? reason : undefined
}

/** Anything can be thrown, also what cannot be printed. */
function textOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown)
  } catch {
    return 'a value that cannot be printed'
  }
}
