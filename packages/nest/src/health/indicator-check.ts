import type { HookContext } from '@keelson/kernel'

/** What an indicator of `@nestjs/terminus` may give. */
type Indicated = object | PromiseLike<object>

/**
 * An indicator of `@nestjs/terminus` as the `check` of a resource: what it says is down is a failed check, with its message.
 *
 * @example
 * const docs = resource('docs', {
 *   impact: 'degraded',
 *   start: () => new HttpHealthIndicator(…),
 *   check: indicatorCheck((http) => http.pingCheck('docs', 'https://docs.nestjs.com')),
 * })
 */
export function indicatorCheck<T>(
  indicator: (value: T, ctx: HookContext) => Indicated,
): (value: T, ctx: HookContext) => Promise<void> {
  return async (value, ctx) => {
    const result = (await indicator(value, ctx)) as Readonly<Record<string, { status?: unknown; message?: unknown }>>
    const down = Object.entries(result).filter(([, entry]) => entry?.status === 'down')
    if (down.length === 0) return
    throw new Error(
      down.map(([key, { message }]) => `${key} is down${typeof message === 'string' ? `: ${message}` : ''}`).join('; '),
    )
  }
}
