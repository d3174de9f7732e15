/** What a write to an output fails with that nobody reads any more: the other end of a pipe, or a terminal, was closed. */
const GONE: ReadonlySet<unknown> = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'])

/**
 * X2: that nobody reads the standard output or error any more, as when a pager or `tee` ends first, is no failure of the process.
 * Until the returned function is called.
 */
export function bearDeadOutput(outputs: readonly NodeJS.EventEmitter[] = [process.stdout, process.stderr]): () => void {
  const listeners = outputs.map((output) => {
    const onError = (error: unknown) => {
      const gone = error instanceof Error && 'code' in error && GONE.has(error.code)
      // Without this listener Node would throw it, unless the application listens.
      if (!gone && output.listenerCount('error') === 1) throw error
    }
    output.on('error', onError)
    return () => void output.off('error', onError)
  })
  return () => {
    for (const quit of listeners) quit()
  }
}
