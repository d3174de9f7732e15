// The few globals that every JavaScript runtime has and the ES library does not declare. The kernel may use these and
// nothing else of its surroundings: compiled with `types: []`, it proves that it imports nothing from `node:`.
interface AbortSignal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
  throwIfAborted(): void
}
interface AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}
declare var AbortController: { new (): AbortController; prototype: AbortController }
declare var performance: { now(): number }
declare function setTimeout(callback: () => void, ms: number): unknown
declare function clearTimeout(handle: unknown): void
declare var setImmediate: ((callback: () => void) => unknown) | undefined
