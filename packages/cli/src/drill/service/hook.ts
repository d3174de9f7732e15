/**
 * What every Node of the service loads first. It notes in a file who ends the process and who listens for signals, and changes nothing
 * else: no listener is added, functions keep their names, and what they do is done by those of Node. What it notes is written at
 * once, so that an exit loses none. It is CommonJS, as `--require` loads it, and may use nothing but Node.
 */
export const HOOK = `'use strict'
const { isMainThread } = require('node:worker_threads')
const { appendFileSync } = require('node:fs')
const folder = process.env.KEELSON_DRILL_NOTES
if (isMainThread && folder) {
  const file = folder + '/' + process.pid + '.jsonl'
  const note = (what) => {
    try {
      appendFileSync(file, JSON.stringify(what) + '\\n')
    } catch {}
  }
  const stack = () => {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 40
    const text = new Error().stack
    Error.stackTraceLimit = limit
    return typeof text === 'string' ? text.split('\\n').slice(3).join('\\n') : ''
  }
  const wrap = (owner, name, before) => {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name)
    const original = owner[name]
    const wrapped = function (...args) {
      before(this, args)
      return Reflect.apply(original, this, args)
    }
    for (const of of ['name', 'length']) Object.defineProperty(wrapped, of, { value: original[of], configurable: true })
    Object.defineProperty(owner, name, { configurable: true, enumerable: false, writable: true, ...descriptor, value: wrapped })
  }
  note({ what: 'loaded', pid: process.pid })
  wrap(process, 'exit', (_, [code]) => note({ what: 'exit', code: code ?? process.exitCode, stack: stack() }))
  wrap(process, 'abort', () => note({ what: 'abort', stack: stack() }))
  wrap(process, 'kill', (_, [pid, signal]) => {
    if (signal !== 0 && (pid === process.pid || pid === 0 || pid === -process.pid)) note({ what: 'kill', signal, stack: stack() })
  })
  const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP']
  const prototype = Object.getPrototypeOf(process)
  for (const name of ['on', 'once', 'addListener', 'prependListener', 'prependOnceListener']) {
    wrap(prototype, name, (self, [signal]) => {
      if (self === process && SIGNALS.includes(signal)) note({ what: 'listen', signal, stack: stack() })
    })
  }
}
`
