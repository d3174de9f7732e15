// Taken before a test can fake them: what is sent to browsers must not wait for somebody to advance a clock.

export const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout
export const clearTimeout: typeof globalThis.clearTimeout = globalThis.clearTimeout
/** In ms since the epoch. */
export const now: typeof Date.now = Date.now
