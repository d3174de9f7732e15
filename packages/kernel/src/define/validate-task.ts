import { invalidOption } from '../errors.js'
import { expect, oneOf } from './checks.js'
import { validateNamed } from './read-options.js'

const HOOKS: ReadonlySet<string> = new Set(['start', 'check', 'monitor', 'activate', 'quiesce', 'drain', 'stop', 'kill'])

const isOnEnd = oneOf('shutdown', 'restart', 'ignore')
const isReady = oneOf('at-once', 'signalled')

/** Throws `INVALID_OPTION` for what only `task()` knows; the rest of its options are those of a resource. */
export function validateTask(name: string, options: unknown): void {
  validateNamed(name, options, 'task', 'run')
  const { run, onEnd, ready } = options as Record<string, unknown>
  if (typeof run !== 'function') {
    throw invalidOption(name, 'run', run === undefined ? 'is missing' : 'must be a function', 'add run: async (deps, ctx) => …')
  }
  expect(name, 'onEnd', onEnd, isOnEnd)
  expect(name, 'ready', ready, isReady)
  for (const key in options as object) {
    if (HOOKS.has(key)) throw invalidOption(name, key, 'is not an option of a task', 'do it in run, or make it a resource()')
  }
}
