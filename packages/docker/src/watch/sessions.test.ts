import { expect, test } from 'vitest'
import { scene } from '../test-support/scene.js'
import type { SessionChange } from './sessions.js'

const short = ({ session, from, to, givenUp, containers }: SessionChange) =>
  `${session}: ${from} → ${to}${givenUp ? ' for good' : ''} (${containers.join(', ')})`

test("a session's status is the worst of its containers', and the application is told of every change", async () => {
  const told: string[] = []
  await using s = await scene(
    {
      sessionOf: ({ labels }) => labels.session,
      onSessionChange: (change) => void told.push(short(change)),
      restartAttempts: 1,
    },
    (engine) => {
      engine.run('a1', { app: 'worker', session: 'a' })
      const a2 = engine.run('a2', { app: 'worker', session: 'a' })
      a2.restarted = () => engine.exit(a2, 1)
      engine.run('b1', { app: 'worker', session: 'b' })
      engine.run('alone')
    },
  )
  const [a1, a2, b1] = [...s.engine.containers.values()]
  expect(s.monitor.sessions().map(({ session, status }) => `${session} ${status}`)).toEqual(['a healthy', 'b healthy'])
  told.length = 0
  s.engine.exit(a2!, 1)
  await s.until(() => s.lines().includes('give-up a2'))
  expect(told).toEqual([
    'a: healthy → failed (a1, a2)',
    'a: failed → restarting (a1, a2)',
    'a: restarting → failed (a1, a2)',
    'a: failed → failed for good (a1, a2)',
  ])
  told.length = 0
  s.engine.remove(a2!)
  await s.until(() => s.monitor.session('a')?.status === 'healthy')
  s.engine.remove(a1!)
  s.engine.remove(b1!)
  await s.until(() => s.monitor.sessions().length === 0)
  expect(told).toEqual(['a: failed → healthy (a1)', 'a: healthy → gone ()', 'b: healthy → gone ()'])
})

test('what sessionOf and onSessionChange throw is told as a problem and disturbs nothing', async () => {
  await using s = await scene(
    {
      sessionOf: ({ name }) => {
        if (name === 'odd') throw new Error('no session for this one')
        return 'x'
      },
      onSessionChange: async () => {
        throw new Error('cannot move users')
      },
    },
    (engine) => engine.run('one'),
  )
  s.engine.run('odd')
  s.engine.exit([...s.engine.containers.values()][0]!)
  await s.until(() => s.status('odd') === 'healthy' && s.monitor.session('x')?.status === 'failed')
  const problems = s.events.flatMap((event) => (event.type === 'problem' ? [`${event.what}: ${event.reason}`] : []))
  expect(problems).toContain('sessionOf: no session for this one')
  expect(problems).toContain('onSessionChange: cannot move users')
})
