interface Emitter {
  // biome-ignore lint/suspicious/noExplicitAny: as node:events has it.
  on(event: string, listener: (...args: any[]) => void): unknown
  // biome-ignore lint/suspicious/noExplicitAny: as node:events has it.
  off(event: string, listener: (...args: any[]) => void): unknown
}

/** Settles at the first of two events, or as `work` does, and leaves no listener behind. */
export async function firstOf(emitter: Emitter, good: string, bad: string, work?: Promise<unknown>): Promise<void> {
  let stop = () => {}
  const event = new Promise<void>((resolve, reject) => {
    const onGood = () => resolve()
    emitter.on(good, onGood)
    emitter.on(bad, reject)
    stop = () => {
      emitter.off(good, onGood)
      emitter.off(bad, reject)
    }
  })
  try {
    await (work === undefined ? event : Promise.race([work, event]))
  } finally {
    stop()
    work?.catch(() => {}) // it may fail later, too
    event.catch(() => {})
  }
}
