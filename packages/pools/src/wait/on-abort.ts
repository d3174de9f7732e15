const subscriptions = new WeakMap<AbortSignal, { listeners: Set<() => void>; unsubscribe: () => void }>()

/**
 * Calls `listener` when a signal aborts that has not aborted yet; the returned function unsubscribes. Each signal gets one event
 * listener of this package, however many subscribe: above ten Node warns of a leak.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const { listeners, unsubscribe } = subscriptionOf(signal)
  const own = () => listener() // the same function may subscribe twice
  listeners.add(own)
  return () => {
    listeners.delete(own)
    if (listeners.size === 0) unsubscribe()
  }
}

function subscriptionOf(signal: AbortSignal) {
  const existing = subscriptions.get(signal)
  if (existing !== undefined) return existing
  const listeners = new Set<() => void>()
  const notify = () => {
    subscriptions.delete(signal)
    for (const listener of listeners) listener()
  }
  const unsubscribe = () => {
    signal.removeEventListener('abort', notify)
    subscriptions.delete(signal)
  }
  const subscription = { listeners, unsubscribe }
  subscriptions.set(signal, subscription)
  signal.addEventListener('abort', notify, { once: true })
  return subscription
}
