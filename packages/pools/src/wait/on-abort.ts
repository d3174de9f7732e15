const crowds = new WeakMap<AbortSignal, { listeners: Set<() => void>; letGo: () => void }>()

/**
 * Calls `listener` when a signal that has not aborted does, until the returned function is called. A signal has one listener of
 * this package, however many wait for it: of more than ten Node warns as of a leak.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const { listeners, letGo } = crowdOf(signal)
  const own = () => listener() // one may wait twice
  listeners.add(own)
  return () => {
    listeners.delete(own)
    if (listeners.size === 0) letGo()
  }
}

function crowdOf(signal: AbortSignal) {
  const there = crowds.get(signal)
  if (there !== undefined) return there
  const listeners = new Set<() => void>()
  const tell = () => {
    crowds.delete(signal)
    for (const listener of listeners) listener()
  }
  const letGo = () => {
    signal.removeEventListener('abort', tell)
    crowds.delete(signal)
  }
  const crowd = { listeners, letGo }
  crowds.set(signal, crowd)
  signal.addEventListener('abort', tell, { once: true })
  return crowd
}
