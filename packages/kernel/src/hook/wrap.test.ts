import { expect, test } from 'vitest'
import { createKernel, type HookWrap, resource } from '../index.js'

const HOOKS = {
  start: () => {},
  check: () => true,
  activate: () => {},
  quiesce: () => {},
  drain: () => {},
  stop: () => {},
}

test('W6 every hook is called by those that wrap it, the first one outermost, until they end it', async () => {
  const log: string[] = []
  const kernel = createKernel([resource('db', HOOKS)])
  const wrap =
    (name: string): HookWrap =>
    ({ resource, phase }, hook) => {
      log.push(`${name} ${phase} ${resource}`)
      return hook()
    }
  const ends = [kernel.wrapHooks(wrap('a')), kernel.wrapHooks(wrap('b'))]
  await kernel.start()
  expect(log).toEqual(['start', 'check', 'activate'].flatMap((phase) => [`a ${phase} db`, `b ${phase} db`]))
  log.length = 0
  ends[0]!()
  await kernel.shutdown()
  expect(log).toEqual(['b quiesce db', 'b drain db', 'b stop db'])
  ends[1]!()
  log.length = 0
  await kernel.start()
  await kernel.shutdown()
  expect(log).toEqual([])
})

test('W6 what one throws fails the hook, and what is no function is refused', async () => {
  const kernel = createKernel([resource('db', HOOKS)])
  expect(() => kernel.wrapHooks('no' as never)).toThrow('wrapHooks(wrap)')
  const end = kernel.wrapHooks(() => {
    throw new Error('no context')
  })
  await expect(kernel.start()).rejects.toThrow('no context')
  end()
  await kernel.start()
  await kernel.shutdown()
})
