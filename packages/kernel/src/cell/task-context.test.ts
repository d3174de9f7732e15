import { expect, test } from 'vitest'
import type { StartContext } from '../define/context.js'
import { type TaskContext, TaskScope } from '../define/task-context.js'
import { StartScope } from './scopes.js'

/** Empty, or the type check names what a task lacks of that. */
type Lacks = Exclude<keyof StartContext, keyof TaskContext | keyof TaskScope>
const none: [Lacks] extends [never] ? true : Lacks = true

const members = (scope: { prototype: object }) =>
  Object.getOwnPropertyNames(scope.prototype).filter((name) => name !== 'constructor')

test('T1 a task has all that a start has, and passes it on as it is given, also when it is destructured', () => {
  expect(none).toBe(true)
  expect(members(TaskScope)).toEqual(expect.arrayContaining(members(StartScope)))
  const stopping = new AbortController().signal
  const values: Record<string, unknown> = { name: 'job', signal: new AbortController().signal, stopping, kernel: {} }
  const ctx = new Proxy({} as StartContext, {
    get: (_, key) => values[String(key)] ?? ((...args: unknown[]) => [key, ...args]),
  })
  const scope = new TaskScope(ctx, () => {}) as unknown as Record<string, unknown>
  for (const name of members(StartScope)) {
    const member = scope[name]
    if (name in values) expect(member, name).toBe(name === 'signal' ? stopping : values[name])
    else {
      const { length } = member as (...args: unknown[]) => unknown
      const args = ['first', 'second'].slice(0, length)
      expect((member as (...args: unknown[]) => unknown)(...args), name).toEqual([name, ...args])
    }
  }
})
