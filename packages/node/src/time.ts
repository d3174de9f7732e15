// Timers, ticks and the clock, taken before a test can fake them: what waits for real sockets must not wait for somebody to advance
// a clock.

export const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout
export const clearTimeout: typeof globalThis.clearTimeout = globalThis.clearTimeout
export const setInterval: typeof globalThis.setInterval = globalThis.setInterval
export const clearInterval: typeof globalThis.clearInterval = globalThis.clearInterval
export const setImmediate: typeof globalThis.setImmediate = globalThis.setImmediate
export const clearImmediate: typeof globalThis.clearImmediate = globalThis.clearImmediate
export const nextTick: typeof process.nextTick = process.nextTick
/** In ms since the epoch. */
export const wallClock: typeof Date.now = Date.now
/** In ms, of a clock that only goes forward. */
export const now: () => number = performance.now.bind(performance)
