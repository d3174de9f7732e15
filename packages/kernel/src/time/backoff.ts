/** How pauses grow. */
export interface Backoff {
  /** The first, in ms. */
  readonly delay: number
  readonly factor: number
  /** The longest, in ms. */
  readonly maxDelay: number
  /** The part of each, 0 to 1, that is left to chance. */
  readonly jitter: number
}

/** The pause after so many others, in ms: it grows up to the longest, and jitter only ever shortens it. */
export function backoff({ delay, factor, maxDelay, jitter }: Backoff, before: number, random: () => number): number {
  // After a thousand pauses the power may be Infinity, and 0 times that is no number.
  const full = delay === 0 ? 0 : Math.min(maxDelay, delay * factor ** before)
  return full * (1 - jitter * random())
}
