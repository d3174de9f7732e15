import { AsyncLocalStorage, createHook } from 'node:async_hooks'

interface Handle {
  unref?(): unknown
}

/** What holds a process: the timers of retries, the sockets of requests. */
const HOLDERS = new Set(['Timeout', 'TCPWRAP', 'TLSWRAP', 'PIPEWRAP'])

/**
 * Does `work`, and has nothing that it begins keep the process alive: an exporter goes on trying for longer than anybody waits. Whoever
 * waits for it keeps the process alive meanwhile.
 */
export async function lettingGo<T>(work: () => PromiseLike<T>): Promise<T> {
  const inside = new AsyncLocalStorage<boolean>()
  const hook = createHook({
    init(_id, type, _trigger, resource: Handle) {
      // It is made, and only then begun.
      if (HOLDERS.has(type) && inside.getStore()) queueMicrotask(() => resource.unref?.())
    },
  })
  hook.enable()
  try {
    return await inside.run(true, work)
  } finally {
    hook.disable()
  }
}
