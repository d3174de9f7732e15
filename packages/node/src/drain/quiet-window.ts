import { clearImmediate, clearTimeout, now, setImmediate, setTimeout } from '../time.js'

export interface QuietWindow {
  /** Something happened: the window starts again. */
  touch(): void
  stop(): void
}

/** Calls `onQuiet` whenever nothing was touched for `ms` milliseconds, until it is stopped. */
export function quietWindow(ms: number, onQuiet: () => void): QuietWindow {
  let last = now()
  let touches = 0
  let timer = setTimeout(onTime, ms)
  let immediate: NodeJS.Immediate | undefined

  function onTime(): void {
    const left = last + ms - now()
    if (left > 0) timer = setTimeout(onTime, Math.ceil(left))
    else awaitInput(touches, 2)
  }

  // Timers run before input: after a blocked event loop the window looks quiet only because nobody has read the sockets yet.
  function awaitInput(before: number, turns: number): void {
    immediate = setImmediate(() => {
      if (touches !== before) onTime()
      else if (turns > 1) awaitInput(before, turns - 1)
      else {
        last = now()
        onQuiet()
        if (immediate) onTime()
      }
    })
  }

  return {
    touch() {
      last = now()
      touches++
    },
    stop() {
      clearTimeout(timer)
      clearImmediate(immediate)
      immediate = undefined
    },
  }
}
