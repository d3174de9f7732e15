export type ErrorOrigin = 'uncaught exception' | 'unhandled rejection'

/** X3: hears of every error that nobody else handles, until the returned function is called. */
export function catchErrors(listener: (error: unknown, origin: ErrorOrigin) => void): () => void {
  const onException = (error: unknown, from: NodeJS.UncaughtExceptionOrigin) => {
    // With --unhandled-rejections=strict a rejection comes as an exception first, and then as itself.
    if (from !== 'unhandledRejection') listener(error, 'uncaught exception')
  }
  const onRejection = (error: unknown) => listener(error, 'unhandled rejection')
  process.on('uncaughtException', onException)
  process.on('unhandledRejection', onRejection)
  return () => {
    process.off('uncaughtException', onException)
    process.off('unhandledRejection', onRejection)
  }
}
