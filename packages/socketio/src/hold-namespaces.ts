import type { Io, Namespace } from './io-like.js'

/**
 * Returns a function from whose call on no client comes into a further namespace. It is not refused, which would keep it away for
 * good, but gets no answer: it asks again when it has reconnected.
 */
export function holdNamespaces(io: Io): () => void {
  let holding = false

  function hold(namespace: Namespace): void {
    namespace.use((_socket, next) => {
      if (!holding) next()
    })
  }

  for (const namespace of io._nsps.values()) hold(namespace)
  io.sockets.on('new_namespace', hold)
  return () => {
    holding = true
  }
}
