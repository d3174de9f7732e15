const FIRST = 500
const MOST = 10_000

/** How long to wait before the next try to connect, in ms: doubling from 0.5 s to 10 s, spread by a fifth so that tabs do not come together. */
export function reconnectDelay(tries: number, random = Math.random()): number {
  const delay = Math.min(MOST, FIRST * 2 ** Math.min(tries, 10))
  return Math.round(delay * (0.8 + 0.4 * random))
}
