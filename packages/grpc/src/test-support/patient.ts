/** For `expect.poll()`: a busy machine gets there, too. */
export const PATIENT = { timeout: 20_000, interval: 10 } as const
